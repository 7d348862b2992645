#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# measure.sh OUT GCC: build the tests so that the engine counts what it executes, and run them.

out=$1
gcc=$2
jobs=$(nproc 2>/dev/null || echo 2)
set -e

# Build without sanitizers, because their branches would be counted, too.
build()
{
	dir=$1
	shift
	make -s -j"$jobs" -C "../$dir" CC="$PWD/cc" CFLAGS='-O1 -g -Wno-error' OUT="$out/$dir" \
		SANITIZE= TSAN= ASAN= "$@" >"$out/build-$dir.log" 2>&1 || {
		cat "$out/build-$dir.log"
		exit 1
	}
}

COVERAGE_GCC=$gcc
export COVERAGE_GCC
build host all
build fuzz all
COVERAGE_FLAGS=-fprofile-update=atomic
export COVERAGE_FLAGS
build threads "$out/threads/tsan64/test_storm" "$out/threads/tsan32/test_storm" \
	"$out/threads/asan64/test_interleave" "$out/threads/asan32/test_interleave"
find "$out" -name '*.gcda' -delete

failed=0
run()
{
	log=$out/run.log
	"$@" >"$log" 2>&1 || {
		cat "$log"
		echo "failed: $*"
		failed=1
	}
}

# A few random operations are enough: more would reach no other code.
GST_STEPS=2000
export GST_STEPS
for program in "$out"/host/xlen*/test_*; do
	case $program in
	*.o | *.d | *.gcno | *.gcda) ;;
	*) run "$program" ;;
	esac
done
for xlen in 64 32; do
	run "$out/threads/tsan$xlen/test_storm" 1500
	run "$out/threads/asan$xlen/test_interleave"
	run "$out/fuzz/xlen$xlen/replay" ../fuzz/corpus/xlen"$xlen"/*
done
[ $failed -eq 0 ]
