#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Real guests: Debian's kernel under Debian's QEMU, both unmodified. There is one guest in each format of the host, and
# all run at the same time. Arguments, all optional: QEMU's -M, a word for the names of the results, and the formats.

machine=${1:-virt} what=${2:-plain}
kvm=/sys/kernel/debug/kvm
limit=340

# shellcheck source=tests/kvm/tap.sh
. ./tap.sh

case $GSTAGE_CPU in
sv39) modes='sv39x4' ;;
sv48) modes='sv39x4 sv48x4' ;;
*) modes='sv39x4 sv48x4 sv57x4' ;;
esac
modes=${3:-$modes}

mode_bits() {
	case $1 in
	sv39x4) echo 0x8 ;;
	sv48x4) echo 0x9 ;;
	sv57x4) echo 0xa ;;
	esac
}

# The guest in the widest format has hugetlbfs pages. The host has 64 of them. Another guest has transparent huge pages of a
# file. One guest has small pages, because gstage exec does not align its memory. guest-align.sh has anonymous huge pages.
hugetlb=${modes##* }
thp=
[ "${modes#* * }" = "$modes" ] || { thp=${modes#* }; thp=${thp%% *}; }
echo 64 >/proc/sys/vm/nr_hugepages
mkdir -p /thp
mount -t tmpfs -o huge=always none /thp

for m in $modes; do
	memory="-m 128" align=auto
	case $m in
	"$hugetlb") memory="$memory -object memory-backend-memfd,id=ram,size=128M,hugetlb=on -machine memory-backend=ram" ;;
	"$thp") memory="$memory -object memory-backend-file,id=ram,size=128M,mem-path=/thp/ram,share=on -machine memory-backend=ram" ;;
	*) align=off ;;
	esac
	mkfifo "$m.in"
	(
		exec <>"$m.in"
		# shellcheck disable=SC2086 # options are words
		exec ./gstage exec --mode "$m" --align=$align -- qemu-system-riscv64 -M "$machine" -accel kvm -cpu host -smp 2 \
			$memory -nographic -nodefaults -serial stdio -kernel /guest/Image -initrd /guest/initrd \
			-append "console=ttyS0 quiet panic=-1 gstage=$m gstage_wait" -no-reboot
	) >"$m.out" 2>&1 &
	echo $! >"$m.pid"
done

# wait_line MODE TEXT: wait until the guest has printed TEXT. Fails if QEMU ends or time is up.
end=$(($(cut -d. -f1 /proc/uptime) + limit))
wait_line() {
	until grep -q "^gstage-guest: $1: $2" "$1.out"; do
		kill -0 "$(cat "$1.pid")" 2>/dev/null || return 1
		[ "$(cut -d. -f1 /proc/uptime)" -lt $end ] || return 1
		usleep 100000
	done
}

stat_of() { awk -v n="$2" '$1 == n { print $2 }' "$1/gstage_stats"; }

for m in $modes; do
	wait_line "$m" Linux
	result $? "$what guest in $m: it reaches user space"
	# QEMU first creates and closes scratch VMs. The one that runs is the last.
	vm=
	for d in "$kvm/$(cat "$m.pid")"-*; do [ ! -d "$d" ] || vm=$d; done
	[ "$(cat "$vm/gstage_mode")" = "$m" ]
	result $? "$what guest in $m: gstage_mode in debugfs is $m"
	case $(stat_of "$vm" hgatp) in "$(mode_bits "$m")"*) true ;; *) false ;; esac
	result $? "$what guest in $m: hgatp has the MODE"
	tail -n 1 "$vm/gstage_check" | grep -qx 'violations 0'
	result $? "$what guest in $m: no invariant is violated"
	case $m in
	"$hugetlb" | "$thp")
		[ "$(stat_of "$vm" leaves_2m)" -gt 8 ]
		result $? "$what guest in $m: memory on $([ "$m" = "$thp" ] && echo THP || echo hugetlbfs) has 2 MiB leaves"
		;;
	esac
	# Open for reading and writing, so that the shell does not wait if QEMU has ended.
	echo go 1<>"$m.in"
done
for m in $modes; do
	wait_line "$m" 'memory verified'
	result $? "$what guest in $m: it verifies its memory"
	! grep -q 'CANNOT BE READ' "$m.out"
	result $? "$what guest in $m: user space reads the time on each vCPU"
	wait "$(cat "$m.pid")"
	result $? "$what guest in $m: it powers off, and QEMU succeeds"
done
[ "$(cat $kvm/gstage_tables_live)" = 0 ]
result $? "$what guests: no tables are left when they have ended"
echo 0 >/proc/sys/vm/nr_hugepages
umount /thp
echo "1..$count"
for m in $modes; do tr -d '\r' <"$m.out" | tail -n 6 | sed "s/^/# $m: /"; done
