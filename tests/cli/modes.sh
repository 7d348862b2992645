# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# gstage modes, and the command as a whole.

modes()
{
	fake "$@" "$GSTAGE" modes
}

run "$GSTAGE" --version
prints 'the version is that of the file VERSION' \
	"gstage $(cat "$HERE/../../VERSION")"
run "$GSTAGE" --help
for name in 'modes ' 'exec ' 'set VM MODE ' 'vms ' 'show VM ' 'dump VM ' 'walk VM GPA ' 'top ' \
	'check FILE '; do
	holds "help names $name" grep -qF " ${name}[" "$TMP/out"
done
run "$GSTAGE"
exits 'no command is a usage error' 2 'command is missing'
run "$GSTAGE" nonsense
exits 'an unknown command is named' 2 "unknown command 'nonsense'"
run "$GSTAGE" modes --nonsense
exits 'modes: an unknown option is a usage error' 2 nonsense
run "$GSTAGE" modes extra
exits 'modes: an argument is a usage error' 2 'Too many arguments'

# row MODE SUPPORTED GPA-BITS LEVELS READS...: does the table have this line?
row()
{
	sed 's/  */ /g' "$TMP/out" | grep -qxF "$*"
}

run modes
holds 'table: Sv39x4: 15, 19 and 23 reads' row sv39x4 yes 41 3 15 19 23
holds 'table: Sv48x4: 19, 24 and 29 reads' row sv48x4 yes 50 4 19 24 29
holds 'table: Sv57x4, the default: 23, 29 and 35 reads' \
	row sv57x4 yes, default 59 5 23 29 35
run modes FAKEKVM_MASK=0x500
holds 'table: a mode that the mask lacks has "no"' row sv48x4 no 50 4 19 24 29
run modes FAKEKVM_MASK=0x100
holds 'table: the only mode is the default' \
	row sv39x4 yes, default 41 3 15 19 23
run modes FAKEKVM_MASK=2
holds 'table: RV32 has Sv32x4, and 8 reads for an Sv32 guest' \
	row sv32x4 yes, default 34 2 8
holds 'table: RV32 has no other mode' test "$(grep -c '^sv' "$TMP/out")" -eq 1
run modes FAKEKVM_MASK=0xf00
holds 'table: an unknown mode in the mask is mentioned' \
	grep -q 'mask 0x800' "$TMP/out"

for mask in 0x100 0x300 0x700 0x500 0xf00 2; do
	run fake FAKEKVM_MASK=$mask "$GSTAGE" modes --json
	json "json: mask $mask, and which modes are supported" 0 out "
		length == 1 and .[0] as \$o | \$o.version == 1 and
		\$o.host_mask == $((mask)) and (\$o.modes | length > 0) and
		([\$o.modes[] | .supported ==
		  (($((mask)) / pow(2; .hgatp_mode) | floor) % 2 == 1)] | all)"
done
run fake "$GSTAGE" modes --json
json 'json: reads, levels and GPA bits' 0 out '.[0].modes ==
	[{name: "sv39x4", hgatp_mode: 8, supported: true, default: false,
	  gpa_bits: 41, levels: 3, pte_reads: {Sv39: 15, Sv48: 19, Sv57: 23}},
	 {name: "sv48x4", hgatp_mode: 9, supported: true, default: false,
	  gpa_bits: 50, levels: 4, pte_reads: {Sv39: 19, Sv48: 24, Sv57: 29}},
	 {name: "sv57x4", hgatp_mode: 10, supported: true, default: true,
	  gpa_bits: 59, levels: 5, pte_reads: {Sv39: 23, Sv48: 29, Sv57: 35}}]
	and .[0].default_hgatp_mode == 10'

# The version of the loaded module.
run modes FAKEKVM_MODULE=1.2.3
holds 'module: its version is printed' grep -qx 'Module: gstage 1.2.3' "$TMP/out"
run modes
holds 'module: no line if it has no version' test "$(grep -c Module "$TMP/out")" -eq 0
run fake FAKEKVM_MODULE=1.2.3 "$GSTAGE" modes --json
json 'module: in JSON' 0 out '.[0].module == "1.2.3"'
run fake "$GSTAGE" modes --json
json 'module: null in JSON if it has no version' 0 out '.[0] | has("module") and .module == null'

# The host's policy for VMs that do not choose.
run modes
holds 'policy: no line if the module has no such parameter' \
	test "$(grep -c 'olicy' "$TMP/out")" -eq 0
run fake "$GSTAGE" modes --json
json 'policy: null in JSON if the module has no such parameter' 0 out '.[0] | has("policy") and .policy == null'
run modes FAKEKVM_POLICY=max
holds 'policy: max is printed' grep -q '^Policy .*/gstage_mode: max$' "$TMP/out"
holds 'policy: max: the highest is the default' \
	row sv57x4 yes, default 59 5 23 29 35
run modes FAKEKVM_POLICY=auto
holds 'policy: auto is printed, with a note that VMs widen' \
	grep -q '^Policy .*: auto (a VM widens by itself)$' "$TMP/out"
holds 'policy: auto: the narrowest is the default' \
	row sv39x4 yes, default 41 3 15 19 23
holds 'policy: auto: the highest is not' row sv57x4 yes 59 5 23 29 35
run modes FAKEKVM_POLICY=sv48x4
holds 'policy: a mode is the default' row sv48x4 yes, default 50 4 19 24 29
holds 'policy: a mode: the only one' \
	test "$(grep -c default "$TMP/out")" -eq 1
for case in max:0x700:10 auto:0x700:8 auto:0x600:9 auto:2:1 sv48x4:0x700:9 \
	sv48x4:0x500:null future:0x700:null; do
	policy=${case%%:*}
	mask=${case#*:}
	mode=${mask#*:}
	mask=${mask%:*}
	run fake FAKEKVM_POLICY="$policy" FAKEKVM_MASK="$mask" "$GSTAGE" modes --json
	json "json: policy $policy with mask $mask: the default is $mode" 0 out "
		.[0] as \$o | \$o.policy == \"$policy\" and
		\$o.default_hgatp_mode == $mode and
		([\$o.modes[] | .default == (.hgatp_mode == $mode)] | all)"
done

# The modes cannot be found out: the error has the cause and the remedy.
run modes FAKEKVM_MASK=0
exits 'a stock module: what it is, what to load' 1 "not gstage's" 'modprobe kvm.*insmod'
run modes FAKEKVM_MASK=0x800
exits "another capability's answer is not taken for a mask" 1 "not gstage's"
run modes FAKEKVM_OPEN=13
exits 'no permission: join the group' 1 'no permission' 'group .*kvm'
run modes FAKEKVM_OPEN=1
exits 'not permitted, as in a container' 1 'no permission'
printf 'processor\t: 0\nisa\t\t: rv64imafdch_zicsr_zifencei\n' >"$TMP/with-h"
printf 'processor\t: 0\nisa\t\t: rv64imafdc_zicsr_zihpm_sha\n' >"$TMP/without-h"
run modes FAKEKVM_OPEN=2 FAKEKVM_CPUINFO="$TMP/with-h"
exits 'no /dev/kvm: load the module' 1 'no /dev/kvm: .*not loaded' 'modprobe kvm.*insmod'
run modes FAKEKVM_OPEN=19 FAKEKVM_CPUINFO="$TMP/with-h"
exits 'a device node without a module: the same' 1 'not loaded' 'modprobe kvm.*insmod'
run modes FAKEKVM_OPEN=2 FAKEKVM_CPUINFO="$TMP/without-h"
exits 'no H extension: no module will help' 1 'does not have the hypervisor'
run modes FAKEKVM_OPEN=2 FAKEKVM_CPUINFO=/nonexistent
exits 'no /proc/cpuinfo: the module is the likely cause' 1 'not loaded'
run modes FAKEKVM_OPEN=16
exits 'any other error of open() is shown' 1 'cannot open /dev/kvm: Device or'
run modes FAKEKVM_OPEN=null
exits 'a file that is not KVM' 1 'is not KVM'

for case in FAKEKVM_MASK=0:stock-module FAKEKVM_OPEN=13:no-permission \
	FAKEKVM_OPEN=2:no-kvm FAKEKVM_OPEN=null:not-kvm; do
	run fake FAKEKVM_CPUINFO="$TMP/with-h" "${case%:*}" "$GSTAGE" modes --json
	json "json: the error ${case#*:}" 1 err 'length == 1 and
		.[0].version == 1 and (.[0].error | .status == 1 and
		.code == "'"${case#*:}"'" and (.message | length > 0) and
		(.remedy | length > 0))'
	holds "json: the error ${case#*:} leaves stdout empty" \
		test ! -s "$TMP/out"
done

to_full()
{
	fake "$GSTAGE" modes >/dev/full
}
run to_full
exits 'a full disk is noticed' 1 'cannot write'
