#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The module does not load on a host whose PTEs have memory attributes that are not those of Svpbmt. A parameter of the test
# build plays such a host.

# shellcheck source=tests/kvm/tap.sh
. ./tap.sh

dmesg -c >/dev/null
rmmod kvm
result $? 'the module can be unloaded'
# The attributes of XTheadMae are in bits 63 to 59.
! insmod /lab/kvm.ko test_attributes=0xf800000000000000 2>/dev/null
result $? 'the module does not load on a host with XTheadMae'
dmesg | grep -q 'memory attributes 0xf800000000000000 that are not Svpbmt'
result $? 'the kernel log says why'
[ ! -e /dev/kvm ]
result $? 'there is no /dev/kvm'
insmod /lab/kvm.ko test_attributes=0x6000000000000000 && [ -c /dev/kvm ]
result $? 'the module loads on a host with Svpbmt'
echo "1..$count"
