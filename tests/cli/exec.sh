# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# gstage exec: what the VMM gets, what gstage returns, and why it may not start a VMM.

# The VMM replaces the process of gstage: arguments, environment, status, signals.
run gx -- --mode sv39x4 -- "$VMM" show 'two words' -v --json --mode -- '' '*'
prints 'arguments reach the VMM unchanged' "[two words]
[-v]
[--json]
[--mode]
[--]
[]
[*]"
run gx -- --mode sv39x4 "$VMM" show -m -v
prints 'without -- the first word is the VMM, and all others are its arguments' "[-m]
[-v]"
ln -s "$VMM" "$TMP/-dash"
run fake PATH="$TMP:$PATH" "$GSTAGE" exec -m max -- -dash show x
prints 'after -- the VMM may start with a dash' '[x]'
run fake PATH="/nonexistent:$BUILD:$PATH" "$GSTAGE" exec -m max -- fakevmm show
exits 'the VMM is found in PATH' 0
cd_and_run()
{
	(cd "$BUILD" && fake PATH=":/nonexistent" "$GSTAGE" exec -m max -- \
		fakevmm show x)
}
run cd_and_run
prints 'an empty entry of PATH is the current directory' '[x]'

for code in 0 1 77 125 255; do
	run gx -- -m max -- "$VMM" exit $code
	exits "the VMM's exit status $code is gstage's" $code
done
run gx -- -m max -- "$VMM" die 9
exits 'the exit status shows that the VMM was killed' 137

# signal SIGNAL: send it to the pid that the shell started, when the VMM is ready.
signal()
{
	rm -f "$TMP/pid"
	LD_PRELOAD=$FAKE "$GSTAGE" exec -m max -- "$VMM" wait >"$TMP/pid" &
	pid=$!
	tries=0
	while ! [ -s "$TMP/pid" ] && [ $tries -lt 100 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	kill -s "$1" $pid
	wait $pid
}
run signal TERM
exits 'SIGTERM to gstage ends the VMM' 143
holds 'the VMM has the pid of gstage' test "$(cat "$TMP/pid")" = "$pid"
run signal USR1
exits 'the VMM can handle a signal' 42

# gstage sets LD_PRELOAD, and keeps what the user has set.
run gx -- --mode SV48X4 -- "$VMM" env LD_PRELOAD GSTAGE_MODE GSTAGE_VERBOSE
prints "the user's own LD_PRELOAD comes after our library" "$LIB:$FAKE
sv48x4
(unset)"
run gx -- -m sv39x4 -- "$GSTAGE" exec -m sv48x4 -- "$VMM" \
	env LD_PRELOAD GSTAGE_MODE
prints 'gstage exec within gstage exec: the inner mode counts, and the library is loaded once' \
	"$LIB:$FAKE
sv48x4"
run gx GSTAGE_VERBOSE=1 GSTAGE_JSON=1 -- -m max -- "$VMM" \
	env GSTAGE_VERBOSE GSTAGE_JSON
prints 'only options make it verbose' "(unset)
(unset)"
mkdir -p "$TMP/usr/bin" "$TMP/usr/lib/gstage"
cp "$GSTAGE" "$TMP/usr/bin/gstage"
cp "$LIB" "$TMP/usr/lib/gstage/"
ln -s usr/bin/gstage "$TMP/link"
run fake FAKEKVM_MASK=0x300 "$TMP/link" exec -m sv39x4 -- "$VMM" vms 1
prints 'an installed gstage, called through a link, finds its library' 8
relative()
{
	(cd "$BUILD/cmd" && fake GSTAGE_PRELOAD=libgstage-preload.so \
		"$TMP/usr/bin/gstage" exec -m max -- "$VMM" env LD_PRELOAD)
}
run relative
prints 'a relative GSTAGE_PRELOAD becomes absolute for the VMM' "$LIB:$FAKE"
run gx GSTAGE_PRELOAD=/nonexistent -- -m max -- "$VMM" vms 1
exits 'a missing library is an error' 125 'cannot use the library in GSTAGE_PRELOAD'
run gx GSTAGE_PRELOAD="$HERE/run" -- -m max -- "$VMM" vms 1
exits 'a file that is not a library is an error' 125 'not a shared library'
rm "$TMP/usr/lib/gstage/libgstage-preload.so"
run fake "$TMP/usr/bin/gstage" exec -m max -- "$VMM" vms 1
exits 'an installation without the library is an error' 125 'cannot find libgstage'
mkdir "$TMP/a b"
cp "$GSTAGE" "$LIB" "$TMP/a b/"
run fake "$TMP/a b/gstage" exec -m max -- "$VMM" vms 1
exits 'a path that LD_PRELOAD cannot have is an error' 125 'a space or a colon'

# Wrong arguments.
run gx -- -- "$VMM" vms 1
prints 'no mode: no choice' 10
run gx FAKEKVM_MASK=0 GSTAGE_MODE=sv39x4 -- -- "$VMM" env GSTAGE_MODE GSTAGE_ALIGN
prints 'no mode: a stock module will do' '(unset)
1'
run gx -- --align=off -- "$VMM" vms 1
exits 'no mode, no alignment: nothing to do' 125 'nothing to do'
run gx -- --align=2M -- "$VMM" vms 1
exits 'an unknown alignment' 125 "unknown alignment '2M': give auto or off"
run gx GSTAGE_ALIGN=1 -- -a off -m max -- "$VMM" env GSTAGE_ALIGN GSTAGE_ADVISE
prints 'only the option turns alignment off' '(unset)
(unset)'
run gx -- -m sv64x4 -- "$VMM" vms 1
exits 'an unknown mode: the error lists the modes' 125 \
	"unknown mode 'sv64x4'.* sv39x4, .*, max and auto$"
run gx -- -m '' -- "$VMM" vms 1
exits 'an empty mode is unknown' 125 "unknown mode ''"
run gx -- -m max
exits 'no VMM' 125 'no VMM given'
run gx -- -m max --
exits 'no VMM after --' 125 'no VMM given'
run gx -- --nonsense -m max -- "$VMM"
exits 'exec: an unknown option is an error of gstage, 125' 125 nonsense
run gx FAKEKVM_MASK=0x500 -- -m sv48x4 -- "$VMM" vms 1
exits 'a mode that the host lacks: the error lists the modes that it has' 125 \
	'does not have sv48x4; it has sv39x4, sv57x4$'
holds 'a mode that the host lacks: the VMM does not run' test ! -s "$TMP/out"
run gx -- -m sv32x4 -- "$VMM" vms 1
exits 'the mode of RV32 on RV64' 125 'does not have sv32x4'
run gx FAKEKVM_MASK=0 -- -m max -- "$VMM" exit 3
exits 'exec on a stock module' 125 "not gstage's" 'modprobe kvm.*insmod'
run gx FAKEKVM_OPEN=13 -- -m max -- "$VMM" exit 3
exits 'exec without permission' 125 'no permission'

run gx FAKEKVM_MASK=0 -- -m auto -- "$VMM" exit 3
exits 'exec with auto on a stock module' 125 "not gstage's" 'modprobe kvm.*insmod'
run gx -- -m AUTO -- "$VMM" env GSTAGE_MODE
prints 'auto in capitals' auto

# VMMs that gstage cannot start, or that ignore the preload library.
run gx -- -m max -- no-such-vmm
exits 'a VMM not in PATH' 127 "cannot find the VMM 'no-such-vmm' in PATH"
mkdir -m 0 "$TMP/closed"
run fake PATH="$TMP/closed" "$GSTAGE" exec -m max -- no-such-vmm
exits 'a folder of PATH that cannot be read is skipped' 127 'cannot find'
run gx -- -m max -- "$TMP/no-such-vmm"
exits 'a VMM not at its path' 127 'cannot find the VMM'
run gx -- -m max -- ''
exits 'an empty name' 127 'cannot find the VMM'
run gx -- -m max -- "$HERE/run/vmm"
exits 'a path through a file' 127 'cannot find the VMM'
cp "$VMM" "$TMP/plain" && chmod 644 "$TMP/plain"
run gx -- -m max -- "$TMP/plain"
exits 'a VMM without the x bit' 126 'cannot execute .*: Permission' 'chmod'
run fake PATH="$TMP:/nonexistent" "$GSTAGE" exec -m max -- plain
exits 'a VMM in PATH without the x bit' 126 'cannot execute'
run gx -- -m max -- "$TMP"
exits 'a directory' 126 'cannot execute'
for kind in static static-pie; do
	run gx -- -m max -- "$BUILD/vmm-$kind" vms 1
	exits "a $kind VMM" 125 'is statically linked' 'dynamically linked build'
done
run gx -- -m sv39x4 -- "$BUILD/vmm-no-pie" vms 1
prints 'a VMM that is not position-independent' 8
run gx -- -m max -- "$BUILD/vmm-musl" vms 1
exits 'a VMM of another libc' 125 'is linked with musl'
run gx -- -m max -- "$BUILD/vmm-no-linker" vms 1
exits 'a VMM whose dynamic linker is missing' 127 'cannot execute' interpreter

# patched [OFFSET OCTAL]...: copy the fake VMM, and change some bytes of it.
patched()
{
	cp "$VMM" "$TMP/patched"
	while [ $# -gt 0 ]; do
		printf '%b' "\\0$2" | dd of="$TMP/patched" bs=1 seek="$1" \
			conv=notrunc status=none
		shift 2
	done
}
patched 18 363
run gx -- -m max -- "$TMP/patched"
exits "a VMM for another machine" 126 'another machine: it is 64-bit RISC-V, not 64-b'
patched 4 1
run gx -- -m max -- "$TMP/patched"
exits "a VMM of another width" 126 'another machine: it is 32-bit'
patched 5 2 16 0 17 3
run gx -- -m max -- "$TMP/patched"
exits "a VMM of another byte order" 126 'other byte order'
patched 54 7
run gx -- -m max -- "$TMP/patched"
exits 'program headers of a wrong size: the kernel refuses the program' 126 'Exec format error'
patched 39 177
run gx -- -m max -- "$TMP/patched"
exits 'program headers past the end of the file are ignored' 125 'statically'
cp "$BUILD/relocatable" "$TMP/object" && chmod +x "$TMP/object"
run gx -- -m max -- "$TMP/object"
exits 'an object file' 126 'neither an ELF program nor a script'
head -c 19 "$VMM" >"$TMP/short" && chmod +x "$TMP/short"
run gx -- -m max -- "$TMP/short"
exits 'a cut-off program' 126 'neither an ELF program nor a script'
: >"$TMP/empty" && chmod +x "$TMP/empty"
run gx -- -m max -- "$TMP/empty"
exits 'an empty file' 126 'neither an ELF program nor a script'

printf '#!/bin/sh\n"%s" vms 2\nexit 5\n' "$VMM" >"$TMP/script"
chmod +x "$TMP/script"
run gx -- -m sv48x4 -- "$TMP/script"
exits "a script: its exit status is returned" 5
holds 'a script: the VMM that it starts gets the mode' \
	test "$(cat "$TMP/out")" = '9 9'
printf '#!/nonexistent/sh\n' >"$TMP/script"
run gx -- -m max -- "$TMP/script"
exits 'a script whose interpreter is missing' 127 'cannot execute' interpreter

# This needs a file of another user, on a file system that honours the setuid bit.
cp "$BUILD/vmm-no-pie" "$TMP/setuid"
if [ "$(id -u)" -eq 0 ] && ! findmnt -no OPTIONS -T "$TMP" | grep -q nosuid &&
	chown 65534:65534 "$TMP/setuid" && chmod 4755 "$TMP/setuid"; then
	run gx -- -m max -- "$TMP/setuid" vms 1
	exits 'a setuid VMM' 125 'ignore the preload library, because it is setuid'
	chmod 2755 "$TMP/setuid"
	run gx -- -m max -- "$TMP/setuid" vms 1
	exits 'a setgid VMM' 125 'because it is setgid'
	chown 0:0 "$TMP/setuid" && chmod 4755 "$TMP/setuid"
	run gx -- -m sv39x4 -- "$TMP/setuid" vms 1
	prints "a VMM that is setuid to the user who runs it" 8
	chown 65534:65534 "$TMP/setuid" && chmod 4755 "$TMP/setuid"
	run setpriv --no-new-privs env LD_PRELOAD="$FAKE" "$GSTAGE" exec \
		-m sv39x4 -- "$TMP/setuid" exit 4
	exits 'a setuid VMM on a file system that ignores the bit' 4
else
	skip 'a setuid VMM' 'needs root, and no nosuid'
fi

# Errors as JSON.
run gx FAKEKVM_MASK=0x500 -- --json -m sv48x4 -- "$VMM" vms 1
json 'json: an unsupported mode' 125 err 'length == 1 and .[0].version == 1 and
	.[0].error.code == "unsupported-mode" and .[0].error.status == 125'
run gx -- --json -m max -- no-such-vmm
json 'json: a VMM not found' 127 err '.[0].error.code == "vmm-not-found" and
	.[0].error.status == 127'
odd=$(printf 'q"b\\t\tn\001 e\303\251 bad\377 long\360\200\200\200 cut\342\202')
run gx -- --json -m max -- "$TMP/$odd"
json 'json: any bytes in a name give valid JSON' 127 err \
	'.[0].error.message | contains("q\"b\\t\tn\u0001 e\u00e9 bad\ufffd long")'
# Use iconv, because jq would repair bytes that are not UTF-8.
holds 'json: any bytes in a name give valid UTF-8' iconv -f UTF-8 -t UTF-8 -o /dev/null "$TMP/err"
