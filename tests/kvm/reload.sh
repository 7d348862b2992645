#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Unload the module and load it again, on a host with AIA. VMs must work each time. The stock module of 6.12 cannot be
# loaded again before the next boot (EBUSY): it frees the guest external interrupt while harts have it enabled.

# shellcheck source=tests/kvm/tap.sh
. ./tap.sh

grep -q smaia /proc/cpuinfo || grep -q ssaia /proc/cpuinfo
result $? 'the host has AIA'
for round in 1 2 3; do
	rmmod kvm
	result $? "round $round: the module can be unloaded"
	[ ! -e /dev/kvm ]
	result $? "round $round: there is no /dev/kvm then"
	insmod /lab/kvm.ko
	result $? "round $round: the module can be loaded again"
	./hgatp >hgatp.out
	result $? "round $round: VMs work, in each format"
done
! dmesg | grep -E 'WARNING|BUG|percpu IRQ'
result $? 'the kernel log has no warning'
echo "1..$count"
