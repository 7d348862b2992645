#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# check.sh TAP EXPECTED COMMAND...: run an example, and compare its output with the file EXPECTED.

tap=$1 expected=$2
shift 2
mkdir -p "$(dirname "$tap")"
timeout 30 "$@" </dev/null 2>&1 | tr -d '\r' | diff "$expected" - >"$tap.difference"
status=$?
{
	[ $status -eq 0 ] || printf 'not '
	echo "ok 1 - the output is that of examples/$expected"
	sed 's/^/# /' "$tap.difference"
	echo 1..1
} >"$tap"
rm -f "$tap.difference"
cat "$tap"
exit $status
