#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# guest-memory [giga]: more kinds of memory that `gstage exec` aligns for a real guest: room for hot-plugged memory, memory that QEMU
# gets while the guest runs, and two nodes. With giga: huge pages of 1 GiB, and memory of 1 GiB. guest-align has each backend.

# shellcheck source=tests/kvm/tap.sh
. ./tap.sh
# shellcheck source=tests/kvm/qemu.sh
. ./qemu.sh

gigantic=/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages

# large NAME: the memory is aligned, and large leaves map it.
large() {
	aligned
	result $? "$1: the address of its memory is a multiple of 2 MiB"
	[ "$(leaves 2m)" -ge 20 ] && [ "$(leaves 4k)" -le 1024 ]
	result $? "$1: 2 MiB leaves map it ($(leaves 2m), and $(leaves 4k) of 4 KiB)"
}

# in_json SIZE: the same number, as `gstage show --json` has it.
in_json() { ./gstage show --json $pid | tr -d ' \n' | sed -n "s/.*\"leaves\":{[^}]*\"$1\":\([0-9]*\).*/\1/p"; }

was=$(sed 's/.*\[\(.*\)\].*/\1/' $thp/enabled)
echo always >$thp/enabled

if [ "${1-}" = giga ]; then
	echo 1 >$gigantic
	if [ "$(cat $gigantic)" = 1 ]; then
		size=1024
		boot 'hugetlbfs of 1 GiB' -- -object memory-backend-memfd,id=ram,size=1G,hugetlb=on,hugetlbsize=1G \
			-machine memory-backend=ram
		[ "$(leaves 1g)" = 1 ] && [ "$(leaves 2m)" = 0 ] && [ "$(leaves 4k)" -le 16 ]
		result $? "hugetlbfs of 1 GiB: one leaf maps all memory ($(leaves 1g), and $(leaves 4k) of 4 KiB)"
		echo go 1<>in
		wait_line 'memory verified'
		result $? 'hugetlbfs of 1 GiB: the guest verifies its memory'
		wait $pid
		echo 0 >$gigantic
	else
		echo "ok $((count += 1)) - hugetlbfs of 1 GiB # SKIP the host has no free page of 1 GiB"
	fi
	size=1024
	boot '1 GiB of transparent huge pages' --
	case $ram in *[048c]0000000) true ;; *) false ;; esac
	result $? "1 GiB of transparent huge pages: the address is a multiple of 1 GiB ($ram)"
	large '1 GiB of transparent huge pages'
	stop
	boot 'QEMU alone' none --
	! aligned && [ "$(leaves 2m)" = 0 ]
	result $? 'QEMU alone: neither, so this test can fail'
	stop
	echo "$was" >$thp/enabled
	echo "1..$count"
	exit
fi

# The guests' memory can grow by a device only, and this QEMU has none for RISC-V. If it gets one, this test must plug it.
qemu-system-riscv64 -M virt -device help 2>&1 | grep -E '^name "(pc-dimm|virtio-mem)' >devices
is "QEMU's virt machine has neither pc-dimm nor virtio-mem" "$(cat devices)" ''

mkfifo mon.in mon.out
cat mon.out >mon.log &
size=128,slots=2,maxmem=1G
boot 'room for more' -- -chardev pipe,id=mon,path=mon -mon mon,mode=readline
large 'room for more'
least=$(leaves 2m) json=$(in_json 2M)
[ "$json" -ge "$least" ] && [ "$json" -le "$(leaves 2m)" ]
result $? "gstage show --json has the same leaves ($json)"
echo 'object_add memory-backend-ram,id=more,size=48M,prealloc=on' 1<>mon.in
n=0
until more_ram=$(mapped 48) && [ "$more_ram" ]; do
	n=$((n + 1))
	[ $n -lt 300 ] || break
	usleep 100000
done
multiple "$more_ram"
result $? "memory of 48 MiB that QEMU gets while the guest runs is aligned ($more_ram)"
stop
size=128

boot 'two nodes' -- -smp 2 -object memory-backend-ram,id=a,size=50M -object memory-backend-ram,id=b,size=78M \
	-numa node,memdev=a,cpus=0 -numa node,memdev=b,cpus=1
for n in 50 78; do
	multiple "$(mapped $n)"
	result $? "two nodes: the address of the node of $n MiB is a multiple of 2 MiB"
done
[ "$(leaves 2m)" -ge 20 ] && [ "$(leaves 4k)" -le 1024 ]
result $? "two nodes: 2 MiB leaves map memory ($(leaves 2m), and $(leaves 4k) of 4 KiB)"
stop

echo "$was" >$thp/enabled
echo "1..$count"
