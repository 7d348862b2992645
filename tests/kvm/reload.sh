#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The module is unloaded and loaded again, on a host with AIA: there the stock module of 6.12 fails with EBUSY until the next boot,
# because it gives back the interrupt of guest external interrupts while harts have it enabled. Each time a VM works after it.


# shellcheck source=tests/kvm/tap.sh
. ./tap.sh

grep -q smaia /proc/cpuinfo || grep -q ssaia /proc/cpuinfo
result $? 'the host has AIA'
for round in 1 2 3; do
	rmmod kvm
	result $? "round $round: the module goes"
	[ ! -e /dev/kvm ]
	result $? "round $round: and /dev/kvm with it"
	insmod /lab/kvm.ko
	result $? "round $round: and comes again"
	./hgatp >hgatp.out
	result $? "round $round: VMs work, in each format"
done
! dmesg | grep -E 'WARNING|BUG|percpu IRQ'
result $? 'without a warning'
echo "1..$count"
