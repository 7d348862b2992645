#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A real guest: Debian's kernel under Debian's QEMU, both unmodified. It starts in the narrowest format
# (`gstage exec --mode auto`). The test changes its format between all formats of the host while it verifies its memory.
# QEMU's riscv virt machine cannot have memory above 2 TiB, neither by -m with maxmem nor by a pc-dimm. So this guest
# never needs more than Sv39x4. The tests grow and reformat show growth by a memslot, with the VMM in lib/.

kvm=/sys/kernel/debug/kvm
name=auto
burst=96

# shellcheck source=tests/kvm/tap.sh
. ./tap.sh

case $GSTAGE_CPU in
sv39) modes='sv39x4' ;;
sv48) modes='sv39x4 sv48x4' ;;
*) modes='sv39x4 sv48x4 sv57x4' ;;
esac

mkfifo in
(
	exec <>in
	exec ./gstage exec --mode auto -- qemu-system-riscv64 -M virt -accel kvm -cpu host -smp 2 -m 2G -nographic -nodefaults \
		-serial stdio -kernel /guest/Image -initrd /guest/initrd \
		-append "console=ttyS0 quiet panic=-1 gstage=$name gstage_wait gstage_loop=600" -no-reboot
) >out 2>&1 &
pid=$!

lines() { grep -c "^gstage-guest: $name: $1" out; }

# wait_lines TEXT N: wait until the guest has printed more than N lines with TEXT. Fails if QEMU ends or time is up.
end=$(($(cut -d. -f1 /proc/uptime) + 230))
wait_lines() {
	until [ "$(lines "$1")" -gt "$2" ]; do
		kill -0 $pid 2>/dev/null || return 1
		[ "$(cut -d. -f1 /proc/uptime)" -lt $end ] || return 1
		usleep 50000
	done
}

# goes_on: wait until each worker of the guest has ended a round that it began after this call.
goes_on() {
	one=$(lines 'worker 1 .*verified')
	two=$(lines 'worker 2 .*verified')
	wait_lines 'worker 1 .*verified' $((one + 1)) && wait_lines 'worker 2 .*verified' $((two + 1))
}

stat_of() { awk -v n="$1" '$1 == n { print $2 }' "$vm/gstage_stats"; }
leaves() { awk '/^leaves_/ { n += $2 } END { print n }' "$vm/gstage_stats"; }

# change WAY MODE: change the format, and check that gstage_mode has the new one.
change() {
	case $1 in
	set) ./gstage set $pid "$2" >set.out 2>&1 || { cat set.out >>trouble; return 1; } ;;
	debugfs) echo "$2" >"$vm/gstage_mode" || return 1 ;;
	esac
	[ "$(cat "$vm/gstage_mode")" = "$2" ] || { echo "$1 $2: is in $(cat "$vm/gstage_mode")" >>trouble; return 1; }
}

: >trouble
wait_lines 'Linux' 0
result $? 'auto: the guest reaches user space'
# QEMU first creates and closes scratch VMs. The one that runs is the last.
vm=
for d in "$kvm/$pid"-*; do [ ! -d "$d" ] || vm=$d; done
[ "$(cat "$vm/gstage_mode")" = sv39x4 ] && [ "$(stat_of grow)" = 1 ] && [ "$(stat_of reformats)" -le 1 ]
result $? 'auto: the VM is in Sv39x4, and may grow'
case $(stat_of hgatp) in 0x8*) true ;; *) false ;; esac
result $? 'auto: hgatp has the MODE of Sv39x4'
wait_lines 'worker 1 .*verified' 1 && wait_lines 'worker 2 .*verified' 1
result $? 'auto: both workers of the guest make rounds'
! grep -q 'CANNOT BE READ' out
result $? 'auto: user space reads the time on each vCPU'

# Change each format to each other one, in each of the two ways. The guest makes rounds in between.
changes=0
before=$(stat_of reformats)
for from in $modes; do
	for to in $modes; do
		[ "$from" != "$to" ] || continue
		bad=0
		for ways in 'set debugfs' 'debugfs set'; do
			[ "$(cat "$vm/gstage_mode")" = "$from" ] || changes=$((changes + 1))
			change "${ways% *}" "$from" || bad=1
			change "${ways#* }" "$to" || bad=1
			changes=$((changes + 1))
		done
		result $bad "$from to $to: by gstage set and by debugfs"
		goes_on
		result $? "$from to $to: the guest goes on"
		case $to:$(stat_of hgatp) in sv39x4:0x8* | sv48x4:0x9* | sv57x4:0xa*) true ;; *) false ;; esac
		result $? "$from to $to: hgatp has the MODE"
		tail -n 1 "$vm/gstage_check" | grep -qx 'violations 0'
		result $? "$from to $to: no invariant is violated"
	done
done
[ $(($(stat_of reformats) - before)) = $changes ]
result $? "KVM counts as many changes as were made, $changes"

# Many changes in a row. The guest has all pages that it needs, so changes must not make pages fault: there must be fewer
# faults without a new leaf than changes.
if [ "$modes" != sv39x4 ]; then
	faults=$(stat_of faults) retries=$(stat_of retries) leaves=$(leaves) unmaps=$(stat_of unmaps)
	done=$(lines 'worker .*verified') bad=0 n=0 before=$(stat_of reformats)
	change debugfs "${modes##* }" || bad=1
	while [ $n -lt $burst ]; do
		for to in $modes; do
			change debugfs "$to" || bad=1
			n=$((n + 1))
		done
	done
	n=$(($(stat_of reformats) - before))
	[ $bad = 0 ] && [ $n -ge $burst ]
	result $? "$burst changes in a row"
	goes_on
	result $? 'changes in a row: the guest goes on'
	fresh=$(($(leaves) - leaves)) unmapped=$(($(stat_of unmaps) - unmaps))
	faults=$(($(stat_of faults) - faults - $(stat_of retries) + retries))
	[ $((faults - fresh - unmapped)) -lt $n ]
	result $? 'changes in a row: they cause no faults'
	echo "# $n changes in a row, $(($(lines 'worker .*verified') - done)) rounds of the guest meanwhile; $faults faults, $fresh new" \
		"leaves, $unmapped unmaps"
else
	# The host has one format only. To set it again is no change, and other formats are refused.
	bad=0 before=$(stat_of reformats)
	for n in 1 2 3 4; do change set sv39x4 && change debugfs sv39x4 || bad=1; done
	for to in sv48x4 sv57x4; do
		! ./gstage set $pid $to >set.out 2>&1 || bad=1
		! echo $to 2>/dev/null >"$vm/gstage_mode" || bad=1
	done
	[ $bad = 0 ] && [ "$(stat_of reformats)" = "$before" ] && [ "$(cat "$vm/gstage_mode")" = sv39x4 ]
	result $? 'sv39x4: the only format can be set again, and others are refused'
	goes_on
	result $? 'sv39x4: the guest goes on'
fi

echo 1<>in # open for reading and writing, so that the shell does not wait for a reader
wait_lines 'loop ended' 0
result $? 'auto: the guest ends its work when it is told to'
summary=$(tr -d '\r' <out | sed -n "s/^gstage-guest: $name: loop ended: //p")
case $summary in '2 workers, '*' rounds, 0 wrong') true ;; *) false ;; esac
result $? 'auto: the guest has read no wrong value'
wait $pid
result $? 'auto: the guest powers off, and QEMU succeeds'
[ "$(cat $kvm/gstage_tables_live)" = 0 ]
result $? 'auto: no tables are left when QEMU has ended'
echo "1..$count"
echo "# $summary"
sed 's/^/# /' trouble
tr -d '\r' <out | grep -v 'verified$' | tail -n 40 | sed 's/^/# guest: /'
