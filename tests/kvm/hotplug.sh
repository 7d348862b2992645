#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A hart goes and comes while VMs run on it: three at once that check their own pages all the time, and one of which the
# format changes. None may see anything wrong: those programs' results are the results.

cpu=/sys/devices/system/cpu/cpu1/online

# shellcheck source=tests/kvm/tap.sh
. ./tap.sh

[ "$(cat $cpu)" = 1 ]
result $? 'there is a hart that can go'
./three-vms >three-vms.out 2>&1 &
three=$!
./reformat 10 >reformat.out 2>&1 &
reformat=$!
turns=0
while kill -0 $three 2>/dev/null || kill -0 $reformat 2>/dev/null; do
	echo 0 >$cpu && usleep 100000 && echo 1 >$cpu || break
	usleep 200000
	turns=$((turns + 1))
done
[ $turns -ge 2 ]
result $? 'it went and came again, more than once'
echo "# $turns times"
for who in three-vms:$three reformat:$reformat; do
	wait "${who#*:}"
	# While the other has VMs there are tables; the last result below looks when both are through.
	grep -q '^1\.\.' "${who%:*}.out" && ! grep '^not ok' "${who%:*}.out" | grep -qv 'tables'
	result $? "meanwhile ${who%:*} went as ever"
	tail -n 5 "${who%:*}.out" | sed 's/^/# /'
done
[ "$(cat $cpu)" = 1 ]
result $? 'it is there in the end'
[ "$(cat /sys/kernel/debug/kvm/gstage_tables_live)" = 0 ]
result $? 'no tables are left'
echo "1..$count"
