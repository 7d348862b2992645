#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A hart goes offline and comes back while VMs run: three VMs that check their pages all the time (three-vms), and one
# whose format changes (reformat). The test passes if both programs pass.

cpu=/sys/devices/system/cpu/cpu1/online

# shellcheck source=tests/kvm/tap.sh
. ./tap.sh

[ "$(cat $cpu)" = 1 ]
result $? 'hart 1 is online, and can go offline'
./three-vms >three-vms.out 2>&1 &
three=$!
./reformat 10 >reformat.out 2>&1 &
reformat=$!
turns=0
while kill -0 $three 2>/dev/null || kill -0 $reformat 2>/dev/null; do
	{ echo 0 >$cpu && usleep 100000 && echo 1 >$cpu; } || break
	usleep 200000
	turns=$((turns + 1))
done
[ $turns -ge 2 ]
result $? 'hart 1 goes offline and comes back more than once'
echo "# it went offline $turns times"
for who in three-vms:$three reformat:$reformat; do
	wait "${who#*:}"
	# While one program runs, the other one finds tables at its end. So this ignores results about tables; the last
	# result below checks that none are left.
	grep -q '^1\.\.' "${who%:*}.out" && ! grep '^not ok' "${who%:*}.out" | grep -qv 'no tables are left'
	result $? "${who%:*} passes meanwhile"
	tail -n 5 "${who%:*}.out" | sed 's/^/# /'
done
[ "$(cat $cpu)" = 1 ]
result $? 'hart 1 is online at the end'
[ "$(cat /sys/kernel/debug/kvm/gstage_tables_live)" = 0 ]
result $? 'no tables are left'
echo "1..$count"
