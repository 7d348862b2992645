# SPDX-License-Identifier: GPL-2.0-only
# TAP for shell tests: run a command, then state what is to be seen of it.
# Wants $LOG (the TAP file) and $TMP (a scratch folder).

count=0
failed=0
: >"$LOG"

say()
{
	printf '%s\n' "$*" | tee -a "$LOG"
}

# result STATUS NAME: 0 is ok.
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

# run COMMAND...: sets $status; stdout and stderr are left in $TMP/out and err.
run()
{
	command="$*"
	status=0
	"$@" >"$TMP/out" 2>"$TMP/err" </dev/null || status=$?
}

# The checks below are about the command that ran last.  Each is one test.

# exits NAME STATUS [PATTERN]: and stderr has a line matching each PATTERN.
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

# prints NAME TEXT: exit status 0, and stdout is exactly TEXT.
prints()
{
	bad=0
	[ "$status" -eq 0 ] || bad=1
	printf '%s\n' "$2" | cmp -s - "$TMP/out" || bad=1
	result $bad "$1"
}

# json NAME STATUS STREAM FILTER: STREAM is JSON throughout, FILTER holds.
json()
{
	bad=0
	[ "$status" -eq "$2" ] || bad=1
	jq -es "$4" <"$TMP/$3" >/dev/null 2>"$TMP/jq" || bad=1
	result $bad "$1"
	[ $bad -eq 0 ] || sed 's/^/# jq: /' "$TMP/jq" | tee -a "$LOG"
}

# schema NAME SCHEMA STREAM: each line of STREAM is what docs/schema/SCHEMA.json says.
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
