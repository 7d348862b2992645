#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# seeds.sh CORPUS DIR/NAME/replay...: show that the corpus fails on an engine that has the seeded bug NAME compiled
# in.

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
		echo "ok $n - the corpus finds the seeded bug $name (by $by, in $script)"
	else
		sed 's/^/# /' "$log"
		echo "not ok $n - the corpus finds the seeded bug $name: status $status"
	fi
done
