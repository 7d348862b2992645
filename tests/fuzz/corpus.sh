#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# corpus.sh OUT: make a new corpus from the old one and the new scripts. It keeps as few scripts as needed to reach
# every branch, and the longest of the scripts that differ in how often branches are taken.

out=$1
longest=80
for xlen in 64 32; do
	new=$out/new$xlen
	corpus=corpus/xlen$xlen
	rm -rf "$out"/merged-*
	mkdir -p "$out/merged-edges" "$out/merged-states" "$new" "$corpus"
	: >"$out/merge.log"
	for how in edges states; do
		counters=$([ $how = states ] && echo 1 || echo 0)
		"$out/fuzz$xlen/fuzz" -set_cover_merge=1 -use_counters="$counters" -artifact_prefix="$out/" \
			"$out/merged-$how" "$corpus" "$new" >>"$out/merge.log" 2>&1 || {
			tail -n 40 "$out/merge.log"
			exit 1
		}
	done
	# Keep scripts written by hand even if others cover them: they find seeded bugs.
	find "$corpus" -type f ! -name 'hand-*' -delete
	{
		find "$out/merged-edges" -type f
		find "$out/merged-states" -type f -printf '%s %p\n' | sort -rn | head -n $longest | cut -d ' ' -f 2-
	} | while read -r script; do
		# The first letters of libFuzzer's names are enough to tell the scripts apart.
		cp "$script" "$corpus/$(basename "$script" | cut -c 1-12)"
	done
	echo "$corpus: $(find "$corpus" -type f | wc -l) scripts, $(cat "$corpus"/* | wc -c) bytes"
done
