#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The parameter gstage_mode when the module is loaded: right values are accepted, wrong ones are refused with a message.
# The host must have Sv39x4 and Sv48x4 only.

file=/sys/module/kvm/parameters/gstage_mode

# shellcheck source=tests/kvm/tap.sh
. ./tap.sh

# said TEXT: does the kernel log have TEXT since the last call?
said() { dmesg -c | grep -q "$1"; }

dmesg -c >/dev/null
rmmod kvm
result $? 'the module can be unloaded'
for name in sv57x4 maxx; do
	! insmod /lab/kvm.ko "gstage_mode=$name" 2>/dev/null
	result $? "gstage_mode=$name: the module does not load"
	said "gstage_mode.*\"$name\""
	result $? "gstage_mode=$name: the kernel log says why"
	[ ! -e $file ] && [ ! -e /dev/kvm ]
	result $? "gstage_mode=$name: there is no parameter and no /dev/kvm"
done
insmod /lab/kvm.ko gstage_mode=auto && [ "$(cat $file)" = auto ] && [ -c /dev/kvm ]
result $? 'gstage_mode=auto: the module loads'
rmmod kvm
result $? 'gstage_mode=auto: the module can be unloaded'
insmod /lab/kvm.ko && [ "$(cat $file)" = max ]
result $? 'without gstage_mode= the parameter is max'
echo "1..$count"
