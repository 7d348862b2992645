# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The list of proofs. PROOF-NAME has the file, the geometry (see prove.sh) and compiler flags.

STEPS := 0 1 2

PROOFS += unmap-begin $(STEPS:%=unmap-step-%)
PROOF-unmap-begin := unmap L3T3 -DPROOF_BEGIN
$(foreach l,$(STEPS),$(eval PROOF-unmap-step-$(l) := unmap L3T3 -DPROOF_LEVEL=$(l)))

PROOFS += protect-begin $(STEPS:%=protect-step-%)
PROOF-protect-begin := protect L3T3 -DPROOF_BEGIN
$(foreach l,$(STEPS),$(eval PROOF-protect-step-$(l) := protect L3T3 -DPROOF_LEVEL=$(l)))

PROOFS += mask-begin $(STEPS:%=mask-step-%)
PROOF-mask-begin := mask L3T3 -DPROOF_BEGIN
$(foreach l,$(STEPS),$(eval PROOF-mask-step-$(l) := mask L3T3 -DPROOF_LEVEL=$(l)))

PROOFS += split-begin $(STEPS:%=split-plan-%) $(STEPS:%=split-step-%)
PROOF-split-begin := split L3T3 -DPROOF_BEGIN
$(foreach l,$(STEPS),$(eval PROOF-split-plan-$(l) := split L3T3 -DPROOF_PLAN=1 -DPROOF_LEVEL=$(l)))
$(foreach l,$(STEPS),$(eval PROOF-split-step-$(l) := split L3T3 -DPROOF_LEVEL=$(l)))

PROOFS += reformat-39-48 reformat-39-57 reformat-48-39 reformat-57-39
PROOF-reformat-39-48 := reformat L2R2T3 -DPROOF_FROM=1 -DPROOF_TO=2
PROOF-reformat-39-57 := reformat L2R2T3 -DPROOF_FROM=1 -DPROOF_TO=3
PROOF-reformat-48-39 := reformat L2R2T3 -DPROOF_FROM=2 -DPROOF_TO=1
PROOF-reformat-57-39 := reformat L2R2T3 -DPROOF_FROM=3 -DPROOF_TO=1

# Map has only two levels: with three, a step at the root took more than 15 minutes on a busy machine.
MAP_STEPS := 0 1
PROOFS += map-begin $(MAP_STEPS:%=map-plan-%) $(MAP_STEPS:%=map-step-%)
PROOF-map-begin := map L2T3 -DPROOF_BEGIN
$(foreach l,$(MAP_STEPS),$(eval PROOF-map-plan-$(l) := map L2T3 -DPROOF_PLAN=1 -DPROOF_LEVEL=$(l)))
$(foreach l,$(MAP_STEPS),$(eval PROOF-map-step-$(l) := map L2T3 -DPROOF_LEVEL=$(l)))

# A collapse looks at tables of level 0 from above, and at other tables when the walk leaves them. So there are
# steps at levels 1 and 2 only.
PROOFS += collapse-begin collapse-step-1 collapse-step-2
PROOF-collapse-begin := collapse L3T3 -DPROOF_BEGIN
PROOF-collapse-step-1 := collapse L3T3 -DPROOF_LEVEL=1
PROOF-collapse-step-2 := collapse L3T3 -DPROOF_LEVEL=2

PROOFS += lookup
PROOF-lookup := lookup L2T3

# What must fail. BITE-BUG is a pattern of the properties that the bug violates.
BITES += $(foreach p,unmap-begin protect-begin map-begin split-begin reformat-39-57,SHORT_RESERVE@$p)
BITES += $(foreach p,map-plan-1 split-plan-1 split-plan-2,SHORT_RESERVE@$p)
BITES += LEAK@unmap-step-1 LEAK@unmap-step-2 NARROW_FLUSH@unmap-step-1 COUNT@unmap-step-0
BITES += SPLIT_OFFSET@unmap-step-1 NAPOT_TORN@unmap-step-0
BITES += LOST_WRITE_PROTECT@protect-step-0 SPLIT_OFFSET@protect-step-1 SPLIT_OFFSET@protect-step-2
BITES += LOST_WRITE_PROTECT@mask-begin $(STEPS:%=LOST_WRITE_PROTECT@mask-step-%)
BITES += STALE_REMAP@map-step-0 NAPOT_TORN@map-step-0 STALE_REMAP@map-step-1 SPLIT_OFFSET@map-step-1
BITES += LEAK@map-step-1 NARROW_FLUSH@map-step-1
BITES += NAPOT_TORN@split-step-0 SPLIT_OFFSET@split-step-1 SPLIT_OFFSET@split-step-2
BITES += COLLAPSE_UNLIKE@collapse-step-1 LEAK@collapse-step-1
BITES += KEPT_ROOT@reformat-39-48 KEPT_ROOT@reformat-39-57
BITES += LOST_ENTRY@reformat-48-39 LOST_ENTRY@reformat-57-39 LEAK@reformat-57-39
BITES += LOOKUP_PAGE@lookup
BITES += $(PROOFS:%=REACH@%)

BITE-SHORT_RESERVE := enough tables are reserved|only reserved tables|all tables that are needed
BITE-LEAK := no table page is lost
BITE-NARROW_FLUSH := flush of the gather is enough
BITE-STALE_REMAP := flush of the gather is enough
BITE-COUNT := INV-03
BITE-SPLIT_OFFSET := INV-07|as the operation promises
BITE-NAPOT_TORN := INV-11|INV-10|as the operation promises
BITE-LOOKUP_PAGE := start, size and pa of the leaf
BITE-LOST_WRITE_PROTECT := as the operation promises|state of the walk is right|ERANGE has a reason
BITE-COLLAPSE_UNLIKE := as the operation promises
BITE-LOST_ENTRY := no table page is lost|INV-03|as before
BITE-KEPT_ROOT := names the old root
BITE-REACH := reached
