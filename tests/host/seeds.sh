#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# seeds.sh DIR/NAME/PROGRAM...: show that the random or the interleaved operations fail on an engine that has the
# seeded bug NAME compiled in.

n=0
echo "1..$#"
for program in "$@"; do
	n=$((n + 1))
	seed=$(basename "$(dirname "$program")")
	GST_SEED_START=1 GST_STEPS=5000 "$program" >"$program.log" 2>&1
	status=$?
	by=$(sed -n 's/^# caught by \([^:]*\):.*/\1/p' "$program.log" | sort -u | paste -sd, | sed 's/,/, /g')
	if [ -z "$by" ] && grep -q 'AddressSanitizer' "$program.log"; then
		by=AddressSanitizer
	fi
	# The test must fail for each format.
	if [ "$status" -ne 0 ] && [ -n "$by" ] && ! grep -q '^ok ' "$program.log"; then
		echo "ok $n - seeded bug $seed is caught (by $by)"
	else
		sed 's/^/# /' "$program.log"
		echo "not ok $n - seeded bug $seed is caught"
	fi
done
