#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# fuzz.sh OUT SECONDS: fuzz each XLEN for SECONDS, starting from the corpus. New scripts go to OUT/new64 and
# OUT/new32. The exit status is 1 if a script fails; that script is kept.

out=$1
seconds=$2
failed=0
for xlen in 64 32; do
	new=$out/new$xlen
	log=$out/fuzz$xlen.log
	mkdir -p "$new"
	if "$out/fuzz$xlen/fuzz" -max_total_time="$seconds" -timeout=20 -max_len=192 -len_control=20 -print_final_stats=1 \
		-artifact_prefix="$out/" "$new" "corpus/xlen$xlen" >"$log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		cover=$(sed -n 's/.*\(cov: [0-9]* ft: [0-9]*\).*/\1/p' "$log" | tail -n 1)
		echo "XLEN $xlen: $runs scripts in $seconds s, none failed; $cover; $(find "$new" -type f | wc -l) kept"
	else
		failed=1
		grep -a -v '^#[0-9]' "$log" | tail -n 60
		echo "XLEN $xlen: a script failed:" "$out"/crash-* "$out"/timeout-*
		echo "Repeat it with: make -C tests/fuzz replay XLEN=$xlen SCRIPT=FILE"
	fi
done
exit $failed
