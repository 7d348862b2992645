# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Run a real guest: Debian's kernel under Debian's QEMU, both unmodified. Sourced by tests: their with= in MANIFEST needs it.
# The caller has sourced tap.sh.

kvm=/sys/kernel/debug/kvm
tracing=/sys/kernel/tracing
# shellcheck disable=SC2034 # tests use it
thp=/sys/kernel/mm/transparent_hugepage
# The MiB of the guest's memory, and more of the guest's command line.
size=128
more=

# leaves SIZE: how many leaves of this size has the VM?
leaves() { awk -v n="leaves_$1" '$1 == n { print $2 }' "$vm/gstage_stats"; }
kib() { awk -v n="$1:" '$1 == n { print $2 }' "/proc/$pid/status"; }
traced() { cat $tracing/per_cpu/cpu*/stats | awk '/^(entries|overrun):/ { n += $2 } END { print n + 0 }'; }

# wait_line TEXT [N]: wait until the guest has printed TEXT, more than N times. Fails if QEMU ends or time is up.
wait_line() {
	end=$(($(cut -d. -f1 /proc/uptime) + 250))
	until [ "$(grep -c "^gstage-guest: align: $1" out)" -gt "${2:-0}" ]; do
		kill -0 "$pid" 2>/dev/null || return 1
		[ "$(cut -d. -f1 /proc/uptime)" -lt $end ] || return 1
		usleep 100000
	done
}

# mapped MIB: print the address in QEMU of the writable memory that has this size.
mapped() {
	awk -v size=$(($1 << 20)) '
		function value(s,   i, n) { n = 0; for (i = 1; i <= length(s); i++) n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1; return n }
		/ rw/ { split($1, a, "-"); if (value(a[2]) - value(a[1]) == size) { print a[1]; exit } }' "/proc/$pid/maps"
}

# multiple ADDRESS: is it a multiple of 2 MiB?
multiple() { case $1 in *[02468ace]00000) true ;; *) false ;; esac; }
aligned() { multiple "$ram"; }

# boot NAME [OPTION...] -- [QEMU OPTION...]: start a guest through gstage exec OPTION, or without it (none), and wait until it is up.
# Sets pid, vm, faults, and ram, the address of its memory in QEMU.
boot() {
	name=$1 gstage='./gstage exec'
	shift
	while [ "$1" != -- ]; do
		if [ "$1" = none ]; then gstage=''; else gstage="$gstage $1"; fi
		shift
	done
	shift
	started=$(cut -d. -f1 /proc/uptime)
	rm -f in
	mkfifo in
	echo >$tracing/trace
	(
		exec <>in
		# shellcheck disable=SC2086 # words
		exec $gstage ${gstage:+--} qemu-system-riscv64 -M virt -accel kvm -cpu host -smp 1 -m $size "$@" -nographic -nodefaults \
			-serial stdio -kernel /guest/Image -initrd /guest/initrd \
			-append "console=ttyS0 quiet panic=-1 gstage=align gstage_wait $more" -no-reboot
	) >out 2>&1 &
	pid=$!
	wait_line Linux
	result $? "$name: the guest reaches user space"
	faults=$(traced)
	vm=
	for d in "$kvm/$pid"-*; do [ ! -d "$d" ] || vm=$d; done
	ram=$(mapped "${size%%,*}")
	echo "# $name: up after $(($(cut -d. -f1 /proc/uptime) - started)) s, ram $ram, faults $faults, VmRSS $(kib VmRSS), VmSize $(kib VmSize), VmData $(kib VmData)" \
		"$([ "$GSTAGE_MODULE" = stock ] || echo "4K $(leaves 4k) 64K $(leaves 64k) 2M $(leaves 2m) 1G $(leaves 1g)" \
			"tables $(awk '$1 == "tables" { print $2 }' "$vm/gstage_stats")")"
}

stop() {
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
}
