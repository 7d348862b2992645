#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# run.sh TAP PROGRAM [ARGS...]: run a test program and write its output to the file TAP. A program that dies early
# counts as a failure.

tap=$1
shift
name=$(basename "$tap" .tap)
start=$(date +%s)

timeout "${TEST_TIMEOUT:-600}" "$@" >"$tap.part" 2>"$tap.errors"
status=$?

# Anything that is not TAP becomes a comment.
sed -e '/^\(1\.\.[0-9]\|ok \|not ok \|#\)/!s/^/# /' "$tap.part" >"$tap"
sed -e 's/^/# /' "$tap.errors" >>"$tap"
rm -f "$tap.part" "$tap.errors"

planned=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$tap" | head -n 1)
passed=$(grep -c '^ok ' "$tap")
failed=$(grep -c '^not ok ' "$tap")
if [ "$((passed + failed))" -ne "${planned:-0}" ] || [ "${planned:-0}" -eq 0 ] ||
	{ [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; }; then
	echo "not ok $((passed + failed + 1)) - $name ended early, with exit status $status" >>"$tap"
	failed=$((failed + 1))
fi
echo "$name: $passed passed, $failed failed, $(($(date +%s) - start)) s"
exit 0
