#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# seeds.sh TAP MACHINE ELF...: run programs that have a bug compiled in. A check that cannot fail proves nothing: there
# must be a difference that the hart has found. MACHINE is one word: what machine.sh takes after the ELF file.

# shellcheck source=tests/isa/machine.sh
. ./machine.sh

tap=$1 machine=$2
shift 2
name=$(basename "$tap" .tap)
start=$(date +%s)
n=0 passed=0
mkdir -p "$(dirname "$tap")"
: >"$tap"
for elf; do
	n=$((n + 1))
	seed=$(basename "$elf" .elf)
	seed=${seed#isa-}
	# shellcheck disable=SC2086 # options are words
	log=$(machine "$elf" $machine 2>&1 | tr -d '\r' | grep '^\(# difference\|Bail\|not ok\|1\.\.\)')
	hart=$(echo "$log" | grep '^# difference: .* the hart ' | head -n 1)
	if [ -n "$hart" ]; then
		passed=$((passed + 1))
		echo "ok $n - the hart finds the seeded bug $seed" >>"$tap"
		echo "# ${hart#\# difference: }" >>"$tap"
	else
		echo "not ok $n - the hart finds the seeded bug $seed" >>"$tap"
		echo "$log" | sed 's/^/# /' >>"$tap"
	fi
done
echo "1..$n" >>"$tap"
grep '^not ok' "$tap"
echo "$name: $passed passed, $((n - passed)) failed, $(($(date +%s) - start)) s"
exit 0
