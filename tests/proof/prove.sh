#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# prove.sh proof|bite RESULT PATTERN BUG FILE GEOMETRY [-D...]: run cbmc once. It writes one line to RESULT:
#
#   ok|not ok, name, geometry, properties, seconds of processor time, a remark	(separated by tabs)
#
# A bite is ok if a property fails whose description matches PATTERN. Running out of time or memory, or any
# other error, is not ok, also for a bite.

what=$1 result=$2 pattern=$3 bug=$4 file=$5 geometry=$6
shift 6
name=$(basename "$result" .result)
log=${result%.result}.log

# L: levels; T: tables below the root; I: index bits; R: more index bits of the root; N: index bits of a 64 KiB leaf.
# The longest loop goes over the array of all PTEs.
case $geometry in
L3T3) text='L3 I1 R1 N1 T3' unwind=21 defines='-DPROOF_TABLES=3' ;;
L2T3) text='L2 I1 R1 N1 T3' unwind=21 defines='-DPROOF_TABLES=3 -DPROOF_FEWER=1' ;;
L2R2T3) text='L2-4 I1 R1 N1 T3' unwind=65 defines='-DPROOF_TABLES=3 -DPROOF_FEWER=1 -DPROOF_ROOTS=2' ;;
*) echo "prove.sh: unknown geometry $geometry" >&2; exit 2 ;;
esac

case $bug in
'') flags= ;;
REACH) flags='-DPROOF_REACH' ;;
*) flags="-DGST_SEED=GST_SEED_$bug" ;;
esac

# shellcheck disable=SC2046,SC2086,SC3045 # lists of words; every sh that we know has ulimit -v
goto-cc -std=c11 -ffreestanding -m32 -include atomics.h -I . -I ../.. -I ../../include \
	-DGST_PAGE_SHIFT=4 -DGST_ROOT_XBITS=1 -DGST_NAPOT_BITS=1 $defines $flags "$@" \
	"$file.c" world.c embed.c hart.c midway.c -o "${result%.result}.goto" >"$log" 2>&1 &&
	(ulimit -v 8388608 && exec timeout "${TIMEOUT:-900}" cbmc "${result%.result}.goto" \
		--drop-unused-functions --unwind $unwind --unwinding-assertions --pointer-overflow-check \
		--slice-formula $([ "$what" = proof ] || echo --stop-on-fail)) >>"$log" 2>&1
status=$?
rm -f "${result%.result}.goto"
# Measure processor time (user and system), which does not depend on how busy the machine is.
times >"$result"
seconds=$(awk -F '[ms ]+' 'END { printf "%d", $1 * 60 + $2 + $3 * 60 + $4 + 0.5 }' "$result")

properties=$(sed -n 's/^\*\* 0 of \([0-9]*\) failed.*/\1/p' "$log")
verdict='not ok' remark=
case $status in
0)
	if [ "$what" = bite ]; then
		remark='the bug is not found'
	elif [ -n "$properties" ] && [ "$properties" -gt 0 ] && grep -q '^VERIFICATION SUCCESSFUL' "$log"; then
		verdict=ok
	fi
	;;
10)
	remark=$(sed -n '/^Violated property:/,/^$/p' "$log" | sed -n '3s/^ *//p')
	[ -n "$remark" ] || remark=$(sed -n 's/^\[.*\] line [0-9]* \(.*\): FAILURE$/\1/p' "$log" | head -n 1)
	[ "$what" = bite ] && printf '%s\n' "$remark" | grep -Eq "$pattern" && verdict=ok
	;;
124) remark="no result after ${TIMEOUT:-900} s" ;;
*) remark="error $status: $(tail -n 1 "$log")" ;;
esac
printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$verdict" "$name" "$text" "${properties:--}" "$seconds" "$remark" >"$result"
echo "$verdict - $name, $seconds s${remark:+: $remark}"
