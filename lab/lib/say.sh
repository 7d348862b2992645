# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Messages, progress, and cleaning up at the end. Sourced by lab/lab.

# Messages for the user go to fd 3, because the output of a step goes to its log.
exec 3>&2

STEP=           # the step under way, for the message if it fails
LOG=            # the log of the step under way
CHILD=          # the child to kill at the end
TRASH=()        # what to delete at the end
T0=${EPOCHREALTIME/[.,]/}

say() { printf 'lab: %s\n' "$*" >&3; }

# seconds SINCE: print the seconds since a clock value in microseconds, with one decimal.
seconds() {
	local d=$((${EPOCHREALTIME/[.,]/} - $1))
	printf '%d.%d' $((d / 1000000)) $((d / 100000 % 10))
}

# die MESSAGE [REMEDY]: end after a failure of the lab, with status 125.
die() {
	[ -z "$STEP" ] || printf 'failed\n' >&3
	STEP=
	say "$1"
	[ $# -lt 2 ] || say "  $2"
	exit 125
}

# step TITLE COMMAND...: run COMMAND with its output in a log, and print the title and the time. COMMAND may be a function. It runs
# in this shell under `set -e`, so never call step in a condition.
step() {
	local title=$1 start=${EPOCHREALTIME/[.,]/}
	shift
	printf '[%6s s] %s ... ' "$(seconds "$T0")" "$title" >&3
	STEP=$title
	if [ -n "$VERBOSE" ]; then
		printf '\n' >&3
		"$@" >&3 2>&1
	else
		mkdir -p "$CACHE/log"
		LOG=$CACHE/log/${title//[^a-zA-Z0-9.]/-}.log
		"$@" >"$LOG" 2>&1
	fi
	STEP=
	printf 'done (%s s)\n' "$(seconds "$start")" >&3
}

# likely_cause LOG: guess from its log why a step failed. Print the cause and the remedy, on one line each.
likely_cause() {
	local log=$1
	if grep -qiE 'no space left|ENOSPC|not enough free space' "$log"; then
		echo "the disk is full"
		echo "free some space below $CACHE or set GSTAGE_CACHE to a folder on a larger file system"
	elif grep -qiE 'could not resolve|temporary failure resolving|could not connect|connection (refused|timed out|failed)|unable to connect|network is unreachable|cannot initiate the connection' "$log"; then
		echo "the Debian mirror cannot be reached"
		echo "check the network and apt's configuration, or set GSTAGE_MIRROR to a mirror's URI"
	elif grep -qiE 'unable to locate package|has no installation candidate|404 +not found|does not have a release file|file not found' "$log"; then
		echo "the mirror does not have a package or index that the lab needs: $(grep -iEm1 'locate package|installation candidate|404 +not found|release file|file not found' "$log" | cut -c1-200)"
		echo "run apt-get update, or set GSTAGE_MIRROR to the URI of a complete Debian mirror"
	elif grep -qiE 'release file .*(is expired|is not valid yet)' "$log"; then
		echo "apt refuses the mirror's index for its date: $(grep -iEom1 'release file .*(is expired|is not valid yet)[^)]*[)]?' "$log" | cut -c1-200)"
		echo "wait until the mirror is up to date, or set GSTAGE_MIRROR to another mirror; --any-date takes an old index"
	elif grep -qiE '^[EW]: .*(gpg error|openpgp|no_pubkey|is not signed)' "$log"; then
		echo "the mirror's index is not signed by Debian"
		echo "set GSTAGE_MIRROR to a mirror of Debian, and install the package debian-archive-keyring"
	elif grep -qiE 'mirror sync in progress|release file created at' "$log"; then
		echo "the mirror's index of packages and the file that signs it are of different days$(sed -nE 's/.*Release file created at: (.*)/: that file is of \1/p' "$log" | head -n 1)"
		echo "the mirror is being updated, or is broken: try again later, or set GSTAGE_MIRROR to another mirror"
	elif grep -qiE 'hash sum mismatch|hashes of expected file' "$log"; then
		echo "a download has a wrong checksum"
		echo "try again later or set GSTAGE_MIRROR to another mirror"
	elif grep -qi 'unshare failed\|mount: .*permission denied' "$log"; then
		echo "this machine does not let root make mounts (an unprivileged container?)"
		echo "run the lab on a machine or in a container with CAP_SYS_ADMIN"
	fi
}

leave() {
	local status=$? cause remedy
	trap - EXIT
	trap '' INT TERM HUP
	set +e
	if [ -n "$CHILD" ]; then
		# The child is unshare(1). SIGKILL ends its whole PID namespace.
		kill -KILL "$CHILD" 2>/dev/null
		wait "$CHILD" 2>/dev/null
	fi
	if [ -n "$STEP" ] && [ "$status" -ne 0 ]; then
		printf 'failed\n' >&3
		{ read -r cause; read -r remedy; } < <([ ! -f "$LOG" ] || likely_cause "$LOG")
		say "$STEP failed${cause:+: $cause}"
		[ -z "$remedy" ] || say "  $remedy"
		[ -n "$cause" ] || [ ! -f "$LOG" ] || { grep -E 'error|undefined' "$LOG" || tail -n 5 "$LOG"; } | head -n 12 >&3
		[ -z "$LOG" ] || say "  details are in $LOG"
		status=125
	fi
	if [ ${#TRASH[@]} -gt 0 ]; then
		# Try again, because processes that were just killed may still write there.
		for _ in 1 2 3 4 5; do rm -rf -- "${TRASH[@]}" 2>/dev/null && break; sleep 0.2; done
	fi
	exit "$status"
}

interrupted() {
	[ -z "$STEP" ] || printf 'interrupted\n' >&3
	STEP=
	say "interrupted ($1); nothing is left mounted or running, and the next run continues after the last finished step"
	exit 125
}

set_traps() {
	trap leave EXIT
	trap 'interrupted Ctrl-C' INT
	trap 'interrupted SIGTERM' TERM
	trap 'interrupted SIGHUP' HUP
}

# child COMMAND...: run COMMAND so that the lab handles signals at once, and return its status.
child() {
	local status=0
	"$@" 9>&- &
	CHILD=$!
	wait "$CHILD" || status=$?
	CHILD=
	return "$status"
}
