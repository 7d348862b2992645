#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# test-lab.sh [LOGDIR]: test the lab's errors, and everything that exec promises. Prints TAP. Run it as root, when the lab is set up.
set -uo pipefail

LAB=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
TOP=${LAB%/*}
TMP=$(mktemp -d /var/tmp/gstage-test-lab.XXXXXX)
chmod 755 "$TMP"
# The folders of runs are below TMP too, so that the test sees files that remain there.
export TMPDIR=$TMP/run
mkdir "$TMPDIR"
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$TMP"' EXIT
[ $# -eq 0 ] || { mkdir -p "$1"; exec > >(tee "$1/test-lab.tap"); }

# shellcheck source=lab/tap.sh
. "$LAB/tap.sh"

# lab ARG...: run the lab, and set STATUS, OUT and ERR.
lab() {
	STATUS=0
	"$LAB/lab" "$@" >"$OUT" 2>"$ERR" || STATUS=$?
}

says() { [ "$STATUS" -eq 125 ] && grep -q -- "$1" "$ERR"; }
ends() { [ "$STATUS" -eq "$1" ]; }
prints() { [ "$STATUS" -eq 0 ] && [ "$(cat "$OUT")" = "$1" ]; }

# users PATH: print the processes that have PATH in their command line or their mounts.
users() {
	local p
	for p in /proc/[0-9]*; do
		[ "${p#/proc/}" != $$ ] || continue
		! grep -qsF -- "$1" "$p/cmdline" "$p/mountinfo" || echo "${p#/proc/}: $(tr '\0' ' ' <"$p/cmdline" 2>/dev/null)"
	done
}
nothing_left() {
	# A killed process takes a moment to end.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -n "$(users "$TMP/cache")$(users "$TMPDIR/gstage-lab")" ] || break
		sleep 0.1
	done
	users "$TMP/cache" >>"$ERR"
	[ -z "$(users "$TMP/cache")$(users "$TMPDIR/gstage-lab")" ] && ! grep -q "$TMP" /proc/self/mounts &&
		[ -z "$(ls "$TMPDIR")" ] && ! compgen -G "$TMP/cache/*.part" >"$ERR"
}

# wait_for COMMAND...: wait until it succeeds, for up to 60 s.
wait_for() {
	local i
	for ((i = 0; i < 600; i++)); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

program() { # program NAME TEXT: write a script to run in the host, and print its path
	printf '%s\n' "$2" >"$TMP/$1"
	echo "$TMP/$1"
}

# A shell makes its background jobs ignore SIGINT, and the lab would inherit that. Undo it, as at a terminal.
interruptible=(env --default-signal=INT)

echo "# wrong use"
lab frobnicate
check "an unknown command is named" says 'no command frobnicate'
lab exec --frobnicate
check "an unknown option is named" says 'no option --frobnicate'
lab exec --cpu sv64 x
check "an unknown CPU is named" says 'no CPU sv64'
lab exec --kernel 1.0 x
check "an unknown kernel is named" says 'no kernel 1.0'
check "an unknown kernel: lists the known ones" says 'one of: 6.12 7.2 7.3'
lab exec --kernel 6.12,7.2 x
check "exec takes one kernel" says 'takes one kernel'
lab kernels
check "kernels lists those of the lock file" test "$(awk 'NR > 1 && !/--tree|lacks/ { print $1 }' "$OUT" | xargs)" = '6.12 7.2 7.3'
lab exec --qemu 1.0 x
check "an unknown QEMU is named" says 'no QEMU 1.0'
check "an unknown QEMU: lists the known ones" says "one of: $(sed -n 's/^qemu-\([0-9.]*\) qemu-system-riscv .*/\1/p' "$LAB/versions.lock" | xargs)"
lab exec --emulator strict --qemu 1.0 x
check "--qemu does not go with the strict machine" says 'are for QEMU'
lab exec --tree "$TMP/absent" x
check "a tree that does not exist is named" says "no folder $TMP/absent"
tree() { # tree VERSION FOLDER...: make the few files of a kernel tree that the lab looks at, and print its path
	local parts=()
	rm -rf "$TMP/tree"
	IFS=. read -r -a parts <<<"$1"
	shift
	mkdir -p "${@/#/$TMP/tree/}"
	printf 'VERSION = %s\nPATCHLEVEL = %s\nSUBLEVEL = %s\n' "${parts[@]}" >"$TMP/tree/Makefile"
	: >"$TMP/tree/Kconfig"
	echo "$TMP/tree"
}
mkdir "$TMP/empty"
lab exec --tree "$TMP/empty" x
check "a folder that is no kernel tree is refused" says 'is not a kernel tree'
lab exec --tree "$(tree 6.12.1 arch/arm64/kvm virt/kvm)" x
check "a tree without KVM for RISC-V is refused" says '(Linux 6.12.1) has no KVM for RISC-V'
name() { GSTAGE_CACHE=$TMP/trees "$LAB/lab" status --tree "$1" 2>&1 | sed -n 's/^kernel .* will be in //p'; }
tree=$(tree 5.19.1 arch/riscv/kvm virt/kvm)
first=$(name "$tree")
check "a tree needs no .git" test "${first%-*}" = "$TMP/trees/kernel-tree-5.19.1"
touch -d 2001-01-01 "$tree/Kconfig"
check "a tree with new times and the same contents has the same name" test "$(name "$tree")" = "$first"
echo '# a local change' >>"$tree/Kconfig"
check "a tree with local changes has another name" test "$(name "$tree")" != "$first"
lab exec --kernel 7.2 --tree "$(tree 5.19.1 arch/riscv/kvm virt/kvm)" x
check "--tree does not go with --kernel" says 'do not give --kernel'
lab exec --tree "$(tree 5.19.1 arch/riscv/kvm virt/kvm)" x
check "a version that kvm/compat/ does not know is refused before it is built" \
	says 'does not support Linux 5.19.1: it supports 6'
lab exec --tree "$(tree 6.12.1 arch/riscv/kvm virt/kvm)" x
check "sources that lack what gstage needs are refused, with the reason" says 'does not support Linux 6.12.1: its .* has no'
lab exec --module mine x
check "an unknown module is named" says 'no module mine'
lab exec --timeout soon x
check "a timeout that is not a number is refused" says 'whole seconds'
lab exec
check "exec without a file is refused" says 'needs a FILE'
lab exec --module none "$TMP/absent"
check "a missing file is named" says "no file $TMP/absent"
lab exec --module none /bin/true
check "a program of another machine is refused" says 'not a RISC-V program'

lab test --suite sid
check "--suite is for packages" says '--suite is for deb, rpm and test-package'
lab test-package --suite sid
check "the Debian system of the package tests is of one suite" says '--suite needs --smoke'

# bench NAME ARG...: run a bench, as lab() runs the lab.
bench() {
	STATUS=0
	"$TOP/bench/$1/run" "${@:2}" >"$OUT" 2>"$ERR" || STATUS=$?
}
refuses() { [ "$STATUS" -ne 0 ] && grep -q -- "$1" "$ERR"; }
for bench in compare formats counters; do
	bench $bench --host absent
	check "bench/$bench: a host that does not exist is named" refuses 'there is no host absent'
	bench $bench --tree "$TMP/empty"
	check "bench/$bench: a folder that is no kernel tree is refused" refuses 'is not a kernel tree'
done
bench compare --host p550 switch
check "bench/compare: stock has VMIDs on QEMU, so p550 needs the strict machine" refuses 'add --emulator strict'
bench compare --host k3 switch
check "bench/compare: stock cannot be replaced on a host with an AIA" refuses 'cannot be replaced'
bench formats --host k3 change
check "bench/formats: a host with one format changes none" refuses 'leave out change'
lab status --host k3 --tree "$(tree 6.6.1 arch/riscv/kvm virt/kvm)"
check "a kernel that does not know the AIA is refused on a host that has one" says 'that needs Linux 6.10'
lab status --host p550
check "status says what a host is" grep -q '^host: qemu, -cpu rv64,sv57=off,.*; kvm.ko: gstage-test test_vmid_bits=0$' "$OUT"

echo "# setting up in bad circumstances"
export GSTAGE_CACHE=$TMP/cache
cp -r "$LAB" "$TMP/lab"
real=$LAB
LAB=$TMP/lab
STATUS=0
setpriv --reuid 65534 --regid 65534 --clear-groups "$LAB/lab" up >"$OUT" 2>"$ERR" || STATUS=$?
check "not root: says so" says 'this needs root'

GSTAGE_MIRROR=http://127.0.0.1:9/debian lab up
check "no mirror: says so, and what to do" says 'mirror cannot be reached'
check "no mirror: nothing is left" nothing_left
mkdir -p "$TMP/mirror"
GSTAGE_MIRROR=file://$TMP/mirror lab up
check "a mirror without the packages: says so" says 'does not have a package or index'

# small_disk OPTIONS: set up with a cache on a small disk, in a mount namespace of its own.
small_disk() {
	STATUS=0
	unshare --mount --propagation private bash -c 'mkdir -p "$1"; mount -t tmpfs -o "$2" tmpfs "$1" && "$3" up' - \
		"$GSTAGE_CACHE" "$1" "$LAB/lab" >"$OUT" 2>"$ERR" || STATUS=$?
}
small_disk size=64M
check "too small a disk: says so before it starts" says 'the disk is full: .* 64 MiB free'
small_disk size=6G,nr_inodes=300
check "a disk that fills up during the setup: says so" says 'the disk is full'
check "a full disk: nothing is left" nothing_left

"${interruptible[@]}" "$LAB/lab" up >"$OUT" 2>"$ERR" &
pid=$!
wait_for compgen -G "$TMP/cache/root-*.part/usr" >"$TMP/null"
kill -INT $pid
STATUS=0
wait $pid || STATUS=$?
check "Ctrl-C while the root is made: says so" says interrupted
check "Ctrl-C while the root is made: nothing is left" nothing_left
check "an incomplete root is not taken for a complete one" test -z "$(compgen -G "$TMP/cache/root-*")"

mkdir -p "$TMP/cache"
( flock 9; exec sleep 100 ) 9>>"$TMP/cache/lock" &
holder=$!
sleep 0.2
GSTAGE_MIRROR=http://127.0.0.1:9/debian "$LAB/lab" up >"$OUT" 2>"$ERR" &
pid=$!
check "a second lab says that it waits for the first" wait_for grep -q 'another lab is setting up' "$ERR"
kill $holder
STATUS=0
wait $pid || STATUS=$?
check "a second lab continues when the first one ends" says 'mirror cannot be reached'

# Use a cache that has a root and no kernel, and a mirror whose kernel packages do not match the lock file.
unset GSTAGE_CACHE
real_cache=$("$real/lab" status | sed -n 's/^cache: \(.*\) (.*/\1/p')
export GSTAGE_CACHE=$TMP/cache
for root in "$real_cache"/root-*; do ln -s "$root" "$TMP/cache/"; done
while read -r _ _ _ _ _ path; do
	mkdir -p "$TMP/mirror/${path%/*}"
	echo 'not what it was' >"$TMP/mirror/$path"
done < <(grep -v '^#' "$LAB/versions.lock")
GSTAGE_MIRROR=file://$TMP/mirror lab up
check "a wrong checksum: says so" says 'has a wrong checksum'
check "a wrong checksum: the file is not kept" test -z "$(ls "$TMP/cache/debs")"

echo "# what exec promises"
LAB=$real
unset GSTAGE_CACHE
lab exec --module none --with "$(program other 'x')" \
	"$(program bytes.sh 'cat other; printf "%s|" "$@"; printf "\000\r\n\377"; exit 7')" 'a b' "it's" '$HOME' ''
check "the program's exit status is passed on" ends 7
printf "x\na b|it's|\$HOME||\000\r\n\377" >"$TMP/expected"
check "arguments, files and bytes arrive as they are" cmp "$OUT" "$TMP/expected"
check "the lab itself prints nothing" test ! -s "$ERR"
lab exec --module none --timeout 3 "$(program sleep.sh 'sleep 100')"
check "a timeout is status 124" ends 124
lab exec --module none "$(program warn.sh 'echo "WARNING: CPU: 0 PID: 1 at test" >/dev/kmsg; echo done')"
check "a kernel warning is a failure, and is shown" says 'kernel message: .*WARNING'
lab exec --module none --allow-splat "$TMP/warn.sh"
check "--allow-splat accepts it" prints 'done'
lab exec --module none "$(program panic.sh 'echo c >/proc/sysrq-trigger; sleep 10')"
check "a panic of the host is a failure, and is shown" says 'kernel message: .*panic'
lab exec --module stock "$(program kvm.sh 'ls /dev/kvm')"
check "the stock module makes /dev/kvm" prints /dev/kvm
lab exec --module stock --cpu rv64,h=off "$TMP/kvm.sh"
check "a host without the hypervisor extension: says so" says 'loading kvm.ko'

# firmware VERSION: print how a kernel shows this version of OpenSBI.
firmware() { awk -F '[.-]' '{ printf "0x%x", $1 * 65536 + $2 }' <<<"$1"; }
program firmware.sh 'dmesg | sed -n "s/.*SBI implementation ID=0x1 Version=//p"' >"$TMP/null"
lab exec --module none "$TMP/firmware.sh"
own=$(cat "$OUT")
while read -r set _ _ version _; do
	lab up --qemu "${set#qemu-}"
	if [ "$STATUS" -ne 0 ] && grep -q 'no complete set\|cannot be reached' "$ERR"; then
		n=$((n + 1))
		echo "ok $n --qemu ${set#qemu-} boots the host # SKIP the mirror has no QEMU ${set#qemu-}"
		continue
	fi
	version=$(awk '$2 == "opensbi" { print $4 }' "$("$LAB/lab" status | sed -n "s/^QEMU ${set#qemu-} .*, in //p")/set" 2>>"$ERR")
	lab exec --module none --qemu "${set#qemu-}" "$TMP/firmware.sh"
	check "--qemu ${set#qemu-} boots the host, with the firmware of that QEMU" prints "$(firmware "$version")"
	check "--qemu ${set#qemu-}: without it the host has other firmware" test "$own" != "$(firmware "$version")"
	lab exec --module stock --qemu "${set#qemu-}" "$TMP/kvm.sh"
	check "--qemu ${set#qemu-}: the host has KVM" prints /dev/kvm
done < <(grep '^qemu-[0-9.]* opensbi ' "$LAB/versions.lock")

kernel=$("$LAB/lab" status | sed -n 's/^kernel \([0-9.]*\):.*/\1/p')
rm -rf "$TOP/build/guest-$kernel"
cd /
lab exec --module none --mem 3G --with-qemu "$(program guest.sh 'ls -1 /guest')"
check "the first --with-qemu packs what guests boot, from any folder" prints $'Image\ninitrd'
cd "$TOP" || exit

program patching.sh '[ "$1" = kept ] || rmmod lab_notifiers
	insmod lab_patching.ko rounds=1000 patch=0; dmesg | sed -n "s/.*lab_patching: .*switches, //p"' >"$TMP/null"
lab exec --module none --with "$TOP/build/lab-$kernel/lab_patching.ko" "$TMP/patching.sh" kept
check "the scheduler's calls of preempt notifiers are patched in" prints 'calls missed in 0 rounds'
lab exec --module none --allow-splat --with "$TOP/build/lab-$kernel/lab_patching.ko" "$TMP/patching.sh"
check "without the module of the lab they are not, and the test sees it" grep -q 'missed in [1-9]' "$OUT"

program time.sh 'cat /proc/uptime; head -c 16 /dev/urandom | md5sum; dmesg | md5sum' >"$TMP/null"
lab exec --module none --icount --smp 1 "$TMP/time.sh"
cp "$OUT" "$TMP/first"
lab exec --module none --icount --smp 1 "$TMP/time.sh"
check "with --icount two runs are the same, to the nanosecond and the random number" cmp "$OUT" "$TMP/first"

"$LAB/lab" exec --module none "$(program one.sh 'sleep 1; echo one')" >"$TMP/out1" 2>&1 &
pid=$!
lab exec --module none "$(program two.sh 'sleep 1; echo two')"
check "two hosts at the same time: one works" prints two
wait $pid
check "two hosts at the same time: the other works" test "$(cat "$TMP/out1")" = one

"${interruptible[@]}" "$LAB/lab" exec --module none "$(program long.sh 'echo up; sleep 100')" >"$OUT" 2>"$ERR" &
pid=$!
wait_for grep -q up "$OUT"
check "the test sees a running host, so it would see one that is left" test "$(users "$TMPDIR/gstage-lab" | grep -c qemu)" -ge 1
kill -INT $pid
STATUS=0
wait $pid || STATUS=$?
check "Ctrl-C in exec: says so" says interrupted
check "Ctrl-C in exec: nothing is left" nothing_left
"$LAB/lab" exec --module none "$TMP/long.sh" >"$OUT" 2>"$ERR" &
pid=$!
wait_for grep -q up "$OUT"
disown $pid     # or bash reports that it was killed
kill -KILL $pid
no_users() { [ -z "$(users "$TMPDIR/gstage-lab")" ]; }
check "SIGKILL: no process is left" wait_for no_users

echo "1..$n"
