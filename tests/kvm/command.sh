#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The command gstage on a real host: every subcommand, against QEMU guests in each format that the host has, and what is said
# is compared with what is true: how the guests were started, the files of debugfs, and itself said another way.
# JSON goes into the log too, as "# json SCHEMA TEXT", for tests/cli/validate to judge on the PC.

kvm=/sys/kernel/debug/kvm
limit=420

# shellcheck source=tests/kvm/tap.sh
. ./tap.sh

# as_json SCHEMA COMMAND...: gstage COMMAND --json, into the file json and the log. Returns its status.
as_json() {
	schema=$1
	shift
	./gstage "$@" --json >json 2>json.err
	json_status=$?
	tr -d '\n' <json | sed "s/^/# json $schema /"
	echo
	return $json_status
}

# member NAME: its number in the file json, where there is one of that name.
member() { tr -d '\n' <json | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }

case $GSTAGE_CPU in
sv39) modes='sv39x4' widest=sv39x4 ;;
sv48) modes='sv39x4 sv48x4' widest=sv48x4 ;;
*) modes='sv39x4 sv48x4 sv57x4' widest=sv57x4 ;;
esac
bits() { case $1 in sv39x4) echo 41 ;; sv48x4) echo 50 ;; sv57x4) echo 59 ;; esac; }
levels() { case $1 in sv39x4) echo 3 ;; sv48x4) echo 4 ;; sv57x4) echo 5 ;; esac; }

# Before there is a VM.
is 'vms: none, and a heading' "$(./gstage vms | grep -vc '^Module: ')" 1
as_json vms vms
is 'vms: none, as JSON' "$(sed 's/.*,\("vms"\)/\1/' json)" '"vms":[]}'
./gstage show 1-1 >out 2>err
[ $? = 1 ] && grep -q 'there is no VM 1-1, and no other VM' err
result $? 'show: there is no VM'
for m in $modes; do
	./gstage modes | grep -q "^$m .*yes.* $(bits "$m") *$(levels "$m") "
	result $? "modes: has $m"
	is "explain: a Sv39 guest's miss in $m" "$(./gstage explain sv39 | awk -v m="$m" '$1 == m { print $3 }')" \
		$((4 * ($(levels "$m") + 1) - 1))
done
as_json modes modes
as_json explain explain

# A guest in each format, the widest on hugetlbfs. They wait in their init, idle.
echo 64 >/proc/sys/vm/nr_hugepages
for m in $modes; do
	memory=
	[ "$m" != $widest ] ||
		memory="-object memory-backend-memfd,id=ram,size=128M,hugetlb=on -machine memory-backend=ram"
	mkfifo "$m.in"
	(
		exec <>"$m.in"
		# shellcheck disable=SC2086 # options are words
		exec ./gstage exec --mode "$m" -- qemu-system-riscv64 -M virt -accel kvm -cpu host -smp 2 -m 128 $memory \
			-nographic -nodefaults -serial stdio -kernel /guest/Image -initrd /guest/initrd \
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

# stat VM NAME: from the module itself.
stat() { awk -v n="$2" '$1 == n { print $2 }' "$kvm/$1/gstage_stats"; }
# between WHAT LOW VALUE HIGH: the VM goes on, and counters only rise while nothing is unmapped.
between() {
	[ -n "$3" ] && [ "$2" -le "$3" ] && [ "$3" -le "$4" ]
	result $? "$1"
	[ -n "$3" ] && [ "$2" -le "$3" ] && [ "$3" -le "$4" ] || echo "# got '$3', wanted $2 to $4"
}

./gstage vms >vms.out
sed 's|^|# |' vms.out
as_json vms vms
mv json vms.json
is 'vms: as many as there are' "$(grep -c '^[0-9]*-[0-9]* ' vms.out)" "$(echo "$modes" | wc -w)"
for m in $modes; do
	vm=$(cat "$m.vm")
	before=$(stat "$vm" leaves_4k)
	row=$(./gstage vms | grep "^$vm ")
	after=$(stat "$vm" leaves_4k)
	# shellcheck disable=SC2086 # a row is words
	set -- $row
	is "vms: $m: process, VMM, mode, bits, vCPUs" "$2 $3 $4 $5 $6" "${vm%-*} qemu-system-ris $m $(bits "$m") 2"
	between "vms: $m: 4 KiB leaves" "$before" "$8" "$after"
	if [ "$m" = $widest ]; then
		[ "${10}" -gt 8 ]
		result $? "vms: $m: hugetlbfs has 2 MiB leaves"
	fi
	tr -d '\n' <vms.json | grep -q "\"pid\":${vm%-*},\"fd\":${vm#*-},\"process\":${vm%-*},\"vmm\":\"qemu-system-ris\",\"mode\":\"$m\","
	result $? "vms: $m: as JSON"

	# The VM by its process alone: QEMU's scratch VMs are gone.
	./gstage show "${vm%-*}" >show.out
	grep -qx "VM $vm of process ${vm%-*} (qemu-system-ris), 2 vCPUs" show.out && grep -q "^  mode  *$m" show.out
	result $? "show: $m: which VM, and what it is"
	is "show: $m: hgatp" "$(awk '$1 == "hgatp" { print $NF }' show.out)" "$(stat "$vm" hgatp)"
	as_json show show "$vm"
	between "show: $m: faults, as JSON" 1 "$(member faults)" "$(stat "$vm" faults)"

	# The dump maps what the counters say, and every rule holds.
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
	is "dump: $m: its head" "$(head -n 4 dump.out)" "# gstage-dump 1
# mode $m
# levels $(levels "$m")
# gpa_bits $(bits "$m")"
	./gstage check dump.out >checked
	is "check: $m: the dump breaks no rule" "$? $(tail -n 1 checked)" '0 violations 0'
	./gstage dump --json "$vm" >dump.json
	./gstage check - <dump.json >checked
	is "check: $m: nor does its JSON" "$? $(tail -n 1 checked)" '0 violations 0'
	# U of the first leaf goes: a rule of the specification, an invariant, and the flags contradict.
	awk '/ pte / && !done { done = 1; sub(/ U /, " - ") } { print }' dump.out >broken
	./gstage check broken >checked
	is "check: $m: a dump that contradicts itself is found out" "$? $(grep -c '^INPUT-06' checked)" '3 1'
	as_json check check dump.out

	# A page that the guest has touched: its walk, its run, and the format agree.
	gpa=0x80200000
	./gstage dump --gpa $gpa "$vm" | grep '^0x' >run
	./gstage walk "$vm" $gpa >walk.out
	sed "s/^/# $m: /" walk.out
	is "walk: $m: a line for each level, and two more" \
		"$(($(wc -l <walk.out) - 2 + $(awk '$5 == "leaf" { print $1 }' walk.out)))" "$(levels "$m")"
	read -r range _ _ _ _ pa _ <run
	is "walk: $m: the same pa as in the dump" "$(sed -n "s/^gpa $gpa is pa //p" walk.out)" \
		"$(printf '0x%x' $((pa + gpa - ${range%-*})))"
	as_json walk walk "$vm" $gpa
	last=$(printf '0x%x' $(((1 << $(bits "$m")) - 4096)))
	./gstage walk "$vm" "$last" >walk.out
	is "walk: $m: the last page is not mapped" "$? $(tail -n 1 walk.out)" \
		"0 gpa $last is not mapped: the walk ends at level $(($(levels "$m") - 1))"
	./gstage walk "$vm" $((1 << $(bits "$m"))) >out 2>err
	is "walk: $m: nothing is beyond the format" "$? $(grep -c "is beyond $m" err)" '1 1'
	./gstage dump --gpa "$last" "$vm" >out 2>err
	is "dump: $m: nothing is mapped there" "$? $(grep -c 'maps nothing' err)" '1 1'
done

# Another format for a VM that runs, and all see it.
vm=$(cat sv39x4.vm)
./gstage set "$vm" $widest >out
is 'set: the narrowest guest, to the widest format' "$(./gstage vms | awk -v vm="$vm" '$1 == vm { print $4 }')" $widest
is 'set: its dump says so' "$(./gstage dump "$vm" | sed -n 's/^# mode //p')" $widest
as_json set set "$vm" sv39x4
is 'set: and back' "$(cat "$kvm/$vm/gstage_mode")" sv39x4

# top, in a terminal of 24 lines: a guest works meanwhile, so that there are faults to count.
./gstage top --json -n 2 -d 0.2 >json
is 'top: a line of JSON for each look' "$(wc -l <json)" 2
sed 's/^/# json top /' json
# Opened both ways, it waits for no QEMU that has ended.
{ sleep 1; echo go 1<>"$widest.in"; } &
./in-pty 24x100 top.raw '......>>r..q' ./gstage top -d 0.5
is 'top: q ends it' $? 0
for m in $modes; do
	grep -q "$(cat "$m.vm")" top.raw
	result $? "top: in a terminal, $m"
done

# A VM that ends while it is looked at.
for m in $modes; do [ "$m" = $widest ] || echo go 1<>"$m.in"; done
wait
for m in $modes; do
	./gstage show "$(cat "$m.vm")" >out 2>err
	is "show: $m: the VM that was" "$? $(grep -c 'there is no VM' err)" '1 1'
done
echo 0 >/proc/sys/vm/nr_hugepages
echo "1..$count"
