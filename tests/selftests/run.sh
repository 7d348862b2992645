#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run.sh: in the emulated host, run the kernel's KVM selftests of LIST-$GSTAGE_KERNEL, and compare the results with the listed
# results of the stock module. Prints TAP.

LIST=LIST-$GSTAGE_KERNEL

# Check this here, because get-reg-list of 6.12 passes without /dev/kvm.
[ -c /dev/kvm ] || { echo "Bail out! there is no /dev/kvm"; exit 1; }
# Tests with hugetlb need these pages.
echo 128 >/proc/sys/vm/nr_hugepages
# One test makes a memory cgroup.
echo +memory >/sys/fs/cgroup/cgroup.subtree_control

n=0
failed=0

# result OK TEXT: print a result. If it is not ok, print the output of the program, too.
result() {
	n=$((n + 1))
	echo "$1 $n - selftests: $2"
	[ "$1" = ok ] || { failed=1; tail -n 30 /tmp/out | sed 's/^/# /'; }
}

while read -r limit stock test; do
	case $limit in '#'* | - | '') continue ;; esac
	name="$test ($GSTAGE_MODULE)"
	case $limit in
	*"@$GSTAGE_CPU") limit=${limit%@*} ;;
	*@*)
		result ok "$name # SKIP only on ${limit#*@}: see $LIST"
		continue ;;
	esac
	start=$(cut -d. -f1 /proc/uptime)
	# Run the test in its own session, to kill its children, too. They would slow down the next tests.
	# shellcheck disable=SC2086 # the arguments are words
	setsid timeout -s KILL "$limit" ./$test >/tmp/out 2>&1 </dev/null &
	session=$!
	wait $session
	status=$?
	kill -KILL -$session 2>/dev/null
	case $status in
	0) is=pass ;;
	4) is=skip ;;
	*) is=fail ;;
	esac
	echo "# $test: $is, status $status, $(($(cut -d. -f1 /proc/uptime) - start)) s"
	case $GSTAGE_MODULE:$stock:$is in
	*:skip:skip | gstage*:fail:skip) result ok "$name # SKIP $(tail -n 1 /tmp/out)" ;;
	stock:fail:fail) result ok "$name fails, as listed" ;;
	gstage*:fail:fail) result ok "$name # SKIP fails with the stock module too" ;;
	stock:pass:pass | gstage*:*:pass) result ok "$name" ;;
	stock:*) result 'not ok' "$name: $is, status $status; $LIST says $stock" ;;
	*) result 'not ok' "$name: $is, status $status; $LIST says $stock for the stock module" ;;
	esac
done <"$LIST"
echo "1..$n"
exit $failed
