#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# guest.sh: boot a real guest to its user space: Debian's kernel under Debian's QEMU, both unmodified. It runs in the emulated host.
# With gstage it boots the guest in each format. With the stock module it boots the guest once, in the module's only format, and each
# format of gstage is compared with that. It prints lines in the form of compare.c.
#
# The tracepoint kvm_exit, which both modules have, counts G-stage faults: exits with the causes of a guest page fault.

kvm=/sys/kernel/debug/kvm
tracing=/sys/kernel/tracing
policy=/sys/module/kvm/parameters/gstage_mode
event=$tracing/events/kvm/kvm_exit

die() { echo "guest.sh: $*"; exit 1; }

now_ns() { sed -n 's/^now at \([0-9]*\) nsecs$/\1/p' /proc/timer_list; }
traced() { cat $tracing/per_cpu/cpu*/stats | awk '/^(entries|overrun):/ { n += $2 } END { print n + 0 }'; }
figure() {
	printf 'guest-%s-%s\t0\t\t%s\t%s\tDebian guest under QEMU, start to userspace, %s\n' "$1" "$mode" "$2" "$3" "$4"
}

# boot: run a guest until it reports that it has reached user space, and then end it. Sets ns, faults, exits and tables.
boot() {
	rm -f guest.in guest.out
	mkfifo guest.in guest.out
	exec 5<>guest.in
	echo >$tracing/trace
	start=$(now_ns)
	qemu-system-riscv64 -M virt -accel kvm -cpu host -smp 1 -m 128 -nographic -nodefaults -serial stdio -kernel /guest/Image \
		-initrd /guest/initrd -append 'console=ttyS0 quiet panic=-1 gstage=bench gstage_wait' -no-reboot <&5 >guest.out 2>&1 &
	pid=$!
	exec 6<guest.out
	reached=
	while read -r line <&6; do
		case $line in "gstage-guest: bench: Linux "*) reached=yes; break ;; esac
		last=$line
	done
	ns=$(($(now_ns) - start))
	[ "$reached" ] || die "the guest did not reach its userspace: $last"
	faults=$(traced)
	# QEMU makes and closes scratch VMs first: the guest's VM is the last one.
	for d in "$kvm/$pid"-*; do [ ! -d "$d" ] || vm=$d; done
	exits=$(cat "$vm/exits")
	tables=$(awk '$1 == "table_bytes" { print $2 / 1024 }' "$vm/gstage_stats" 2>/dev/null)
	is=$(cat "$vm/gstage_mode" 2>/dev/null)
	kill -KILL $pid
	wait $pid 2>/dev/null
	exec 5<&- 6<&-
	[ "$faults" -gt 0 ] || die "no fault was traced"
}

# report MODE: print the figures of the last boot, to be compared with gstage in MODE.
report() {
	mode=$1
	figure ms ms "$(awk -v ns="$ns" 'BEGIN { printf "%.6f", ns / 1e6 }')" "gstage in $mode"
	figure faults '' "$faults" "gstage in $mode: G-stage faults"
	figure exits '' "$exits" "gstage in $mode: exits to KVM"
	[ -z "$tables" ] || figure tables KiB "$tables" "gstage in $mode: its tables"
}

echo 'scause >= 20 && scause <= 23' >$event/filter || die "no filter for $event"
echo 1 >$event/enable
if [ "$GSTAGE_MODULE" = stock ]; then
	boot
	for m in sv39x4 sv48x4 sv57x4; do report $m; done
else
	for m in sv39x4 sv48x4 sv57x4; do
		echo $m >$policy || die "$policy does not take $m"
		boot
		[ "$is" = $m ] || die "the guest is in $is, not in $m"
		report $m
	done
fi
echo 0 >$event/enable
