#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# report.sh OUT TAP: print the table of what was executed, and decide whether it is enough.

out=$1
tap=$2
gcov=${GCOV:-gcov}
for tool in jq "$gcov"; do
	command -v "$tool" >/dev/null || {
		echo "make coverage needs jq and gcov: $tool is not installed" >&2
		exit 1
	}
done

# Write one line for each function, line and branch of each object: kind, file, line, number, count.
find "$out" -name '*.gcda' -printf '%h\n' | sort -u | while read -r dir; do
	"$gcov" --json-format --branch-probabilities --stdout -o "$dir" "$dir"/*.gcda 2>/dev/null
done | jq -r '.files[] | .file as $file
	| select($file | test("/engine/[a-z]*[.][ch]$"))
	| ((.functions[] | ["f", $file, .start_line, .name, .execution_count]),
	   (.lines[] | .line_number as $line
	    | ["l", $file, $line, 0, .count],
	      ((.branches | length) as $n | .branches | to_entries[]
	       | ["b", $file, $line, "\($n)/\(.key)", .value.count])))
	| @tsv' | sed 's#[^	]*/engine/#engine/#' >"$out/counts.tsv"

awk -f report.awk gaps "$out/counts.tsv" >"$out/report"
status=$?
cat "$out/report"
{
	echo 1..1
	[ $status -eq 0 ] || printf 'not '
	echo 'ok 1 - the tests cover enough of engine/'
	sed 's/^/# /' "$out/report"
} >"$tap"
exit $status
