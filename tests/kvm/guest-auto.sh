#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A real guest that knows nothing of it: Debian's kernel under Debian's QEMU, unmodified, starts in the narrowest format
# (`gstage exec --mode auto`) and is moved up and down between all formats of the host while it verifies its memory.
# QEMU's riscv virt machine cannot place memory above 2 TiB, neither by -m with maxmem nor by a pc-dimm, so that nothing
# makes this guest outgrow Sv39x4: growth by a memslot is shown with the tests' own VMM, by grow and reformat.

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

# wait_lines TEXT N: until the guest has printed more than N such lines, QEMU has ended, or it has been too long.
end=$(($(cut -d. -f1 /proc/uptime) + 230))
wait_lines() {
	until [ "$(lines "$1")" -gt "$2" ]; do
		kill -0 $pid 2>/dev/null || return 1
		[ "$(cut -d. -f1 /proc/uptime)" -lt $end ] || return 1
		usleep 50000
	done
}

# goes_on: each worker of the guest ends a round that it began after now. So it was in every format for a while.
goes_on() {
	one=$(lines 'worker 1 .*verified')
	two=$(lines 'worker 2 .*verified')
	wait_lines 'worker 1 .*verified' $((one + 1)) && wait_lines 'worker 2 .*verified' $((two + 1))
}

stat_of() { awk -v n="$1" '$1 == n { print $2 }' "$vm/gstage_stats"; }
leaves() { awk '/^leaves_/ { n += $2 } END { print n }' "$vm/gstage_stats"; }

# change WAY MODE: and is the VM in it then, as everyone says?
change() {
	case $1 in
	set) ./gstage set $pid "$2" >set.out 2>&1 || { cat set.out >>trouble; return 1; } ;;
	debugfs) echo "$2" >"$vm/gstage_mode" || return 1 ;;
	esac
	[ "$(cat "$vm/gstage_mode")" = "$2" ] || { echo "$1 $2: is in $(cat "$vm/gstage_mode")" >>trouble; return 1; }
}

: >trouble
wait_lines 'Linux' 0
result $? 'auto: userspace reached'
# QEMU makes and closes scratch VMs; the one that runs is the last.
vm=
for d in "$kvm/$pid"-*; do [ ! -d "$d" ] || vm=$d; done
[ "$(cat "$vm/gstage_mode")" = sv39x4 ] && [ "$(stat_of grow)" = 1 ] && [ "$(stat_of reformats)" -le 1 ]
result $? 'auto: it is in Sv39x4, and might grow'
case $(stat_of hgatp) in 0x8*) true ;; *) false ;; esac
result $? 'auto: hgatp has the MODE of Sv39x4'
wait_lines 'worker 1 .*verified' 1 && wait_lines 'worker 2 .*verified' 1
result $? 'auto: it works'
! grep -q 'CANNOT BE READ' out
result $? 'auto: user space reads the time on each vCPU'

# Each format to each other, by each of the two ways, with time to work in between.
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
result $? "$changes changes, and as many as KVM has counted"

# Many in a row, under a guest that has all the pages that it needs: more changes than faults that brought no new leaf.
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
	result $? 'changes in a row: no page faulted for them'
	echo "# $n changes in a row, $(($(lines 'worker .*verified') - done)) rounds of the guest meanwhile; $faults faults, $fresh new" \
		"leaves, $unmapped unmaps"
else
	# The only format there is: that is no change, and others are none.
	bad=0 before=$(stat_of reformats)
	for n in 1 2 3 4; do change set sv39x4 && change debugfs sv39x4 || bad=1; done
	for to in sv48x4 sv57x4; do
		! ./gstage set $pid $to >set.out 2>&1 || bad=1
		! echo $to 2>/dev/null >"$vm/gstage_mode" || bad=1
	done
	[ $bad = 0 ] && [ "$(stat_of reformats)" = "$before" ] && [ "$(cat "$vm/gstage_mode")" = sv39x4 ]
	result $? 'sv39x4: the same again works, and others do not'
	goes_on
	result $? 'sv39x4: the guest goes on'
fi

echo 1<>in # opened both ways, it waits for nobody
wait_lines 'loop ended' 0
result $? 'auto: told to, the guest ends its work'
summary=$(tr -d '\r' <out | sed -n "s/^gstage-guest: $name: loop ended: //p")
case $summary in '2 workers, '*' rounds, 0 wrong') true ;; *) false ;; esac
result $? 'auto: and has seen nothing wrong'
wait $pid
result $? 'auto: powered off in order'
[ "$(cat $kvm/gstage_tables_live)" = 0 ]
result $? 'auto: no table is left when it has ended'
echo "1..$count"
echo "# $summary"
sed 's/^/# /' trouble
tr -d '\r' <out | grep -v 'verified$' | tail -n 40 | sed 's/^/# guest: /'
