#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# corpus.sh OUT: make the corpus anew out of itself and of what was found: the smallest that covers
# as much.

out=$1
for xlen in 64 32; do
	merged=$out/merged$xlen
	rm -rf "$merged"
	mkdir -p "$merged" "$out/new$xlen" "corpus/xlen$xlen"
	"$out/fuzz$xlen/fuzz" -merge=1 -use_counters=0 -max_len=192 -artifact_prefix="$out/" "$merged" "corpus/xlen$xlen" \
		"$out/new$xlen" >"$out/merge$xlen.log" 2>&1 || {
		tail -n 40 "$out/merge$xlen.log"
		exit 1
	}
	rm -rf "corpus/xlen$xlen"
	mkdir -p "corpus/xlen$xlen"
	# The first bytes of libFuzzer's own names tell them apart.
	for script in "$merged"/*; do
		name=$(basename "$script" | cut -c 1-12)
		cp "$script" "corpus/xlen$xlen/$name"
	done
	echo "corpus/xlen$xlen: $(find "corpus/xlen$xlen" -type f | wc -l) scripts," \
		"$(cat "corpus/xlen$xlen"/* | wc -c) bytes"
done
