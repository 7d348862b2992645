# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Every proof: PROOF-NAME is a file and a geometry of prove.sh, and what else it is built with.

STEPS := 0 1 2

PROOFS += unmap-begin $(STEPS:%=unmap-step-%)
PROOF-unmap-begin := unmap L3T3 -DPROOF_BEGIN
$(foreach l,$(STEPS),$(eval PROOF-unmap-step-$(l) := unmap L3T3 -DPROOF_LEVEL=$(l)))

PROOFS += protect-begin $(STEPS:%=protect-step-%)
PROOF-protect-begin := protect L3T3 -DPROOF_BEGIN
$(foreach l,$(STEPS),$(eval PROOF-protect-step-$(l) := protect L3T3 -DPROOF_LEVEL=$(l)))

# What must fail, and for the reason that the bug is known by.
BITES += LEAK@unmap-step-1 NARROW_FLUSH@unmap-step-1 COUNT@unmap-step-0
BITES += SPLIT_OFFSET@unmap-step-1 NAPOT_TORN@unmap-step-0
BITES += LOST_WRITE_PROTECT@protect-step-0 SPLIT_OFFSET@protect-step-1
BITES += $(PROOFS:%=REACH@%)

BITE-LEAK := no page of tables is lost
BITE-NARROW_FLUSH := flush will be enough
BITE-COUNT := INV-03
BITE-SPLIT_OFFSET := INV-07|as the operation promises
BITE-NAPOT_TORN := INV-11|INV-10|as the operation promises
BITE-LOST_WRITE_PROTECT := as the operation promises
BITE-REACH := reached
