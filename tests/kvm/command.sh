#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run every subcommand of gstage with QEMU guests in each format that the host has. The test compares the output with the options
# of the guests, with debugfs, and with the output of other subcommands.
# The log also gets all JSON, as "# json SCHEMA TEXT". tests/cli/validate checks it later on the PC.

kvm=/sys/kernel/debug/kvm
limit=420

# shellcheck source=tests/kvm/tap.sh
. ./tap.sh

# as_json SCHEMA COMMAND...: run gstage COMMAND --json, and write its output to the file json and to the log. Returns its status.
as_json() {
	schema=$1
	shift
	./gstage "$@" --json >json 2>json.err
	json_status=$?
	tr -d '\n' <json | sed "s/^/# json $schema /"
	echo
	return $json_status
}

# member NAME: print the number with this name in the file json. There must be only one such name.
member() { tr -d '\n' <json | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }

case $GSTAGE_CPU in
sv39) modes='sv39x4' widest=sv39x4 ;;
sv48) modes='sv39x4 sv48x4' widest=sv48x4 ;;
*) modes='sv39x4 sv48x4 sv57x4' widest=sv57x4 ;;
esac
bits() { case $1 in sv39x4) echo 41 ;; sv48x4) echo 50 ;; sv57x4) echo 59 ;; esac; }
levels() { case $1 in sv39x4) echo 3 ;; sv48x4) echo 4 ;; sv57x4) echo 5 ;; esac; }

# Before there is a VM.
is 'vms: without VMs it prints only a heading' "$(./gstage vms | grep -vc '^Module: ')" 1
as_json vms vms
is 'vms: without VMs, JSON has an empty list' "$(sed 's/.*,\("vms"\)/\1/' json)" '"vms":[]}'
./gstage show 1-1 >out 2>err
[ $? = 1 ] && grep -q 'there is no VM 1-1, and no other VM' err
result $? 'show: a VM that does not exist is an error'
for m in $modes; do
	./gstage modes | grep -q "^$m .*yes.* $(bits "$m") *$(levels "$m") "
	result $? "modes: it prints $m, its bits and its levels"
	is "explain: the PTE reads of a TLB miss of an Sv39 guest in $m" "$(./gstage explain sv39 | awk -v m="$m" '$1 == m { print $3 }')" \
		$((4 * ($(levels "$m") + 1) - 1))
done
as_json modes modes
as_json explain explain
as_json doctor doctor
is 'doctor: it finds no problem' $? 0
./gstage doctor >doctor.out
sed 's/^/# /' doctor.out
case $(cat /sys/module/kvm/parameters/test_vmid_bits 2>/dev/null) in
0) grep -q '^note  *vmid  *the harts have no VMIDs' doctor.out ;;
*) grep -q '^ok  *vmid  *[0-9]* bits' doctor.out ;;
esac
result $? 'doctor: it prints the number of VMID bits, or that there are none'

# Start a guest in each format. The one in the widest format uses hugetlbfs. The guests idle in their init.
echo 64 >/proc/sys/vm/nr_hugepages
for m in $modes; do
	memory=
	[ "$m" != $widest ] ||
		memory="-object memory-backend-memfd,id=ram,size=128M,hugetlb=on -machine memory-backend=ram"
	mkfifo "$m.in" "$m.monitor.in" "$m.monitor.out"
	(
		exec <>"$m.in"
		# shellcheck disable=SC2086 # options are words
		exec ./gstage exec --mode "$m" -- qemu-system-riscv64 -M virt -accel kvm -cpu host -smp 2 -m 128 $memory -name "guest=vm-$m" \
			-nographic -nodefaults -serial stdio -monitor "pipe:$m.monitor" -kernel /guest/Image -initrd /guest/initrd \
			-append "console=ttyS0 quiet panic=-1 gstage=$m gstage_wait" -no-reboot
	) >"$m.out" 2>&1 &
	echo $! >"$m.pid"
done
end=$(($(cut -d. -f1 /proc/uptime) + limit))
for m in $modes; do
	until grep -q "^gstage-guest: $m: Linux" "$m.out"; do
		kill -0 "$(cat "$m.pid")" || break
		[ "$(cut -d. -f1 /proc/uptime)" -lt $end ] || break
		usleep 100000
	done
	grep -q "^gstage-guest: $m: Linux" "$m.out"
	result $? "$m: the guest is up"
	for d in "$kvm/$(cat "$m.pid")"-*; do [ ! -d "$d" ] || echo "${d##*/}" >"$m.vm"; done
done

# stat VM NAME: print a number of the VM's gstage_stats.
stat() { awk -v n="$2" '$1 == n { print $2 }' "$kvm/$1/gstage_stats"; }
# between WHAT LOW VALUE HIGH: is VALUE in this range? The VM runs, so the test reads a counter before and after. Nothing is
# unmapped meanwhile, so the counter only rises.
between() {
	[ -n "$3" ] && [ "$2" -le "$3" ] && [ "$3" -le "$4" ]
	result $? "$1"
	[ -n "$3" ] && [ "$2" -le "$3" ] && [ "$3" -le "$4" ] || echo "# got '$3', wanted $2 to $4"
}

./gstage doctor >doctor.out
sed 's/^/# /' doctor.out
is 'doctor: it prints the version of each VMM, and that gstage exec aligns its memory' \
	"$(grep -c '^ok .*(qemu-system-riscv64), QEMU emulator version [1-9].*"gstage exec" aligns its memory$' doctor.out)" "$(echo "$modes" | wc -w)"

./gstage vms >vms.out
sed 's|^|# |' vms.out
as_json vms vms
mv json vms.json
is 'vms: it lists each VM once' "$(grep -c '^[0-9]*-[0-9]* ' vms.out)" "$(echo "$modes" | wc -w)"
for m in $modes; do
	vm=$(cat "$m.vm")
	before=$(stat "$vm" leaves_4k)
	row=$(./gstage vms | grep "^$vm ")
	after=$(stat "$vm" leaves_4k)
	# shellcheck disable=SC2086 # a row is words
	set -- $row
	is "vms: $m: process, name, mode, bits and vCPUs are right" "$2 $3 $4 $5 $6" "${vm%-*} vm-$m $m $(bits "$m") 2"
	between "vms: $m: 4 KiB leaves" "$before" "$8" "$after"
	if [ "$m" = $widest ]; then
		[ "${10}" -gt 8 ]
		result $? "vms: $m: a guest on hugetlbfs has 2 MiB leaves"
	fi
	tr -d '\n' <vms.json | grep -q "\"pid\":${vm%-*},\"fd\":${vm#*-},\"process\":${vm%-*},\"vmm\":\"qemu-system-riscv64\",\"name\":\"vm-$m\",\"mode\":\"$m\","
	result $? "vms: $m: its JSON is right"

	./gstage show "vm-$m" | grep -q "^VM $vm vm-$m of process"
	result $? "show: $m: it finds the VM by its name"
	# gstage exec has aligned the memory, so nothing holds the leaves back.
	./gstage explain "vm-$m" >explain.out
	grep -q '^0x80000000 .* none$' explain.out && ! grep -q unaligned explain.out
	result $? "explain: $m: large leaves map the memory"
	sed "s/^/# $m: /" explain.out
	as_json explain-vm explain "$vm"
	# The process id is enough, because QEMU has deleted the VMs that it only made to ask KVM.
	./gstage show "${vm%-*}" >show.out
	grep -qx "VM $vm vm-$m of process ${vm%-*} (qemu-system-riscv64), 2 vCPUs" show.out && grep -q "^  mode  *$m" show.out
	result $? "show: $m: it finds the VM by its process, and prints its mode"
	is "show: $m: hgatp is that of gstage_stats" "$(awk '$1 == "hgatp" { print $NF }' show.out)" "$(stat "$vm" hgatp)"
	as_json show show "$vm"
	between "show: $m: faults, as JSON" 1 "$(member faults)" "$(stat "$vm" faults)"

	# The dump maps as much as the counters say, and breaks no rule.
	mapped=$(($(stat "$vm" leaves_4k) * 4 + $(stat "$vm" leaves_64k) * 64 + $(stat "$vm" leaves_2m) * 2048))
	./gstage dump "$vm" >dump.out
	again=$(($(stat "$vm" leaves_4k) * 4 + $(stat "$vm" leaves_64k) * 64 + $(stat "$vm" leaves_2m) * 2048))
	kib=0
	while read -r range _; do
		case $range in
		0x*) kib=$((kib + (${range#*-} - ${range%-*}) / 1024)) ;;
		esac
	done <dump.out
	between "dump: $m: KiB mapped" $mapped $kib $again
	is "dump: $m: its header is right" "$(head -n 4 dump.out)" "# gstage-dump 1
# mode $m
# levels $(levels "$m")
# gpa_bits $(bits "$m")"
	./gstage check dump.out >checked
	is "check: $m: the dump breaks no rule" "$? $(tail -n 1 checked)" '0 violations 0'
	./gstage dump --json "$vm" >dump.json
	./gstage check - <dump.json >checked
	is "check: $m: the dump as JSON breaks no rule" "$? $(tail -n 1 checked)" '0 violations 0'
	# Remove the flag U of the first leaf, so that the flags contradict the PTE.
	awk '/ pte / && !done { done = 1; sub(/ U /, " - ") } { print }' dump.out >broken
	./gstage check broken >checked
	is "check: $m: it finds that a dump contradicts itself" "$? $(grep -c '^INPUT-06' checked)" '3 1'
	as_json check check dump.out

	# For a page that the guest has touched, the walk agrees with the dump and the format.
	gpa=0x80200000
	./gstage dump --gpa $gpa "$vm" | grep '^0x' >run
	./gstage walk "$vm" $gpa >walk.out
	sed "s/^/# $m: /" walk.out
	is "walk: $m: it prints a line for each level, and two more" \
		"$(($(wc -l <walk.out) - 2 + $(awk '$5 == "leaf" { print $1 }' walk.out)))" "$(levels "$m")"
	read -r range _ _ _ _ pa _ <run
	is "walk: $m: the pa is that of the dump" "$(sed -n "s/^gpa $gpa is pa //p" walk.out)" \
		"$(printf '0x%x' $((pa + gpa - ${range%-*})))"
	as_json walk walk "$vm" $gpa
	last=$(printf '0x%x' $(((1 << $(bits "$m")) - 4096)))
	./gstage walk "$vm" "$last" >walk.out
	is "walk: $m: the last page is not mapped" "$? $(tail -n 1 walk.out)" \
		"0 gpa $last is not mapped: the walk ends at level $(($(levels "$m") - 1))"
	./gstage walk "$vm" $((1 << $(bits "$m"))) >out 2>err
	is "walk: $m: a gpa above the limit of the format is an error" "$? $(grep -c "is beyond $m" err)" '1 1'
	./gstage dump --gpa "$last" "$vm" >out 2>err
	is "dump: $m: --gpa of a page that is not mapped is an error" "$? $(grep -c 'maps nothing' err)" '1 1'
done

# Change the format of a running VM. All subcommands must show the new format.
vm=$(cat sv39x4.vm)
./gstage set "$vm" $widest >out
is 'set: the narrowest guest changes to the widest format' "$(./gstage vms | awk -v vm="$vm" '$1 == vm { print $4 }')" $widest
is 'set: its dump has the new format' "$(./gstage dump "$vm" | sed -n 's/^# mode //p')" $widest
as_json set set "$vm" sv39x4
is 'set: it changes back' "$(cat "$kvm/$vm/gstage_mode")" sv39x4

# Run top in a terminal of 24 lines. A guest works meanwhile, so that there are faults to count.
./gstage top --json -n 2 -d 0.2 >json
is 'top: --json prints a line for each interval' "$(wc -l <json)" 2
sed 's/^/# json top /' json
# QEMU logs dirty pages while it measures how fast they become dirty.
m=${modes%% *}
echo 'calc_dirty_rate -b 50' 1<>"$m.monitor.in"
end=$(($(cut -d. -f1 /proc/uptime) + 40))
until ./gstage explain "vm-$m" >explain.out && grep -q '^0x80000000 .* dirty-logging *$' explain.out; do
	[ "$(cut -d. -f1 /proc/uptime)" -lt $end ] || break
	usleep 300000
done
grep -q '^0x80000000 .* dirty-logging *$' explain.out
result $? 'explain: dirty logging is what makes leaves small'
sed 's/^/# /' explain.out
as_json explain-vm explain "vm-$m"

# Open the pipe for reading and writing. If QEMU has ended, a plain open for writing would wait for ever.
{ sleep 1; echo go 1<>"$widest.in"; } &
./in-pty 24x100 top.raw '......>>r..q' ./gstage top -d 0.5
is 'top: q ends it' $? 0
for m in $modes; do
	grep -q "$(cat "$m.vm")" top.raw
	result $? "top: in a terminal it shows the VM in $m"
done

# All guests end.
for m in $modes; do [ "$m" = $widest ] || echo go 1<>"$m.in"; done
wait
for m in $modes; do
	./gstage show "$(cat "$m.vm")" >out 2>err
	is "show: $m: a VM that has ended is an error" "$? $(grep -c 'there is no VM' err)" '1 1'
done
echo 0 >/proc/sys/vm/nr_hugepages
echo "1..$count"
