# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# TAP for shell tests: run a command, then check its status and output.
# The caller sets $LOG (the TAP file) and $TMP (a scratch folder).

count=0
failed=0
: >"$LOG"

say()
{
	printf '%s\n' "$*" | tee -a "$LOG"
}

# result STATUS NAME: print a result, which is ok if STATUS is 0.
result()
{
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		say "ok $count $2"
		return
	fi
	failed=$((failed + 1))
	say "not ok $count $2"
	say "# \$ $command"
	say "# exit status $status"
	for stream in out err; do
		sed "s/^/# $stream: /" "$TMP/$stream" | tee -a "$LOG"
	done
}

skip()
{
	count=$((count + 1))
	say "ok $count $1 # SKIP $2"
}

# run COMMAND...: run it, and set $status. Its output is in $TMP/out and $TMP/err.
run()
{
	command="$*"
	status=0
	"$@" >"$TMP/out" 2>"$TMP/err" </dev/null || status=$?
}

# The checks below are about the last command of run(). Each check is one test.

# exits NAME STATUS [PATTERN]...: it had this exit status, and each PATTERN matches a line of its stderr.
exits()
{
	name=$1
	bad=0
	[ "$status" -eq "$2" ] || bad=1
	shift 2
	for pattern; do
		grep -qE -- "$pattern" "$TMP/err" || bad=1
	done
	result $bad "$name"
}

# prints NAME TEXT: its exit status was 0, and its stdout was exactly TEXT.
prints()
{
	bad=0
	[ "$status" -eq 0 ] || bad=1
	printf '%s\n' "$2" | cmp -s - "$TMP/out" || bad=1
	result $bad "$1"
}

# json NAME STATUS STREAM FILTER: it had this exit status, STREAM is JSON, and jq's FILTER is true for it.
json()
{
	bad=0
	[ "$status" -eq "$2" ] || bad=1
	jq -es "$4" <"$TMP/$3" >/dev/null 2>"$TMP/jq" || bad=1
	result $bad "$1"
	[ $bad -eq 0 ] || sed 's/^/# jq: /' "$TMP/jq" | tee -a "$LOG"
}

# schema NAME SCHEMA STREAM: each document of STREAM matches docs/schema/SCHEMA.json.
schema()
{
	bad=0
	jq -c . <"$TMP/$3" 2>/dev/null | sed "s/^/# json $2 /" >"$TMP/lines"
	"$HERE/validate" "$TMP/lines" >"$TMP/schema" || bad=1
	result $bad "$1"
	[ $bad -eq 0 ] || sed -n 's/^#/# schema:/p' "$TMP/schema" | tee -a "$LOG"
}

# holds NAME COMMAND...: COMMAND succeeds.
holds()
{
	name=$1
	shift
	bad=0
	"$@" || bad=1
	result $bad "$name"
}

finish()
{
	say "1..$count"
	[ $failed -eq 0 ] || echo "# $failed of $count failed" >&2
	[ $failed -eq 0 ]
}
