# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# gstage explain: how many PTEs a TLB miss reads.

run "$GSTAGE" explain --modes sv39x4,sv48x4,sv57x4
holds 'explain: needs no KVM' test "$status" -eq 0
holds 'explain: Sv39x4' has_row 'sv39x4 3 3 15 19 23'
holds 'explain: Sv48x4' has_row 'sv48x4 4 4 19 24 29'
holds 'explain: Sv57x4' has_row 'sv57x4 5 5 23 29 35'
run "$GSTAGE" explain --modes SV57X4 sv39
holds 'explain: one guest, one mode' has_row 'sv57x4 5 23'
holds 'explain: it prints the sum' grep -q '3 + 4 \* 5 = 23 reads' "$TMP/out"
run "$GSTAGE" explain -m sv57x4 bare
holds 'explain: a guest that does not page' grep -q 'walks 5 levels of the G-stage: 5 reads' "$TMP/out"
run "$GSTAGE" explain -m sv32x4
holds 'explain: RV32' has_row 'sv32x4 2 2 8'
run fake FAKEKVM_MASK=0x500 "$GSTAGE" explain
holds 'explain: without arguments it shows the modes of this host' test "$(words | sed -n 's/^\(sv[^ ]*\).*/\1/p' | tr '\n' ' ')" = 'sv39x4 sv57x4 '
run fake FAKEKVM_OPEN=2 "$GSTAGE" explain
exits 'explain: without KVM and without modes it fails' 1 'no /dev/kvm'
run "$GSTAGE" explain -m sv39x4,sv48x4 --json
json 'explain: JSON' 0 out '.[0].modes == [{name: "sv39x4", hgatp_mode: 8, levels: 3,
	pte_reads: {Bare: 3, Sv39: 15, Sv48: 19, Sv57: 23}}, {name: "sv48x4", hgatp_mode: 9, levels: 4,
	pte_reads: {Bare: 4, Sv39: 19, Sv48: 24, Sv57: 29}}]'
schema 'explain: JSON matches its schema' explain out
run "$GSTAGE" explain -m sv64x4
exits 'explain: an unknown mode' 2 "unknown mode 'sv64x4': the modes are"
run "$GSTAGE" explain -m ,
exits 'explain: no mode' 2 'is empty'
run "$GSTAGE" explain -m sv39x4 sv32
exits 'explain: a guest that such a host cannot have' 2 "unknown guest mode 'sv32'" 'sv39, sv48 or sv57'
run fake "$GSTAGE" modes --json
schema 'modes: JSON matches its schema' modes out
run fake FAKEKVM_MASK=0 "$GSTAGE" modes --json
schema 'modes: errors match their schema' error err
host 77-8 sv57x4
run gs -- 77-8 sv39x4 --json
schema 'set: JSON matches its schema' set out
run gx -- -v --json -m max -- "$VMM" vms 2
schema 'exec: JSON lines match their schema' exec err
