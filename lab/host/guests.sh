#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# guests.sh FORMAT...: the demonstration. It runs in the emulated host, starts a Linux guest in each G-stage format at the same
# time, and prints what KVM reports about them. This needs QEMU, the guests' kernel and initramfs, and the gstage command.

kvm=/sys/kernel/debug/kvm
limit=200
failed=0

now() { cut -d' ' -f1 /proc/uptime; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }
fail() { echo "FAILED: $*"; failed=1; }

# The serial port of a guest ends its lines with CR LF.
line() { tr -d '\r' <"$1.out" | grep -m1 "^gstage-guest: $1: $2"; }

stop_all() {
	for m in $modes; do kill -KILL "$(cat "$m.pid")" 2>/dev/null; done
}

modes=$*
start=$(now)
echo 128 >/proc/sys/vm/nr_hugepages
for m in $modes; do
	mkfifo "$m.in"
	# gstage exec aligns anonymous memory to 2 MiB, so leaves of 2 MiB map transparent huge pages of the host. One guest has its
	# memory from hugetlbfs.
	memory='' pages='transparent huge'
	if [ "$m" = sv48x4 ]; then
		memory='-M memory-backend=ram -object memory-backend-memfd,id=ram,size=256M,hugetlb=on,hugetlbsize=2M'
		pages='2 MiB'
	fi
	(
		# Open both ends, so that neither the guest nor this script blocks in open().
		exec <>"$m.in"
		# shellcheck disable=SC2086
		exec ./gstage exec --mode "$m" -- qemu-system-riscv64 -M virt -accel kvm -cpu host -m 256 -smp 1 $memory \
			-nographic -nodefaults -serial stdio -kernel /guest/Image -initrd /guest/initrd \
			-append "console=ttyS0 quiet panic=-1 gstage=$m gstage_wait" -no-reboot
	) >"$m.out" 2>&1 &
	echo $! >"$m.pid"
	echo "[$(since "$start") s] $m: guest started in $pages pages: gstage exec --mode $m -- qemu-system-riscv64 -accel kvm ..."
done

# Wait for the line that each guest's init prints.
waiting=$modes
while [ -n "$waiting" ]; do
	left=
	for m in $waiting; do
		if line "$m" "Linux .*hart(s)" >"$m.line"; then
			since "$start" >"$m.seconds"
			echo "[$(cat "$m.seconds") s] $m: guest userspace reached"
		elif ! kill -0 "$(cat "$m.pid")" 2>/dev/null; then
			fail "$m: QEMU ended before the guest reached userspace:"
			tail -n 15 "$m.out"
		else
			left="$left $m"
		fi
	done
	waiting=$left
	if [ -n "$waiting" ] && awk -v s="$(since "$start")" -v l=$limit 'BEGIN { exit s < l }'; then
		fail "no userspace after $limit s:$waiting"
		for m in $waiting; do tail -n 15 "$m.out"; done
		break
	fi
	[ -z "$waiting" ] || usleep 100000
done
[ "$failed" = 0 ] || { stop_all; exit 1; }

# All guests are up. Print what KVM reports about them.
echo
printf '%-10s %-7s %4s  %-18s %6s %8s %7s %6s %6s %7s %9s %9s %7s\n' \
	VM mode GPA 'hgatp as loaded' tables bytes '4 KiB' '2 MiB' '1 GiB' faults 'PTE reads' 'PTE reads' seconds
printf '%-10s %-7s %4s  %-18s %6s %8s %7s %6s %6s %7s %9s %9s %7s\n' \
	'' '' bits '' live '' leaves leaves leaves '' 'Sv39 gst.' 'Sv57 gst.' 'to user'
for m in $modes; do
	dir=
	for d in "$kvm/$(cat "$m.pid")"-*; do [ ! -f "$d/gstage_stats" ] || dir=$d; done
	if [ -z "$dir" ]; then
		fail "$m: no VM of process $(cat "$m.pid") with gstage_stats in $kvm"
		continue
	fi
	mode=$(cat "$dir/gstage_mode")
	[ "$mode" = "$m" ] || fail "the VM is in $mode, and not in $m"
	awk -v vm="${dir##*/}" -v mode="$mode" -v seconds="$(cat "$m.seconds")" '
		# All levels of the G-stage translate the address of each PTE of the guest, and its final address.
		function reads(guest, g) { return (guest + 1) * (g + 1) - 1 }
		{ v[$1] = $2 }
		END {
			levels["sv39x4"] = 3; levels["sv48x4"] = 4; levels["sv57x4"] = 5
			g = levels[mode]
			printf "%-10s %-7s %4s  %-18s %6s %8s %7s %6s %6s %7s %9s %9s %7s\n", vm, mode, v["gpa_bits"], v["hgatp"],
				v["tables"], v["table_bytes"], v["leaves_4k"], v["leaves_2m"], v["leaves_1g"], v["faults"],
				reads(3, g), reads(5, g), seconds
			exit v["leaves_2m"] < 20
		}' "$dir/gstage_stats" || fail "$m: the guest has few leaves of 2 MiB"
done

# Let the guests go on to their end.
for m in $modes; do echo go 1<>"$m.in"; done
for m in $modes; do
	pid=$(cat "$m.pid")
	n=0
	while kill -0 "$pid" 2>/dev/null && [ $n -lt 300 ]; do usleep 100000; n=$((n + 1)); done
	line "$m" 'memory verified' >"$m.verified" || fail "$m: the guest did not verify its memory"
done
stop_all

echo
echo "What the guests' own init printed:"
for m in $modes; do sed 's/^/  /' "$m.line" "$m.verified"; done
echo
n=0
while live=$(cat $kvm/gstage_tables_live) && [ "$live" != 0 ] && [ $n -lt 20 ]; do usleep 100000; n=$((n + 1)); done
echo "G-stage tables live after the last VM has ended: $live"
[ "$live" = 0 ] || fail "tables are leaked"
exit $failed
