# SPDX-License-Identifier: GPL-2.0-only
# Names of VMs: what VMMs are told, and commands that take a VM by its name.

# process PID COMM ARG...: a process of that name and command line.
process()
{
	dir=$FAKEKVM_ROOT/proc/$1
	mkdir -p "$dir"
	echo "$2" >"$dir/comm"
	shift 2
	printf '%s\0' "$@" >"$dir/cmdline"
}

qemu='qemu-system-ris /usr/bin/qemu-system-riscv64'
host
n=0
# name WORDS NAME: a VM of QEMU with these words on its command line has that name.
name()
{
	n=$((n + 1))
	full "610000$n-3" sv39x4 3 41 process 610000$n
	# shellcheck disable=SC2086 # words
	process 610000$n $qemu -M virt $1 -smp 2
	run in_tree -- vms
	holds "name: $1" grep -q "^610000$n-3 *610000$n *$2  *sv39x4 " "$TMP/out"
}
name '' qemu-system-riscv64
name '-name web' web
name '--name guest=db,debug-threads=on' db
name '-name debug-threads=on,guest=mail' mail
name '-name a,,b,process=x' a,b
name '-name debug-threads=on' qemu-system-riscv64
name '--name=kvmtool' kvmtool
name '-name -name' -name
run in_tree -- vms --json
json 'name: JSON' 0 out '.[0].vms | map(.name) == [null, "web", "db", "mail", "a,b", null, "kvmtool", "-name"] and
	(map(.vmm) | unique) == ["qemu-system-riscv64"]'
schema 'name: JSON as its schema' vms out

# A program that changed its name, and one with a name that is not for a terminal.
process 6100001 worker /usr/bin/qemu-system-riscv64
run in_tree -- show 6100001
holds 'name: the one that a process chose for itself' grep -qx 'VM 6100001-3 of process 6100001 (worker), 2 vCPUs' "$TMP/out"
process 6100001 x x -name "$(printf 'a\033[1mb')"
run in_tree -- show 6100001
holds 'name: no control characters' grep -q '^VM 6100001-3 a?\[1mb of process' "$TMP/out"

run in_tree -- show web
holds 'by name: show' grep -qx 'VM 6100002-3 web of process 6100002 (qemu-system-riscv64), 2 vCPUs' "$TMP/out"
for words in 'dump web' 'walk web 0x80000000' 'set web sv48x4'; do
	# shellcheck disable=SC2086 # words
	run in_tree -- $words
	# A walk has no answer here: that the VM was found is enough.
	holds "by name: ${words%% *}" test "$(grep -c 'no VM' "$TMP/err")" -eq 0
done
holds 'by name: set' test "$(cat "$DEBUGFS/kvm/6100002-3/gstage_mode")" = sv48x4
run in_tree -- show nothing
exits 'by name: no such VM: which there are' 1 'there is no VM nothing; there are .*6100002-3 web \(sv48x4\)'
run in_tree -- show ''
exits 'by name: an empty name' 2 'is not a VM'
process 6100003 $qemu -name web
run in_tree -- show web
exits 'by name: two have it' 1 'web may be any of 2 VMs: 6100002-3 web \(sv48x4\), 6100003-3 web'
run in_tree -- show qemu-system-riscv64
holds 'by the name of the program: the one that has no other name' grep -q '^VM 6100006-3 of process' "$TMP/out"
process 6100007 $qemu
run in_tree -- show qemu-system-riscv64
exits 'by the name of the program: two have it' 1 'qemu-system-riscv64 may be any of 2 VMs: 6100006-3 \(sv39x4\), 6100007'
# A name that is a number.
process 6100004 $qemu -name 6100005
run in_tree -- show 6100005
holds 'by name: a number is a process first' grep -q '^VM 6100005-3 ' "$TMP/out"
process 6100004 $qemu -name 77-9
run in_tree -- show 77-9
holds 'by name: a number that is no process' grep -q '^VM 6100004-3 77-9 of' "$TMP/out"
run in_tree -- top -n 1 -b
holds 'top: names' grep -q '^6100004-3 *77-9 *sv39x4 ' "$TMP/out"
rm -rf "$FAKEKVM_ROOT/proc"
