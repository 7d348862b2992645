#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# seeds.sh CORPUS DIR/NAME/replay...: the corpus must fail on an engine that has the mistake
# NAME compiled in, and pass without any.

corpus=$1
shift
n=0
echo "1..$#"
for program in "$@"; do
	n=$((n + 1))
	name=$(basename "$(dirname "$program")")
	log=$program.log
	timeout 60 "$program" "$corpus"/* >"$log" 2>&1
	status=$?
	by=$(sed -n 's/^# caught by \([^:]*\):.*/\1/p' "$log")
	script=$(sed -n 's/^# the script is .*\///p' "$log")
	if [ "$status" -ne 0 ] && [ -n "$by" ]; then
		echo "ok $n - seeded bug $name is found in the corpus (by $by, in $script)"
	else
		sed 's/^/# /' "$log"
		echo "not ok $n - seeded bug $name is found in the corpus: status $status"
	fi
done
