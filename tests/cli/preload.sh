# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# The preload library sets the mode of every VM, and changes nothing else.

for case in sv39x4:8 sv48x4:9 sv57x4:10 max:10; do
	run gx -- -m ${case%:*} -- "$VMM" vms 1
	prints "${case%:*} is mode ${case#*:}" ${case#*:}
done
for case in 0x100:8 0x300:9 0x700:10 0x500:10 2:1; do
	run gx FAKEKVM_MASK=${case%:*} -- -m max -- "$VMM" vms 1
	prints "max of mask ${case%:*} is mode ${case#*:}" ${case#*:}
done

log=$TMP/log
run gx FAKEKVM_LOG="$log" -- -m max -- "$VMM" vms 1
holds 'max: the library requests the widest mode, and nothing else' \
	test "$(cat "$log")" = "create_vm 0
enable_cap 247 flags 0 args 10 0 0 0"

# auto: a VM starts in the narrowest mode, and widens when a slot needs it.
for case in 0x100:8 0x700:8 0x600:9 0xf01:8 2:1; do
	run gx FAKEKVM_MASK=${case%:*} -- -m auto -- "$VMM" vms 1
	prints "auto of mask ${case%:*} starts in mode ${case#*:}" ${case#*:}
done
rm -f "$log"
run gx FAKEKVM_LOG="$log" -- -m auto -- "$VMM" vms 1
holds 'auto asks for the narrowest mode, and to grow' \
	test "$(cat "$log")" = "create_vm 0
enable_cap 247 flags 0 args 8 1 0 0"
grown='8
9
9
10'
run gx -- -m auto -- "$VMM" slots 0 0x20000000000 0 0x4000000000000
prints 'auto widens as slots need it' "$grown"
run gx GSTAGE_PRELOAD="$BUILD/bug-grow/libgstage-preload.so" -- -m auto -- \
	"$VMM" slots 0 0x20000000000 0 0x4000000000000
seeded=$(cat "$TMP/out")
holds 'the test catches a library that does not let the VM grow' \
	test "$seeded" = '8
no
8
no'
run gx -- -m sv39x4 -- "$VMM" slots 0 0x20000000000
prints 'a VM with a fixed mode does not widen' '8
no'
run gx FAKEKVM_EINTR=1 -- -m auto -- "$VMM" slots 0x20000000000
prints 'auto: an interrupted request is repeated' 9
rm -f "$log"
run gx FAKEKVM_OLD=1 FAKEKVM_LOG="$log" -- -m auto -- "$VMM" refused 2
prints 'auto on an older gstage: KVM_CREATE_VM fails' '22
22'
holds 'auto on an older gstage: every such VM is closed' \
	test "$(grep -c close_vm "$log")" -eq 2
exits 'auto on an older gstage: the message has the cause and the remedy' 0 \
	'no VM in mode auto: .* older gstage.*errno 22' 'load the kvm.ko of this'
run gx FAKEKVM_OLD=1 -- --json -m auto -- "$VMM" refused 1
json 'auto on an older gstage, as JSON' 0 err 'length == 1 and
	(.[0].error | .code == "old-module" and .mode == "auto" and
	.errno == 22 and (.remedy | contains("kvm.ko")))'
run gx FAKEKVM_OLD=1 -- -m max -- "$VMM" vms 1
prints 'other modes work on an older gstage' 10
run gx FAKEKVM_REFUSE=22 -- -m auto -- "$VMM" refused 1
exits 'a refusal of both requests does not count as an older gstage' 0 \
	'KVM_ENABLE_CAP refused it'

# QEMU creates five VMs for one guest. It uses all but the last one only to ask KVM.
run gx -- -m sv39x4 -- "$VMM" vms 5
prints 'each scratch VM gets the mode' '8 8 8 8 8'
run gx GSTAGE_PRELOAD="$BUILD/bug/libgstage-preload.so" -- -m sv39x4 -- \
	"$VMM" vms 5
seeded=$(cat "$TMP/out")
holds 'the test catches a library that only handles the first VM' \
	test "$seeded" = '8 10 10 10 10'

run gx -- -m sv39x4 -- "$VMM" late
prints 'a VMM can create a vCPU at once' 8
run gx -- -m sv48x4 -- "$VMM" threads 9
exits 'eight threads with fifty VMs each: all get the mode' 0
run gx -- -m sv48x4 -- "$VMM" forked 9
exits "a VM of a child gets the mode" 0
run gx FAKEVMM_EARLY=1 -- -m sv39x4 -- "$VMM" early
prints "a VM of a library's constructor that runs before ours gets the mode" 8
run gx FAKEKVM_EINTR=1 -- -m sv39x4 -- "$VMM" vms 3
prints 'an interrupted request is repeated' '8 8 8'
run gx FAKEKVM_EINTR=1 -- -m sv39x4 -- "$VMM" errno
exits 'a successful call does not change errno' 0
run gx -- -m sv39x4 -- "$VMM" others
exits "ioctls of other files are passed on unchanged" 0
run gx -- -m sv39x4 -- "$VMM" requests 8
exits 'request numbers of any width and sign are passed on' 0
rm -f "$log"
run gx FAKEKVM_LOG="$log" -- -m sv39x4 -- "$VMM" type 12345
holds "the argument of KVM_CREATE_VM is passed on" grep -qx 'create_vm 12345' "$log"

# If KVM refuses the mode, KVM_CREATE_VM must fail.
rm -f "$log"
run gx FAKEKVM_REFUSE=12 FAKEKVM_LOG="$log" -- -m sv39x4 -- "$VMM" refused 3
prints 'a refusal becomes the errno of KVM_CREATE_VM, and leaves no descriptor' "12
12
12"
holds 'the library closes each refused VM' \
	test "$(grep -c close_vm "$log")" -eq 3
holds 'a refusal is printed once, with mode and errno' \
	test "$(grep -c 'no VM in mode sv39x4: .*errno 12' "$TMP/err")" -eq 1
run gx FAKEKVM_REFUSE=16 -- --json -m sv39x4 -- "$VMM" refused 2
json 'a refusal as JSON' 0 err 'length == 1 and .[0].version == 1 and
	(.[0].error | .code == "mode-refused" and .mode == "sv39x4" and
	.errno == 16 and .pid > 1)'
run gx FAKEKVM_REFUSE=12 -- -m sv39x4 -- "$VMM" quiet
exits 'a refusal when stderr is closed' 0
rm -f "$log"
run gx FAKEKVM_CREATE=24 FAKEKVM_LOG="$log" -- -m sv39x4 -- "$VMM" refused 1
prints "a failure of KVM_CREATE_VM itself is passed on" 24
holds 'a failure of KVM_CREATE_VM itself: the library makes no request' \
	test "$(cat "$log")" = 'create_vm 0'

# The module may change after gstage has checked it, or a user may preload the library by hand.
by_hand()
{
	env LD_PRELOAD="$LIB:$FAKE" "$@"
}
run by_hand FAKEKVM_MASK=0x500 GSTAGE_MODE=sv48x4 "$VMM" refused 1
prints 'by hand: a mode that the host lacks' 22
run by_hand FAKEKVM_MASK=0 GSTAGE_MODE=max "$VMM" refused 1
prints 'by hand: max on a stock module' 22
holds 'by hand: the message says that the module is not gstage' grep -q "not gstage's" "$TMP/err"
run by_hand GSTAGE_MODE='"x' GSTAGE_JSON=1 "$VMM" refused 1
json 'by hand: an unknown mode, and valid JSON' 0 err \
	'.[0].error.message == "no such mode" and .[0].error.mode == "?x"'
run by_hand "$VMM" vms 2
prints 'by hand: without a mode the library changes nothing' '10 10'

run gx -- -v -m sv39x4 -- "$VMM" vms 2
holds 'verbose: one line for each VM' test "$(grep -cE \
	'^gstage: pid [0-9]+: VM with fd [0-9]+: sv39x4 \(hgatp mode 8, GPA bits 41\)$' \
	"$TMP/err")" -eq 2
run gx -- -v --json -m max -- "$VMM" vms 2
json 'verbose: as JSON' 0 err 'length == 2 and ([.[] | .version == 1 and
	(.vm | .mode == "sv57x4" and .hgatp_mode == 10 and .gpa_bits == 59 and
	.fd > 2 and .pid > 1)] | all)'
run gx -- -v -m auto -- "$VMM" vms 1
exits 'verbose: auto and the mode that the VM starts in' 0 \
	': auto, from sv39x4 \(hgatp mode 8, GPA bits 41\)$'
run gx -- -v --json -m auto -- "$VMM" vms 1
json 'verbose: auto as JSON' 0 err \
	'.[0].vm | .mode == "sv39x4" and .hgatp_mode == 8 and .grow == true'
run gx -- -v --json -m sv39x4 -- "$VMM" vms 1
json 'verbose: a mode that does not grow, as JSON' 0 err '.[0].vm.grow == false'
# Messages go to the file that stderr was when the VMM started, and to no other file.
for flags in '' '-v' '-v --json'; do
	for vmm in reuse reuse-all; do
		# shellcheck disable=SC2086 # flags are words
		run gx FAKEKVM_REFUSE=12 -- $flags -m max -- "$VMM" $vmm "$TMP/disk"
		exits "no message goes to a disk image that has descriptor 2 now: $vmm, a refusal, flags '$flags'" 0
	done
	# shellcheck disable=SC2086
	run gx -- $flags -m max -- "$VMM" reuse "$TMP/disk"
	exits "no message goes to a disk image that has descriptor 2 now: a VM, flags '$flags'" 0
done
run gx -- -v -m max -- "$VMM" reuse "$TMP/disk"
exits 'verbose: messages after that still go to the first stderr' 0 ': sv57x4 \(hgatp mode 10'
run gx FAKEKVM_REFUSE=12 -- -m max -- "$VMM" daemon
prints 'a VMM that becomes a daemon: not verbose: the library does not keep stderr open' 0
run gx -- -v -m max -- "$VMM" daemon
prints 'a VMM that becomes a daemon: verbose: the library keeps stderr open' 1
run gx -- -m max -- "$VMM" vms 2
holds 'not verbose: no messages' test ! -s "$TMP/err"
