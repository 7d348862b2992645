#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# run.sh TAP ELF HAS rv64|rv32|PROGRAM OPTIONS...: run the ELF file in QEMU with these options, or in the strict machine
# PROGRAM, and keep its output. HAS has the formats and extensions that it must find in the hart. So no group of tests is
# left out unnoticed.

# shellcheck source=tests/isa/machine.sh
. ./machine.sh

tap=$1 elf=$2 has=$3 machine=$4
shift 4
name=$(basename "$tap" .tap)
start=$(date +%s)
mkdir -p "$(dirname "$tap")"

machine "$elf" "$machine" "$@" >"$tap.part" 2>"$tap.errors"
tr -d '\r' <"$tap.part" | sed -e '/^\(1\.\.[0-9]\|ok \|not ok \|Bail out!\|#\)/!s/^/# /' >"$tap"
sed -e 's/^/# /' "$tap.errors" >>"$tap"
rm -f "$tap.part" "$tap.errors"

passed=$(grep -c '^ok ' "$tap")
failed=$(grep -c '^not ok ' "$tap")
planned=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$tap")
n=$((passed + failed + 1))
found=$(sed -n 's/^# hart: .* vmid bits [0-9]*, \(.*\)$/\1/p' "$tap" | sed 's/, svadu$//')
# Replace the plan by one that includes the results of this script.
sed -i '/^1\.\.[0-9]/d' "$tap"
if [ "$found" = "$has" ]; then
	echo "ok $n - the hart has $has" >>"$tap"
	passed=$((passed + 1))
else
	echo "not ok $n - the hart has $has: found '$found'" >>"$tap"
	failed=$((failed + 1))
fi
if [ "$planned" = $((n - 1)) ]; then
	echo "ok $((n + 1)) - the program ran to its end" >>"$tap"
	passed=$((passed + 1))
else
	echo "not ok $((n + 1)) - the program ran to its end: its plan has '$planned' results" >>"$tap"
	failed=$((failed + 1))
fi
echo "1..$((n + 1))" >>"$tap"
grep '^\(not ok\|Bail\)' "$tap"
grep -m 3 '^# difference' "$tap"
echo "$name: $passed passed, $failed failed, $(($(date +%s) - start)) s"
exit 0
