#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# summary.sh TAP RESULT...: write the results of prove.sh as TAP, and print them as a table. A proof without a
# result has failed.

tap=$1
shift
mkdir -p "$(dirname "$tap")"

for result in "$@"; do
	[ -s "$result" ] || printf 'not ok\t%s\t-\t-\t0\thas no result\n' "$(basename "$result" .result)" >"$result"
done

awk -F '\t' -v n=$# 'BEGIN { print "1.." n }
{
	printf "%s %d - harness %s%s\n", $1, NR, $2, $6 == "" ? "" : ": " $6
	printf "# %s, %s properties, %s s\n", $3, $4, $5
}' "$@" >"$tap"

awk -F '\t' 'BEGIN { printf "%-32s %-16s %10s %8s  %s\n", "harness", "geometry", "properties", "seconds", "result" }
{
	printf "%-32s %-16s %10s %8s  %s%s\n", $2, $3, $4, $5, $1, $6 == "" ? "" : ": " $6
	seconds += $5
	failed += $1 != "ok"
}
END {
	printf "%d ok, %d not ok, %d seconds of one processor\n", NR - failed, failed, seconds
	exit failed > 0
}' "$@"
