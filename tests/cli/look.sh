# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# gstage vms, show, dump and walk: what they print, and their errors.

host
full 5001234-8 sv39x4 3 41
full 5000077-9 sv57x4 5 59 leaves_512g 1
# The command prints the name of a process that exists. $$ is one.
full $$-3 sv48x4 4 50 later_counter 7 process $$

# words: print stdout with single spaces.
words()
{
	sed 's/  */ /g; s/ $//' "$TMP/out"
}
has_row()
{
	words | grep -qxF -- "$1"
}

run in_tree -- vms
holds 'vms: a VM: no process, mode, bits, vCPUs, tables, leaves, what is mapped, cost' \
	has_row '5001234-8 - - sv39x4 41 2 4 5 1 1 0 0 2.1M 13.4M'
holds 'vms: there is a column for leaves of 512 GiB if a VM has one' has_row \
	'VM PID NAME MODE BITS VCPUS TABLES 4K 64K 2M 1G 512G MAPPED TABLE/GiB'
holds 'vms: leaves of 512 GiB count as mapped memory' has_row '5000077-9 - - sv57x4 59 2 4 5 1 1 0 1 512G 56'
holds "vms: it prints the name of a VMM" grep -q "^$$-3 *$$ *$(cat /proc/$$/comm) " "$TMP/out"
holds 'vms: VMs are sorted by process' test "$(sed -n '2,$s/ .*//p' "$TMP/out")" = \
	"$(printf '%s\n' 5001234-8 5000077-9 $$-3 | sort -n)"
run in_tree -- vms --json
json 'vms: JSON' 0 out ".[0].vms | length == 3 and
	(.[] | select(.pid == 5001234) == {pid: 5001234, fd: 8, process: null, vmm: null, name: null, mode: \"sv39x4\", hgatp_mode: 8,
	  gpa_bits: 41, vcpus: 2, tables: 4, table_bytes: 28672, leaves:
	  {\"4K\": 5, \"64K\": 1, \"2M\": 1, \"1G\": 0, \"512G\": 0, \"256T\": 0},
	  mapped_bytes: 2183168, table_bytes_per_gib: 14101675}) | select(.)"
schema 'vms: JSON matches its schema' vms out
host
run in_tree -- vms
holds 'vms: it is no error if there are no VMs' test "$status" -eq 0 -a "$(wc -l <"$TMP/out")" -eq 1
run in_tree -- vms --json
json 'vms: without VMs, JSON has an empty list' 0 out '. == [{version: 1, module: null, vms: []}]'
schema 'vms: JSON without VMs matches its schema' vms out
host
full 5000001-2 sv39x4 3 41
vm 5000003-4 sv39x4
run in_tree -- vms
holds 'vms: it leaves out a VM that is ending' test "$status" -eq 0 -a "$(wc -l <"$TMP/out")" -eq 2
full 5000005-6 sv32x4 2 34
sed -i 's/^leaves_4k .*/leaves_4k 0/; s/^leaves_64k .*/leaves_64k 0/' "$DEBUGFS/kvm/5000005-6/gstage_stats"
run in_tree -- vms
holds 'vms: on RV32 a leaf of level 1 is of 4 MiB' has_row '5000005-6 - - sv32x4 34 2 4 0 0 1 0 4M 7M'

# KVM names a VM after the thread that created it. The module reports the process, and counts VMs without a folder.
host
full 5000206-4 sv39x4 3 41 process $$
full 5000207-5 sv39x4 3 41 process $$
full $$-7 sv57x4 5 59
run in_tree -- vms
holds 'vms: it prints the process of the thread that created a VM' grep -q "^5000206-4 *$$ *$(cat /proc/$$/comm) " "$TMP/out"
holds 'vms: it prints no process for a VM of another PID namespace' has_row "$$-7 - - sv57x4 59 2 4 5 1 1 0 2.1M 13.4M"
run in_tree -- vms --json
json 'vms: JSON has the ids of the thread and of the process' 0 out ".[0].vms[] | select(.pid == 5000206) | .process == $$ and .vmm != null"
schema 'vms: JSON with both ids matches its schema' vms out
run in_tree -- show $$-5
holds 'show: PID-FD finds a VM that a thread created' grep -qx "VM 5000207-5 of process $$ ($(cat /proc/$$/comm)), 2 vCPUs" "$TMP/out"
run in_tree -- show 5000206
holds 'show: the id of the thread finds its VM' grep -q '^VM 5000206-4 of process' "$TMP/out"
run in_tree -- show $$
exits 'show: PID alone is refused if two threads have created VMs' 1 "process $$ has 2 VMs: 5000206-4 of process $$ \(sv39x4\), 5000207-5 of process"
run in_tree -- show 5000206-5
exits 'show: an unknown VM: the error lists the VMs with their processes' 1 "there are .*5000206-4 of process $$ \(sv39x4\)"
full 5000208-5 sv39x4 3 41 process $$
run in_tree -- show $$-5
exits 'show: PID-FD is refused if two threads had this descriptor' 1 "$$-5 may be any of 2 VMs: 5000207-5 of process $$ .*, 5000208-5"
host
full 5000001-2 sv39x4 3 41 process 5000001 unlisted 1
full 5000001-3 sv39x4 3 41 process 5000001 unlisted 1
run in_tree -- vms
holds 'vms: it prints how many VMs have no folder' grep -q '^VMs that are not listed: 1\.' "$TMP/out"
run in_tree -- set 5000001-2 sv48x4
exits 'set: a name that may mean another VM is refused' 1 '5000001-2 may mean another VM' 'gstage exec'
holds 'set: the VM of that folder is unchanged' test "$(cat "$DEBUGFS/kvm/5000001-2/gstage_mode")" = sv39x4
run in_tree -- show --json 5000001-3
json 'show: a name that may mean another VM is refused' 1 err '.[0].error.code == "ambiguous-vm"'
host
full 5000001-2 sv39x4 3 41
full 5000005-6 sv32x4 2 34
run in_tree -- vms extra
exits 'vms: an argument is a usage error' 2 'Too many'

run in_tree -- show 5000001-2
holds 'show: it names the VM' grep -qx 'VM 5000001-2 of an unknown process, 2 vCPUs' "$TMP/out"
holds 'show: it prints the format' has_row ' mode sv39x4'
holds 'show: it prints what a TLB miss costs' has_row ' PTE reads of a miss, Sv48 guest 19'
holds 'show: it prints how much memory is mapped' has_row ' memory mapped 2.1M'
holds 'show: it prints counters with their names' has_row ' faults_4k 80'
holds 'show: it prints no counter twice' test "$(grep -c leaves_ "$TMP/out")" -eq 0
full 5000007-8 sv48x4 4 50 later_counter 7 grow 1
run in_tree -- show 5000007
holds 'show: PID finds the VM, and an unknown counter is printed' has_row ' later_counter 7'
run in_tree -- show 5000001-2 --json
json 'show: JSON' 0 out '.[0].vm | .pid == 5000001 and .mode == "sv39x4" and .stats.faults == 100 and
	.stats.hgatp == "0x8000100000081230" and .stats.mode == "sv39x4" and .tables == 4'
schema 'show: JSON matches its schema' show out

run in_tree -- dump 5000001-2
holds 'dump: the text is that of the module' cmp -s "$TMP/out" "$DEBUGFS/kvm/5000001-2/gstage_page_tables"
run in_tree -- dump 5000001-2 --gpa 0x80304fff
holds 'dump: --gpa prints one run' test "$(grep -c '^0x' "$TMP/out")-$(sed -n 's/^\(0x[0-9a-f]*\).*/\1/p' "$TMP/out")" = 1-0x80300000
run in_tree -- dump 5000001-2 --gpa 2147483648
holds 'dump: --gpa takes a decimal address' grep -q '^0x80000000-0x80200000 ' "$TMP/out"
run in_tree -- dump 5000001-2 --gpa 0x80305000
exits 'dump: --gpa of an unmapped address is an error' 1 'maps nothing at gpa 0x80305000' 'gstage walk'
run in_tree -- dump --json 5000001-2
json 'dump: JSON' 0 out '.[0] | .mode == "sv39x4" and .root == "0x81230000" and (.runs | length) == 3 and
	.runs[1] == {gpa: "0x80200000", end: "0x80210000", level: 0, leaf: "64K", pa: "0x91000000",
	  pte: "0x80000000244020d7", flags: ["R", "W", "U", "A", "D", "N"]} and
	.runs[2].flags[-1] == "pbmt=nc"'
schema 'dump: JSON matches its schema' dump out
run in_tree -- dump --json -g 0x80200000 5000001-2
json 'dump: one run in JSON' 0 out '.[0].runs | length == 1 and .[0].leaf == "64K"'
run in_tree -- dump --json -g 0 5000001-2
json 'dump: --gpa of an unmapped address is an error in JSON, too' 1 err '.[0].error.code == "not-mapped"'
schema 'dump: errors match their schema' error err
holds 'dump: stdout is empty after an error' test ! -s "$TMP/out"
run in_tree -- dump 5000001-2 --gpa here
exits 'dump: a word that is not an address' 2 "'here' is not an address"
run in_tree -- dump 5000001-2 --gpa -1
exits 'dump: a negative address' 2 "'-1' is not an address"
# Make a dump that is larger than the command's buffer.
/usr/bin/awk 'NR <= 5; END { for (i = 0; i < 3000; i++) printf "0x%x-0x%x 4K 0 4K pa 0x%x pte 0x%x R - - U A D\n",
	i * 8192, i * 8192 + 4096, 4096 * (i + 16), 1024 * (i + 16) + 211 }' \
	"$DEBUGFS/kvm/5000001-2/gstage_page_tables" >"$TMP/large"
cp "$TMP/large" "$DEBUGFS/kvm/5000007-8/gstage_page_tables"
run in_tree -- dump 5000007-8
holds 'dump: a large dump is complete' cmp -s "$TMP/out" "$TMP/large"
run in_tree -- dump --json 5000007-8
json 'dump: a large dump as JSON' 0 out '.[0].runs | length == 3000 and .[2999].gpa == "0x176e000"'
# The VM ends in the middle of the dump.
run in_tree FAKEKVM_DEBUGFS=end:5:gstage_page_tables -- dump 5000007-8
exits 'dump: the VM ends meanwhile' 1 'the VM 5000007-8 no longer exists'
# shellcheck disable=SC2016 # the inner shell expands it
holds 'dump: the VM ends meanwhile: all lines before that are printed' sh -c \
	'[ $(wc -l <"$1") -gt 5 ] && [ $(wc -l <"$1") -lt 3005 ] && head -n $(wc -l <"$1") "$2" | cmp -s - "$1"' - \
	"$TMP/out" "$TMP/large"
run in_tree FAKEKVM_DEBUGFS=end:5:gstage_page_tables -- dump --json 5000007-8
json 'dump: the VM ends meanwhile, in JSON' 1 err '.[0].error.code == "vm-gone"'
holds 'dump: the VM ends meanwhile: there is no JSON document' test ! -s "$TMP/out"
echo 'what is this' >>"$DEBUGFS/kvm/5000007-8/gstage_page_tables"
run in_tree -- dump 5000007-8
exits 'dump: a line that it does not know' 1 "cannot read a line .*: 'what is this'" 'same version as the module'
run in_tree -- dump --json 5000007-8
json 'dump: a line that it does not know, in JSON' 1 err '.[0].error.code == "bad-dump"'
holds 'dump: a line that it does not know: there is no JSON document' test ! -s "$TMP/out"
printf '# gstage-dump 1\n# mode none\n# levels 0\n# gpa_bits 0\n# root 0x0\n' >"$DEBUGFS/kvm/5000007-8/gstage_page_tables"
run in_tree -- dump 5000007-8
exits 'dump: a VM without tables counts as ended' 1 'the VM 5000007-8 no longer exists'
run in_tree -- dump
exits 'dump: no VM is a usage error' 2 'VM is missing'

# Make gstage_walk with a 64 KiB leaf that has a memory type, and log what the command writes to it.
walk_is()
{
	printf 'level %s\n' "$@" >"$DEBUGFS/kvm/5000001-2/gstage_walk"
}
walk_is '2 index 2 table 0x81230000 pte 0x20480801 table' '1 index 1 table 0x81202000 pte 0x20480c01 table' \
	'0 index 3 table 0x81203000 pte 0xc0000000244020d7 leaf'
run in_tree FAKEKVM_LOG="$TMP/asked" -- walk 5000001-2 0x80203123
holds 'walk: the command writes the gpa to gstage_walk' test "$(cat "$TMP/asked")" = 'walk 0x80203123'
holds 'walk: it prints a table' has_row ' 2 2 0x0000000081230000 0x0000000020480801 table V - - - - - - - 0x0000000081202000'
holds 'walk: it prints a leaf with its flags, size and memory type' has_row \
	' 0 3 0x0000000081203000 0xc0000000244020d7 leaf V R W - U - A D 0x0000000091000000 64K napot pbmt=io'
holds 'walk: it prints the pa of the gpa' grep -qx 'gpa 0x80203123 is pa 0x91003123' "$TMP/out"
run in_tree -- walk 5000001-2 0x80203123 --json
json 'walk: JSON' 0 out '.[0] | .pa == "0x91003123" and .vm.mode == "sv39x4" and (.walk | length) == 3 and
	.walk[0].kind == "table" and .walk[0].pa == "0x81202000" and
	.walk[2] == {level: 0, index: 3, table: "0x81203000", pte: "0xc0000000244020d7", kind: "leaf",
	  flags: ["V", "R", "W", "U", "A", "D"], pbmt: "io", napot: true, reserved: "0x0", pa: "0x91000000",
	  size: 65536}'
schema 'walk: JSON matches its schema' walk out
walk_is '2 index 2 table 0x81230000 pte 0x140000000024c000df leaf'
run in_tree -- walk 5000001-2 0x80203123
holds 'walk: it prints reserved bits' grep -q 'reserved=0x[1-9a-f]' "$TMP/out"
walk_is '2 index 2 table 0x81230000 pte 0x24c000df leaf'
run in_tree -- walk 5000001-2 0x80203123
holds 'walk: a leaf of 1 GiB' grep -qx 'gpa 0x80203123 is pa 0x93203123' "$TMP/out"
walk_is '2 index 2 table 0x81230000 pte 0x20480801 table' '1 index 1 table 0x81202000 pte 0x0 none'
run in_tree -- walk 5000001-2 0x80203123
holds 'walk: it prints where the walk of an unmapped gpa ends' grep -qx 'gpa 0x80203123 is not mapped: the walk ends at level 1' "$TMP/out"
holds 'walk: an unmapped gpa is no error' test "$status" -eq 0
run in_tree -- walk 5000001-2 0x80203123 --json
json 'walk: JSON of an unmapped gpa' 0 out '.[0] | .pa == null and .walk[1].kind == "none" and .walk[1].pa == null'
schema 'walk: JSON of an unmapped gpa matches its schema' walk out
echo nonsense >"$DEBUGFS/kvm/5000001-2/gstage_walk"
run in_tree -- walk 5000001-2 0
exits 'walk: gstage_walk has an unknown line' 1 'cannot parse gstage_walk'
run in_tree FAKEKVM_DEBUGFS=write:34:gstage_walk -- walk 5000001-2 0x20000000000
exits 'walk: a gpa above the limit of the format' 1 'gpa 0x20000000000 is beyond sv39x4, which ends at 0x20000000000'
run in_tree -- walk 5000001-2
exits 'walk: no gpa is a usage error' 2 'GPA is missing'
run in_tree -- walk 5000001-2 0x
exits 'walk: a word that is not a gpa' 2 "'0x' is not an address"

# debugfs, the module or the VM is not usable: each command must say what to do.
for line in vms 'show 5000001-2' 'dump 5000001-2' 'walk 5000001-2 0' 'top -n 1'; do
	what=${line%% *}
	host
	full 5000001-2 sv39x4 3 41
	walk_is '2 index 2 table 0x81230000 pte 0x0 none'
	# shellcheck disable=SC2086 # a command line
	set -- $line
	run in_tree GSTAGE_DEBUGFS=/nonexistent -- "$@"
	exits "$what: no debugfs" 1 'debugfs is not mounted on /nonexistent' 'mount -t debugfs'
	run in_tree FAKEKVM_DEBUGFS=dir:13 -- "$@"
	exits "$what: not root" 1 'no permission to use' 'as root'
	case $what in
	vms | top) file=gstage_stats ;;
	show) file=gstage_stats ;;
	dump) file=gstage_page_tables ;;
	walk) file=gstage_walk ;;
	esac
	run in_tree FAKEKVM_DEBUGFS=open:1:"$file" -- "$@"
	exits "$what: the kernel is locked down" 1 'no permission to use' 'locked down'
	if [ "$file" != gstage_stats ] || [ "$what" = show ]; then
		run in_tree FAKEKVM_DEBUGFS=open:2:gstage_mode -- "$@"
		for err in 2 19; do
			run in_tree FAKEKVM_DEBUGFS=open:$err:"$file" -- "$@"
			[ $err = 2 ] || exits "$what: gone before it was opened" 1 'the VM 5000001-2 no longer exists' 'running VM'
		done
		run in_tree FAKEKVM_DEBUGFS=read:5:"$file" -- "$@"
		exits "$what: the VM ends while its files are read" 1 'the VM 5000001-2 no longer exists'
		run in_tree FAKEKVM_DEBUGFS=read:5:"$file" -- "$@" --json
		json "$what: the VM ends while its files are read, in JSON" 1 err '.[0].error.code == "vm-gone"'
		schema "$what: errors match their schema" error err
		rm "$DEBUGFS/kvm/5000001-2/$file"
		run in_tree -- "$@"
		exits "$what: an older module" 1 'an older gstage' 'modprobe kvm.*insmod'
		rm "$DEBUGFS/kvm/5000001-2/gstage_mode"
		run in_tree -- "$@"
		exits "$what: the VM's files do not exist any more" 1 'the VM 5000001-2 no longer exists'
		set -- "$what" 5000009-9
		[ "$what" != walk ] || set -- "$@" 0
		run in_tree -- "$@"
		exits "$what: an unknown VM: the error lists the VMs" 1 'no VM 5000009-9; there is 5000001-2'
	fi
	# shellcheck disable=SC2086
	set -- $line
	rm -rf "$DEBUGFS/kvm/5000001-2/"gstage_* "$DEBUGFS/kvm/gstage_tables_live"
	run in_tree -- "$@"
	exits "$what: a stock module" 1 "not gstage's" 'modprobe -r kvm; modprobe kvm.*rmmod kvm'
	rm -rf "$DEBUGFS/kvm"
	run in_tree -- "$@"
	exits "$what: no module" 1 'the KVM module is not loaded' 'modprobe kvm.*insmod'
done

host
full 5000001-2 sv39x4 3 41
for line in vms 'show 5000001-2' 'dump 5000001-2'; do
	to_full()
	{
		# shellcheck disable=SC2086
		in_tree -- $line >/dev/full
	}
	run to_full
	exits "${line% *}: a full disk is noticed" 1 'cannot write'
done
