# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# gstage check finds each broken rule, in an image of memory and, if a dump can show it, in a dump.

DUMP=$TMP/dump
IMAGE=$TMP/image

# image XLEN MODE [CHANGE]...: let the engine make an image, and change entries of it.
image()
{
	xlen=$1
	shift
	hgatp=$("$BUILD/mkimage-$xlen" "$IMAGE" "$@")
}
check_image()
{
	"$GSTAGE" check --base 0x88000000 --hgatp "$@" "$IMAGE"
}
# finds NAME RULE...: the exit status is 3, and exactly these rules are reported, once or more. RULEs are sorted.
finds()
{
	name=$1
	shift
	got=$(sed -n 's/^\([A-Z]*-[0-9]*\) gpa .*/\1/p' "$TMP/out" | sort -u | tr '\n' ' ')
	bad=0
	[ "$status" -eq 3 ] && [ "$got" = "$* " ] || bad=1
	result $bad "$name"
}
finds_nothing()
{
	bad=0
	[ "$status" -eq 0 ] && [ "$(tail -n 1 "$TMP/out")" = 'violations 0' ] || bad=1
	result $bad "$1"
}

for mode in sv39x4 sv48x4 sv57x4; do
	image 64 $mode
	run check_image "$hgatp"
	finds_nothing "image: $mode: what the engine built breaks no rule"
	holds "image: $mode: it counts all tables and leaves" grep -q " $mode: [4-9] tables, leaves by level 6 1 0 0 0, of 64K 1\$" "$TMP/out"
done
image 32 sv32x4
run check_image "$hgatp" --xlen 32
finds_nothing 'image: sv32x4: what the engine built breaks no rule'
holds 'image: sv32x4: it counts all tables and leaves' grep -q ' sv32x4: 3 tables, leaves by level 6 1 0 0 0, of 64K 0$' "$TMP/out"

# broken NAME CHANGE RULE...: make the CHANGE, GPA:LEVEL:XOR, in an image of Sv48x4. It has a leaf of 4 KiB at 0x80900000, of
# 2 MiB at 0x80000000, and of 64 KiB at 0x80800000.
broken()
{
	name=$1
	image 64 sv48x4 "$2"
	shift 2
	run check_image "$hgatp"
	finds "image: $name" "$@"
}
broken 'a leaf without U' 80900000:0:10 INV-05 SPEC-10
broken 'a leaf with G' 80900000:0:20 INV-05 SPEC-11
broken 'a leaf without D' 80900000:0:80 INV-05
broken 'W without R' 80900000:0:2 INV-05 SPEC-03
broken 'a leaf with a reserved bit' 80900000:0:0040000000000000 INV-06 SPEC-05
broken 'a reserved memory type' 80900000:0:6000000000000000 INV-06 SPEC-06
broken 'a misaligned large leaf' 80000000:1:400 INV-07 SPEC-08
broken 'a pointer at level 0' 80900000:0:d6 INV-08 SPEC-09
broken 'a pointer with A' 80900000:1:40 INV-06 SPEC-04
broken 'a pointer with a memory type' 80900000:1:2000000000000000 INV-06 SPEC-06
broken 'a pointer with N' 80900000:1:8000000000000000 INV-06 SPEC-07
broken 'an entry without V that is not zero' 80900000:0:1 INV-09
broken 'N on a large leaf' 80000000:1:8000000000000000 INV-11 SPEC-07
broken 'a 64 KiB leaf whose parts differ' 80803000:0:4 INV-11
broken 'a 64 KiB leaf with a wrong page number' 80800000:0:400 INV-11 SPEC-07
broken 'a table outside of the image' 80900000:1:100000000 INPUT-01
broken 'a table above all physical addresses' 80900000:1:3ffffffffffc00 INPUT-01
# A last-level entry that points to the root.
broken 'an entry that points to the root' "1:0:$(printf '%x' $((0x24c000d3 ^ (0x88000000 >> 2) ^ 1)))" INV-08 SPEC-09
image 64 sv39x4
first=$(od -An -tx8 -j$((2 * 8)) -N8 "$IMAGE" | tr -d ' ')
last=$(od -An -tx8 -j$((2047 * 8)) -N8 "$IMAGE" | tr -d ' ')
image 64 sv39x4 "1:2:$(printf '%x' $((0x$first ^ 0x$last)))"
run check_image "$hgatp"
finds 'image: a table with two parents' INV-02
pointer=$(od -An -td8 -j$(((0x$first >> 10 << 12) - 0x88000000 + 4 * 8)) -N8 "$IMAGE")
image 64 sv39x4 "80900000:1:$(printf '%x' $((0x22000801 ^ pointer)))"
run check_image "$hgatp"
finds 'image: a cycle through the root does not loop forever' INV-02
image 64 sv39x4 1:0:24c000d3
run check_image "$hgatp"
finds 'image: an empty table' INV-04

# h:: changes hgatp.
image 64 sv39x4 h::1
run check_image "$hgatp"
finds 'image: a root that is not aligned' INV-01 SPEC-02
image 64 sv39x4 h::3000000000000000
run check_image "$hgatp"
finds 'image: an unknown mode' INV-01 SPEC-01
image 64 sv39x4 h::400000000000000
run check_image "$hgatp"
finds 'image: a reserved bit of hgatp' SPEC-01
image 64 sv39x4 h::10000
run check_image "$hgatp"
exits 'image: the root is outside of it' 1 'root is outside'
run check_image "$hgatp" --json
json 'image: the root is outside of it: stdout is JSON, too' 1 out '.[0].complete == false'
image 64 sv39x4
truncate -s 20000 "$IMAGE"
run check_image "$hgatp"
finds 'image: it is cut off after the root' INPUT-01
: >"$IMAGE"
run check_image "$hgatp"
exits 'image: an empty file' 1 'root is outside'
run "$GSTAGE" check --base 0xffffffffffffff00 --hgatp "$hgatp" "$HERE/run"
exits 'image: a base in the last page of the address space' 1 'root is outside'
run "$GSTAGE" check --base 0 --hgatp "$hgatp" /dev/null
exits 'image: not a regular file' 1 'not a regular file'
run "$GSTAGE" check --hgatp "$hgatp" "$IMAGE"
exits 'image: --hgatp without --base' 2 'give both'
image 64 sv39x4 80900000:0:10
run check_image "$hgatp" --json
json 'image: JSON' 3 out '.[0] | .count == 2 and .complete and .input == "image" and .mode == "sv39x4" and
	.leaves == {levels: [6, 1, 0, 0, 0], "64K": 1} and ([.violations[].rule] | sort) == ["INV-05", "SPEC-10"] and
	.violations[0].gpa == "0x80900000"'
schema 'image: JSON matches its schema' check out

# Dumps.
host
full 1-2 sv39x4 3 41
cp "$DEBUGFS/kvm/1-2/gstage_page_tables" "$DUMP"
in_tree -- dump --json 1-2 >"$DUMP.json"
run "$GSTAGE" check "$DUMP"
finds_nothing 'dump: text that breaks no rule'
holds 'dump: it counts all leaves' grep -q ' sv39x4: leaves by level 5 1 0 0 0, of 64K 1$' "$TMP/out"
run "$GSTAGE" check "$DUMP.json"
finds_nothing 'dump: JSON that breaks no rule'
from_stdin()
{
	"$GSTAGE" check - <"$DUMP"
}
run from_stdin
finds_nothing 'dump: from stdin'

# dumped NAME SED RULE...
dumped()
{
	name=$1
	sed "$2" "$DUMP" >"$TMP/broken"
	shift 2
	run "$GSTAGE" check "$TMP/broken"
	finds "dump: $name" "$@"
}
dumped 'a leaf without U' 's/df R W X U/cf R W X -/' INV-05 SPEC-10
dumped 'flags that contradict the PTE' 's/R W X U/R W - U/' INPUT-06
dumped 'a pa that contradicts the PTE' 's/pa 0x92000000/pa 0x92001000/' INPUT-06
dumped 'a misaligned large leaf' 's/pa 0x90000000 pte 0x240000df/pa 0x90001000 pte 0x240004df/' INV-07 SPEC-08
dumped 'a malformed 64 KiB leaf' 's/pte 0x80000000244020d7/pte 0x80000000244018d7/' INV-11 SPEC-07
dumped 'a 64 KiB leaf without N' 's/pte 0x80000000244020d7 R W - U A D N/pte 0x244000d7 R W - U A D/' INPUT-06
dumped 'a range that cuts a leaf' 's/-0x80200000/-0x801ff000/' INPUT-02
dumped 'an empty range' 's/-0x80305000/-0x80300000/' INPUT-02
dumped 'two runs that overlap' 's/^0x80200000-0x80210000/0x801f0000-0x80200000/' INPUT-03
dumped 'a range beyond the format' 's/^0x80300000-0x80305000/0x20000000000-0x20000005000/' INPUT-04
dumped 'a level that the format lacks' 's/2M 1 2M/2M 3 2M/' INPUT-05
dumped 'leaves whose size contradicts their level' 's/2M 1 2M/2M 1 1G/' INPUT-05
dumped 'a PTE that is a pointer' 's/pte 0x240000df/pte 0x24000001/' INPUT-07
dumped 'memory above all physical addresses' \
	's/^0x80300000.*/0x80300000-0x80400000 1M 0 4K pa 0xfffffffffff000 pte 0x3ffffffffffcd3 R - - U A D/' INPUT-08
dumped 'a header that contradicts itself' 's/levels 3/levels 4/' INPUT-09
dumped 'a root that is not aligned' 's/root 0x81230000/root 0x81231000/' INV-01
dumped 'an unknown mode' 's/mode sv39x4/mode sv40x4/' INV-01
sed 's/^0x80000000.*/0x0-0x20000000000 2T 0 4K pa 0x0 pte 0xd3 R - - U A D/; /^0x8/d' "$DUMP" >"$TMP/huge"
run timeout 20 "$GSTAGE" check "$TMP/huge"
finds_nothing 'dump: 2 TiB of 4 KiB leaves take no time'
holds 'dump: many leaves are counted' grep -q 'leaves by level 536870912 ' "$TMP/out"
sed 's/^0x80000000.*/0x80100000-0xc0000000 1023M 2 1G pa 0x80100000 pte 0x200000d3 R - - U A D/; /^0x8020/d; /^0x8030/d' "$DUMP" >"$TMP/cut"
run "$GSTAGE" check "$TMP/cut"
finds_nothing 'dump: a large leaf that came meanwhile begins where it was met'
sed 's/sv39x4/sv32x4/; s/levels 3/levels 2/; s/bits 41/bits 34/; s/2M 1 2M/4M 1 4M/; s/-0x80200000/-0x80400000/; /N$/d; s/^0x8030.*//' \
	"$DUMP" >"$TMP/dump32"
run "$GSTAGE" check "$TMP/dump32"
finds_nothing 'dump: of RV32'
for end in 4 11 40; do
	head -c -$end "$DUMP.json" >"$TMP/cut"
	run "$GSTAGE" check "$TMP/cut"
	exits "dump: JSON cut off by $end" 1 'cannot parse .*, byte [0-9]+:'
done
for text in '' '{}' '[]' '{"version":1}' 'x' '# gstage-dump 2' '# gstage-dump 1' '{"version":1,"mode":"none"}' \
	'{"version":1,"mode":"sv39x4","runs":[{}]}' '{"a":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[['; do
	printf '%s' "$text" >"$TMP/odd"
	run "$GSTAGE" check "$TMP/odd"
	exits "dump: '$text' is not a dump" 1 'cannot parse' 'gstage dump'
done
printf '# gstage-dump 1\0\n' >"$TMP/odd"
run "$GSTAGE" check "$TMP/odd"
exits 'dump: it has a NUL' 1 'it is not text'
run "$GSTAGE" check --json "$TMP/odd"
schema 'check: errors match their schema' error err
run "$GSTAGE" check "$TMP/huge" --json
schema 'dump: JSON of the check matches its schema' check out
run "$GSTAGE" check /nonexistent
exits 'check: no such file' 1 'cannot read /nonexistent: No such'
run "$GSTAGE" check "$TMP"
exits 'check: a folder' 1 'cannot read .*: Is a directory'
run "$GSTAGE" check
exits 'check: no file is a usage error' 2 'FILE is missing'
run "$GSTAGE" check --xlen 48 "$DUMP"
exits 'check: an impossible XLEN' 2 'XLEN cannot be 48'
