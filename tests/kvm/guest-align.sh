#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A real guest whose memory `gstage exec` aligns: Debian's kernel under Debian's QEMU, both unmodified, with each kind of
# memory that QEMU has. The module is gstage's or the stock one, and nobody chooses a format. gstage counts its leaves. The
# stock module counts nothing, so the test counts G-stage faults there, with the tracepoint kvm_exit, which both have.

# shellcheck source=tests/kvm/tap.sh
. ./tap.sh
# shellcheck source=tests/kvm/qemu.sh
. ./qemu.sh

# large NAME: check that the memory is aligned, and that large leaves map it.
large() {
	aligned
	result $? "$1: the address of its memory is a multiple of 2 MiB"
	if [ "$GSTAGE_MODULE" = stock ]; then
		[ "$faults" -lt $((small / 10)) ]
		result $? "$1: less than a tenth of the faults ($faults of $small)"
	else
		[ "$(leaves 2m)" -ge 16 ] && [ "$(leaves 4k)" -le 1024 ]
		result $? "$1: 2 MiB leaves map it ($(leaves 2m), and $(leaves 4k) of 4 KiB)"
	fi
}

echo 'scause >= 20 && scause <= 23' >$tracing/events/kvm/kvm_exit/filter
echo 1 >$tracing/events/kvm/kvm_exit/enable
mkdir -p /thp
mount -t tmpfs -o huge=always none /thp
was=$(sed 's/.*\[\(.*\)\].*/\1/' $thp/enabled)

echo always >$thp/enabled
boot 'QEMU alone' none --
small=$faults rss=$(kib VmRSS) virtual=$(kib VmSize)
! aligned
result $? 'QEMU alone: it does not align memory, so this test can fail'
if [ "$GSTAGE_MODULE" != stock ]; then
	[ "$(leaves 2m)" = 0 ] && [ "$(leaves 4k)" -gt 4096 ]
	result $? 'QEMU alone: leaves of 4 KiB map it'
	./gstage explain $pid >explain.out
	grep -q '^0x80000000 .* unaligned$' explain.out
	result $? 'QEMU alone: gstage explain says that the memory is not aligned'
	sed 's/^/# /' explain.out
fi
stop

boot anonymous --
large anonymous
# A huge page is there as a whole. The guest does not use all of it.
[ "$(kib VmSize)" -le $((virtual + 4096)) ] && [ "$(kib VmRSS)" -le $((rss + 40960)) ]
result $? "anonymous: QEMU does not grow but by huge pages ($rss to $(kib VmRSS) KiB resident, $virtual to $(kib VmSize) KiB in all)"
echo go 1<>in
wait_line 'memory verified'
result $? 'anonymous: the guest verifies its memory'
wait $pid
result $? 'anonymous: it powers off, and QEMU succeeds'

echo madvise >$thp/enabled
boot madvise -- -object memory-backend-ram,id=ram,size=${size}M -machine memory-backend=ram
large madvise
stop
echo always >$thp/enabled

echo advise >$thp/shmem_enabled
boot memfd -- -object memory-backend-memfd,id=ram,size=${size}M,share=on -machine memory-backend=ram
large memfd
stop
echo never >$thp/shmem_enabled
boot file -- -object memory-backend-file,id=ram,size=${size}M,mem-path=/thp/ram,share=on -machine memory-backend=ram
large file
stop

if [ "$GSTAGE_MODULE" != stock ]; then
	boot off --align=off --mode=max --
	! aligned
	result $? 'off: memory is not aligned'
	stop
fi

echo 0 >$tracing/events/kvm/kvm_exit/enable
echo "$was" >$thp/enabled
umount /thp
echo "1..$count"
