#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# gstage_mode when the module loads: what it takes, and what it refuses with a message. For a host that has
# Sv39x4 and Sv48x4; loading takes a second or two each time.

file=/sys/module/kvm/parameters/gstage_mode

# shellcheck source=tests/kvm/tap.sh
. ./tap.sh

# said TEXT: has the kernel said so since the last time?
said() { dmesg -c | grep -q "$1"; }

dmesg -c >/dev/null
rmmod kvm
result $? 'the module can be unloaded'
for name in sv57x4 maxx; do
	! insmod /lab/kvm.ko "gstage_mode=$name" 2>/dev/null
	result $? "gstage_mode=$name: refused"
	said "gstage_mode.*\"$name\""
	result $? "gstage_mode=$name: with a message"
	[ ! -e $file ] && [ ! -e /dev/kvm ]
	result $? "gstage_mode=$name: nothing is left of it"
done
insmod /lab/kvm.ko gstage_mode=auto && [ "$(cat $file)" = auto ] && [ -c /dev/kvm ]
result $? 'gstage_mode=auto: taken'
rmmod kvm
result $? 'gstage_mode=auto: and the module can be unloaded'
insmod /lab/kvm.ko && [ "$(cat $file)" = max ]
result $? 'max where nothing is said'
echo "1..$count"
