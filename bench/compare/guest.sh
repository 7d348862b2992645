#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# guest.sh [loads]: boot a real guest to its user space: Debian's kernel under Debian's QEMU, both unmodified. It runs in the emulated
# host. With the stock module it boots the guest once, and each way of gstage is compared with that: in each format, as unmodified
# QEMU is started today, and through `gstage exec`. With loads, the guest then loads from random addresses of 256 MiB, and the time
# of these loads is measured in place of the way to user space. It prints lines in the form of compare.c.
#
# The tracepoint kvm_exit, which both modules have, counts G-stage faults: exits with the causes of a guest page fault. An access to a
# device has such a cause, too: the guest prints by them. Those that the VMM answers are counted by KVM.

kvm=/sys/kernel/debug/kvm
tracing=/sys/kernel/tracing
policy=/sys/module/kvm/parameters/gstage_mode
event=$tracing/events/kvm/kvm_exit
through_gstage='./gstage exec --mode auto --'

die() { echo "guest.sh: $*"; exit 1; }

now_ns() { sed -n 's/^now at \([0-9]*\) nsecs$/\1/p' /proc/timer_list; }
traced() { cat $tracing/per_cpu/cpu*/stats | awk '/^(entries|overrun):/ { n += $2 } END { print n + 0 }'; }
figure() {
	printf 'guest-%s-%s\t0\t\t%s\t%s\tDebian guest under QEMU, start to userspace, %s\n' "$1" "$mode" "$2" "$3" "$4"
}
stat_of() { awk -v n="$1" '$1 == n { print $2 }' "$vm/gstage_stats" 2>/dev/null; }

# boot MIB [COMMAND...]: run a guest, with COMMAND in front of QEMU, until it reports that it has reached user space. Sets ns, faults,
# exits, devices and tables. The guest then waits for commands on descriptor 5, and prints to descriptor 6.
boot() {
	memory=$1
	shift
	rm -f guest.in guest.out
	mkfifo guest.in guest.out
	exec 5<>guest.in
	echo >$tracing/trace
	start=$(now_ns)
	"$@" qemu-system-riscv64 -M virt -accel kvm -cpu host -smp 1 -m "$memory" -nographic -nodefaults -serial stdio \
		-kernel /guest/Image -initrd /guest/initrd -append 'console=ttyS0 quiet panic=-1 gstage=bench gstage_commands' \
		-no-reboot <&5 >guest.out 2>&1 &
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
	devices=$(($(cat "$vm/mmio_exit_user") + $(cat "$vm/mmio_exit_kernel")))
	tables=$(stat_of table_bytes)
	is=$(cat "$vm/gstage_mode" 2>/dev/null)
	[ "$faults" -gt 0 ] || die "no fault was traced"
}

stop() {
	kill -KILL $pid
	wait $pid 2>/dev/null
	exec 5<&- 6<&-
}

# in_mode MODE: fail unless the guest of the last `boot` has this mode.
in_mode() { [ "$is" = "$1" ] || die "the guest is in $is, not in $1"; }

# report KEY TEXT: print the figures of the last boot.
report() {
	mode=$1
	figure ms ms "$(awk -v ns="$ns" 'BEGIN { printf "%.6f", ns / 1e6 }')" "$2"
	figure faults '' "$faults" "$2: G-stage faults"
	figure memory '' $((faults - devices)) "$2: G-stage faults without accesses to devices"
	figure exits '' "$exits" "$2: exits to KVM"
	[ -z "$tables" ] || figure tables KiB $((tables / 1024)) "$2: its tables"
}

# run_loads: let the guest load, and set fastest and median to the time of a load in these runs, in ns.
run_loads() {
	fastest='' median=''
	echo 'guest-memory loads 256 1000' >&5
	while read -r line <&6; do
		case $line in
		"guest-memory: a load from "*)
			fastest=${line#*fastest }
			fastest=${fastest%% ns*}
			median=${line#*median }
			median=${median%% ns*} ;;
		"gstage-guest: bench: command ended: "*) break ;;
		esac
	done
	[ "$median" ] || die "the loads have no result: $line"
}

# report_loads KEY TEXT
report_loads() {
	label="Debian guest under QEMU, a random load from 256 MiB, $2"
	printf 'loads-%s\t0\t\tns\t%s\t%s\n' "$1" "$fastest" "$label: the fastest run" \
		"median-$1" "$median" "$label: the median run"
}

unmodified='as unmodified QEMU is started today' through='through gstage exec'
echo 'scause >= 20 && scause <= 23' >$event/filter || die "no filter for $event"
echo 1 >$event/enable
case $GSTAGE_MODULE:${1-} in
stock:loads)
	boot 512
	run_loads
	stop
	report_loads unmodified "$unmodified"
	report_loads exec "$through" ;;
*:loads)
	boot 512
	run_loads
	stop
	report_loads unmodified "$unmodified"
	# shellcheck disable=SC2086 # words
	boot 512 $through_gstage
	run_loads
	stop
	in_mode sv39x4
	report_loads exec "$through" ;;
stock:)
	boot 128
	stop
	for m in sv39x4 sv48x4 sv57x4; do report $m "gstage in $m"; done
	report unmodified "$unmodified"
	report exec "$through" ;;
*)
	for m in sv39x4 sv48x4 sv57x4; do
		echo $m >$policy || die "$policy does not take $m"
		boot 128
		stop
		in_mode $m
		report $m "gstage in $m"
	done
	echo max >$policy || die "$policy does not take max"
	boot 128
	stop
	report unmodified "$unmodified"
	without=$((faults - devices))
	# shellcheck disable=SC2086 # words
	boot 128 $through_gstage
	stop
	in_mode sv39x4
	report exec "$through"
	figure share '%' "$(awk -v a=$((faults - devices)) -v b="$without" 'BEGIN { printf "%.3f", 100 * a / b }')" \
		"$through: G-stage faults without accesses to devices, as a share of those of gstage without it" ;;
esac
echo 0 >$event/enable
