#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# summary.sh TAP...: print what failed, and the counts in the last line.

for tap in "$@"; do
	if [ ! -s "$tap" ]; then
		echo "$tap is missing" >&2
		exit 1
	fi
done
passed=$(cat "$@" | grep -c '^ok ')
failed=$(cat "$@" | grep -c '^not ok ')
skipped=$(cat "$@" | grep -c '^\(not \)\{0,1\}ok [0-9]* # SKIP')
for tap in "$@"; do
	if grep -q '^not ok ' "$tap"; then
		echo "--- $tap"
		cat "$tap"
	fi
done
echo "tests/host: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
