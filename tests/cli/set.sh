# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# gstage set: which VM it changes, what it prints, and its errors.

# gs [NAME=VALUE...] -- ARG...: `gstage set ARG...` there.
gs()
{
	fake_words "$GSTAGE set" GSTAGE_DEBUGFS="$DEBUGFS" "$@"
}

# mode_is VM MODE
mode_is()
{
	test "$(cat "$DEBUGFS/kvm/$1/gstage_mode")" = "$2"
}

# The choice of the VM.
host 1234-8 sv57x4 1234-11 sv48x4 77-8 sv57x4 1-12348 sv57x4
run gs -- 1234-8 sv39x4
prints 'PID-FD: it prints what has changed' '1234-8: sv57x4 -> sv39x4'
holds 'PID-FD: this VM has the new mode' mode_is 1234-8 sv39x4
holds 'PID-FD: the other VM of the process is unchanged' mode_is 1234-11 sv48x4
holds 'PID-FD: the VM of another process is unchanged' mode_is 77-8 sv57x4
run gs -- 77 SV48X4
prints 'PID alone, and a mode in capitals' '77-8: sv57x4 -> sv48x4'
holds 'PID alone: its VM has the new mode' mode_is 77-8 sv48x4
run gs -- 77 sv57x4
prints 'a VM can be made wider again' '77-8: sv48x4 -> sv57x4'
run gs -- 77 sv57x4
prints 'a VM that has the mode already' '77-8: has sv57x4 already'
run gs -- 77-8 sv39x4 --json
json 'json: it has the old and the new mode' 0 out '. == [{version: 1, vm: {pid: 77, fd: 8,
	mode: "sv39x4", hgatp_mode: 8, gpa_bits: 41,
	previous_mode: "sv57x4"}}]'

run gs -- 1234 sv39x4
exits 'a process with several VMs: the error lists them with their modes' 1 \
	'process 1234 has 2 VMs: 1234-8 \(sv39x4\), 1234-11 \(sv48x4\)$' \
	'Choose one'
holds 'a process with several VMs: none of them has changed' mode_is 1234-11 sv48x4
run gs -- 1234-9 sv39x4
exits 'an unknown fd: the error lists the VMs in order' 1 \
	'no VM 1234-9; there are 1-12348 \(sv57x4\), 77-8 \(.*\), 1234-8 .*, 1234-11 '
run gs -- 12 sv39x4
exits 'an unknown process, not the start of a known one' 1 'no VM 12; there are'
run gs -- --json 12-8 sv39x4
json 'json: an unknown VM' 1 err 'length == 1 and .[0].version == 1 and
	.[0].error.code == "unknown-vm" and .[0].error.status == 1'
host 1-2 sv39x4
run gs -- 5-6 sv39x4
exits 'an unknown VM: the error names the only VM' 1 'no VM 5-6; there is 1-2 \(sv39x4\)$'
host
run gs -- 5 sv39x4
exits 'an unknown VM: there is no VM at all' 1 'no VM 5, and no other VM' 'Start the VM'
fd=100
while [ $fd -lt 140 ]; do
	vm 1234567-$fd sv39x4
	fd=$((fd + 1))
done
run gs -- 1234567 sv39x4
exits 'very many VMs: the error lists some and counts the others' 1 'has 40 VMs: .* and [0-9]+ more$'

# Wrong arguments.
host 1-2 sv57x4
run gs --
exits 'no VM is a usage error' 2 'VM is missing'
run gs -- 1-2
exits 'no mode is a usage error' 2 'MODE is missing'
run gs -- 1-2 sv39x4 sv48x4
exits 'a third argument is a usage error' 2 'too many'
run gs -- 1-2 sv39x4 --nonsense
exits 'set: an unknown option is a usage error' 2 nonsense
run gs -- '' sv39x4
exits 'an empty name is no VM' 2 'give PID-FD, PID alone, or a name'
for name in x 1- 1-x 1-2-3 1.2 ' 1' +1 99999999999 1-99999999999 1/../1-2; do
	run gs -- "$name" sv39x4
	exits "'$name' is not the name of a VM" 1 "there is no VM $(printf %s "$name" | sed 's/[+.]/\\&/g'); there is 1-2"
done
run gs -- 1-2 sv64x4
exits 'an unknown mode: the error lists the modes' 2 \
	"unknown mode 'sv64x4': the modes are .*sv39x4, " 'gstage modes'
for mode in max auto; do
	run gs -- 1-2 $mode
	exits "$mode is only for VMs that start" 2 "unknown mode '$mode'" 'exec'
done
run gs -- --json 1-2 sv64x4
json 'json: an unknown mode' 2 err '.[0].error | .code == "unknown-mode" and
	.status == 2'
holds 'after all these errors the VM is unchanged' mode_is 1-2 sv57x4

# debugfs is not usable.
run gs GSTAGE_DEBUGFS=/nonexistent -- 1-2 sv39x4
exits 'no debugfs' 1 'debugfs is not mounted on /nonexistent' 'mount -t debugfs'
rm -rf "$DEBUGFS"
mkdir "$DEBUGFS"
run gs -- 1-2 sv39x4
exits 'an empty mount point' 1 'debugfs is not mounted' 'Mount it'
mkdir "$DEBUGFS/bdi"
run gs -- 1-2 sv39x4
exits 'no module' 1 "no $DEBUGFS/kvm: the KVM module is not loaded" 'modprobe kvm.*insmod'
: >"$DEBUGFS/kvm"
run gs -- 1-2 sv39x4
exits 'any other error is shown' 1 "cannot read $DEBUGFS/kvm: Not a directory"
host 1-2 sv57x4
run gs FAKEKVM_DEBUGFS=dir:13 -- 1-2 sv39x4
exits 'not root' 1 "no permission to use $DEBUGFS/kvm" 'as root'
run gs FAKEKVM_DEBUGFS=dir:1 -- 1-2 sv39x4
exits 'the kernel is locked down' 1 'no permission' 'locked down'
run gs FAKEKVM_DEBUGFS=mode:13 -- 1-2 sv39x4
exits "no permission to open the VM's file" 1 'no permission to use .*/1-2/gstage_mode'
run gs FAKEKVM_DEBUGFS=mode:1 -- 1-2 sv39x4
exits "the kernel is locked down: the VM's file" 1 'no permission' 'locked down'
run gs FAKEKVM_DEBUGFS=mode:24 -- 1-2 sv39x4
exits "any other error of the VM's file is shown" 1 'cannot open .*: Too many'
vm 3-4
run gs -- 3-4 sv39x4
exits 'a VM that is ending has no file any more' 1 'the VM 3-4 no longer exists' 'running VM'
rm "$DEBUGFS/kvm/gstage_tables_live"
run gs -- 3-4 sv39x4
exits 'a stock module' 1 "not gstage's" 'modprobe -r kvm; modprobe kvm.*rmmod kvm; insmod'
run gs -- --json 3 sv39x4
json 'json: a stock module' 1 err '.[0].error.code == "stock-module"'
host 1-2 sv57x4
chmod 444 "$DEBUGFS/kvm/1-2/gstage_mode"
run gs -- 1-2 sv39x4
exits 'an older gstage, which only shows the mode' 1 'an older gstage' 'modprobe kvm.*insmod'

# KVM refuses the change.
host 1-2 sv57x4
run gs FAKEKVM_DEBUGFS=write:22 FAKEKVM_MASK=0x500 -- 1-2 sv48x4
exits 'a mode that the host lacks: the error lists the modes that it has' 1 \
	'does not have sv48x4; it has sv39x4, sv57x4$' 'Choose one'
run gs FAKEKVM_DEBUGFS=write:22 FAKEKVM_OPEN=2 -- 1-2 sv48x4
exits 'a mode that the host lacks, and /dev/kvm cannot be opened' 1 'KVM refuses sv48x4 .*1-2' \
	'gstage modes'
run gs FAKEKVM_DEBUGFS=write:22 -- 1-2 sv48x4
exits 'a refusal that the mask does not explain' 1 'KVM refuses sv48x4'
for case in sv39x4:0x20000000000 sv48x4:0x4000000000000; do
	run gs FAKEKVM_DEBUGFS=write:34 -- 1-2 "${case%:*}"
	exits "too narrow: the error says what is above the limit, for ${case%:*}" 1 \
		"1-2 stays in sv57x4: it has a memslot.* ${case%:*}, .* ${case#*:}\$" \
		'Unplug'
done
run gs FAKEKVM_DEBUGFS=write:12 -- 1-2 sv39x4
exits 'no memory' 1 '1-2 stays in sv57x4: .*no memory' 'Free memory'
for err in 2 5 19; do
	run gs FAKEKVM_DEBUGFS=write:$err -- 1-2 sv39x4
	exits "the VM ends during the write, errno $err" 1 'the VM 1-2 no longer exists'
	run gs FAKEKVM_DEBUGFS=mode:$err -- 1-2 sv39x4
	exits "the VM ends before its file is opened, errno $err" 1 'the VM 1-2 no longer exists'
done
run gs FAKEKVM_DEBUGFS=read:5 -- 1-2 sv39x4
exits 'the VM ends during the read' 1 'the VM 1-2 no longer exists'
run gs FAKEKVM_DEBUGFS=write:13 -- 1-2 sv39x4
exits 'no permission to write' 1 'no permission to use'
run gs FAKEKVM_DEBUGFS=write:16 -- 1-2 sv39x4
exits 'any other refusal is shown' 1 '1-2 stays in sv57x4: Device or resource busy'
for case in 22:unsupported-mode 34:out-of-range 12:no-memory 5:vm-gone \
	13:no-permission; do
	run gs FAKEKVM_DEBUGFS=write:${case%:*} -- --json 1-2 sv39x4
	json "json: the error ${case#*:}" 1 err 'length == 1 and
		.[0].version == 1 and (.[0].error | .status == 1 and
		.code == "'"${case#*:}"'" and (.message | length > 0) and
		(.remedy | length > 0))'
	holds "json: the error ${case#*:} leaves stdout empty" \
		test ! -s "$TMP/out"
done
holds 'a VM whose change was refused is unchanged' mode_is 1-2 sv57x4

set_to_full()
{
	gs -- 1-2 sv39x4 >/dev/full
}
run set_to_full
exits 'a full disk is noticed, and the error says that the mode has changed' 1 \
	'is changed, but the output cannot be written'
