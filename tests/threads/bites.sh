#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# bites.sh OUT: show that each test fails if the engine or its embedder has a bug.

out=$1
n=0

# bites NAME FORMATS PROGRAM [ARGS...]: the program must fail, in at least FORMATS formats unless it crashes before.
bites()
{
	name=$1
	formats=$2
	shift 2
	n=$((n + 1))
	log=$out/bites-$n.log
	if timeout 120 "$@" >"$log" 2>&1; then
		status=0
	else
		status=$?
	fi
	failed=$(grep -c '^not ok .*: \(no update\|one operation\)' "$log")
	by=$(sed -n 's/^# \(.*\)/\1/p' "$log" | head -n 1)
	if grep -q 'ERROR: AddressSanitizer' "$log"; then
		by=$(sed -n 's/.*ERROR: \(AddressSanitizer: [a-z-]*\).*/\1/p' "$log" | head -n 1)
		formats=0
	elif [ "$status" -ge 128 ]; then
		formats=0
	fi
	if [ "$status" -ne 0 ] && [ "$failed" -ge "$formats" ] && [ -n "$by" ]; then
		echo "ok $n - $name is caught ($by)"
	else
		sed 's/^/# /' "$log"
		echo "not ok $n - $name is caught: status $status, $failed formats"
	fi
}

echo 1..3
bites 'LOST_UPDATE with one operation inside another' 3 "$out/lost64/test_interleave"
bites 'LOST_UPDATE with many threads' 3 "$out/lost64/test_storm" 10000
bites 'a table freed without a grace period' 3 "$out/asan64/test_storm" 10000 nograce
