# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Print TAP: what lab/test-lab.sh and lab/test-lock.sh share. TMP is a folder for temporary files.

n=0
OUT=$TMP/out
ERR=$TMP/err

# check NAME CONDITION...: print one result, and after a failure the output of the last command.
check() {
	local name=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n $name"
	else
		echo "not ok $n $name"
		printf '# status %s; expected: %s\n' "${STATUS-}" "$*"
		sed 's/^/# /' "$OUT" "$ERR" 2>/dev/null
	fi
}
