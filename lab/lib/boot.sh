# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Booting the emulated host: initramfs, QEMU, the result of a run, kernel splats. Sourced by lab/lab.

RUN=            # the folder of this run; /run/lab in the lab root

# Lines that a kernel prints for a warning, an oops or a panic.
SPLAT='WARNING: |BUG: |Oops|Call Trace|Kernel panic|rcu: INFO: .*stall|detected stalls|soft lockup|blocked for more than|Unable to handle kernel|refcount_t: '

# run_folder: make an empty folder for a run.
run_folder() {
	local tmp=${TMPDIR:-/tmp} d pid
	# Delete the folders of labs that were killed by SIGKILL.
	for d in "$tmp"/gstage-lab.*; do
		pid=${d##*/gstage-lab.}
		[ ! -d "$d" ] || [ -d "/proc/${pid%%.*}" ] || rm -rf "$d"
	done
	RUN=$(mktemp -d "$tmp/gstage-lab.$$.XXXXXX")
	TRASH+=("$RUN")
	mkfifo "$RUN/out"
}

# new_run MODE: begin a run, with an initramfs tree of busybox, init and the chosen kvm.ko.
new_run() {
	run_folder
	LAB_MODE=$1
	mkdir -p "$RUN"/tree/{w,lab,bin,etc}
	cp "$RV/busybox" "$RUN/tree/bin/"
	cp "$LAB/host/init" "$RUN/tree/"
	# With --icount QEMU has one thread for all harts, which needs no lab_notifiers.ko. Measure the host without it. The strict
	# machine executes patched code at once, and needs no lab_notifiers.ko either.
	[ -n "$ICOUNT" ] || [ "$EMULATOR" = strict ] || cp "$BUILD/lab-$KERNEL/lab_notifiers.ko" "$RUN/tree/lab/"
	case $MODULE in
	gstage | gstage-test) cp "$BUILD/$(module_out "$MODULE")/kvm.ko" "$RUN/tree/lab/" ;;
	stock) cp "$KDIR_CACHE/kvm.ko" "$RUN/tree/lab/" ;;
	esac
	printf 'LAB_MODE=%s\nLAB_PARAMS=%s\nLAB_EMULATOR=%s\n' "$1" "$(quoted "${PARAMS[*]}")" "$EMULATOR" >"$RUN/tree/lab/conf"
	: >"$RUN/control"
}

# quoted WORD...: print the words, quoted for any shell.
quoted() {
	local w out=
	for w; do out+="'${w//\'/\'\\\'\'}' "; done
	printf '%s' "${out% }"
}

# put FILE: copy a file into /w of the host.
put() {
	local to=$RUN/tree/w/${1##*/}
	[ -f "$1" ] || die "there is no file $1"
	[ ! -e "$to" ] || die "two files have the name ${1##*/}" "files are copied into one folder: rename one of them"
	# An ELF file has its machine in bytes 18 and 19; RISC-V is 243.
	if [ "$(head -c 4 "$1" | od -An -c | tr -d ' ')" = '177ELF' ] &&
			[ "$(od -An -tu2 -j18 -N2 "$1" | tr -d ' ')" != 243 ]; then
		die "$1 is not a RISC-V program" "build it with the cross compiler: lab/lab root riscv64-linux-gnu-gcc -static ..."
	fi
	cp "$1" "$to"
	chmod 755 "$to"
}

# qemu_command exec|shell: set QEMU to the command line.
qemu_command() {
	local machine=virt cpu=$CPU append="console=ttyS0 quiet panic=-1"
	[ -z "$MACHINE" ] || machine+=,$MACHINE
	# With Sscofpmf KVM gives guests a PMU, and then the guest's kernel lets user space read the time. QEMU 10.0 forbids that on the
	# boot vCPU (scounteren 0), and a kernel without a PMU does not allow it again.
	[ -z "$WITH_QEMU" ] || cpu+=,sscofpmf=on
	qemu_program
	QEMU+=(-M "$machine" -cpu "$cpu" -smp "$SMP" -m "$MEM" -nodefaults -no-reboot -display none
		-kernel /kernel/Image -initrd /run/lab/initrd)
	if [ -n "$ICOUNT" ]; then
		QEMU+=(-icount "shift=0,sleep=off" -rtc "base=2026-01-01,clock=vm" -seed 42)
	fi
	if [ "$1" = exec ]; then
		# Without ioeventfd the hart's own thread serves the port. Otherwise runs with --icount would differ.
		QEMU+=(-append "$append" -serial file:/run/lab/serial -device "virtio-serial-pci,ioeventfd=off"
			-chardev "file,id=out,path=/run/lab/out" -device "virtconsole,chardev=out"
			-chardev "file,id=control,path=/run/lab/control"
			-device "virtserialport,chardev=control,name=gstage.lab")
	else
		QEMU+=(-append "$append" -serial mon:stdio)
	fi
}

# boot_script exec|shell: print the script that runs in the lab root: pack the initramfs, boot, copy the output.
boot_script() {
	# The same files must give the same archive, because runs with --icount must be equal.
	# Strip modules for the strict machine: their debug information is most of the initramfs, and takes most of its boot time.
	[ "$EMULATOR" != strict ] || echo 'for m in /run/lab/tree/lab/*.ko; do [ ! -f "$m" ] || riscv64-linux-gnu-strip -g "$m"; done'
	echo 'set -e; cd /run/lab/tree; find . -exec touch -hd @0 {} +
		find . | sort | cpio --quiet --reproducible -o -H newc >../initrd; cd ..'
	[ -z "$WITH_QEMU" ] || echo 'cat /rv/bundle.cpio /guest/guest.cpio >>initrd'
	[ -z "$WITH_TOOLS" ] || echo 'cat /tools/bundle.cpio >>initrd'
	if [ "$1" = exec ]; then
		[ "$EMULATOR-$LAB_MODE" != strict-serve ] || { echo "exec $(quoted "${QEMU[@]}")"; return; }
		echo 'cat out & status=0'
		echo "timeout -k 2 $TIMEOUT $(quoted "${QEMU[@]}") </dev/null 2>qemu.err >&2 || status=\$?"
		echo 'wait; exit $status'
	else
		echo "exec $(quoted "${QEMU[@]}")"
	fi
}

# ready_to_boot MODE: set ROOT_COMMAND to the command that boots the host. This command prints the program's output.
ready_to_boot() {
	case $EMULATOR in
	qemu) qemu_command "$1" ;;
	strict) strict_command "$1" ;;
	esac
	boot_script "$1" >"$RUN/boot"
	ROOT_BINDS=("$RUN" /run/lab "$RV" /rv)
	[ -z "$WITH_QEMU" ] || ROOT_BINDS+=("$BUILD/guest-$KERNEL" /guest)
	[ -z "$WITH_TOOLS" ] || ROOT_BINDS+=("$TOOLS" /tools)
	root_command
	ROOT_COMMAND+=(bash /run/lab/boot)
}

splats() { grep -aE "$SPLAT" "$RUN/serial" 2>/dev/null; }

# keep_logs: keep the logs of a failed run, and set KEPT to their folder.
keep_logs() {
	KEPT=$BUILD/lab-logs/$(date +%H%M%S)-$$
	mkdir -p "$KEPT"
	cp "$RUN/serial" "$RUN/qemu.err" "$RUN/control" "$KEPT/" 2>/dev/null || :
}

# verdict QEMU_STATUS: explain how the run ended. Return the program's status, or exit with the lab's own.
verdict() {
	local last
	last=$(tail -n 1 "$RUN/control" | tr -d '\r')
	strict_reports
	if [ -n "$SPLAT_CHECK" ] && splats >"$RUN/splats"; then
		keep_logs
		say "the host's kernel is in trouble:"
		grep -aE -m1 -A 25 "$SPLAT" "$RUN/serial" | tr -d '\r' >&3
		die "kernel message: $(head -n 1 "$RUN/splats" | tr -d '\r')" "the whole log is in $KEPT/serial; --allow-splat accepts kernel warnings"
	fi
	case $last in
	"exit "*) return "${last#exit }" ;;
	"fail "*) keep_logs; die "${last#fail }" "the host's log is in $KEPT/serial" ;;
	esac
	keep_logs
	if [ "$1" -eq 124 ] || [ "$1" -eq 137 ]; then
		say "the program did not end within $TIMEOUT s, and the host was stopped (log: $KEPT/serial; --timeout S allows more time)"
		exit 124
	fi
	[ ! -s "$RUN/qemu.err" ] || head -n 5 "$RUN/qemu.err" >&3
	die "the host ended before the program did (QEMU's status is $1)" "the logs are in $KEPT"
}

# run_program FILE [ARGS...]: boot, run FILE, return its status.
run_program() {
	local f status=0
	new_run exec
	put "$1"
	for f in "${WITH[@]}"; do put "$f"; done
	{
		echo "export GSTAGE_MODULE=$MODULE GSTAGE_CPU=$(quoted "$CPU_NAME")"
		echo "exec $(quoted "./${1##*/}" "${@:2}")"
	} >"$RUN/tree/lab/job"
	ready_to_boot exec
	child "${ROOT_COMMAND[@]}" || status=$?
	verdict "$status"
}

lab_exec() {
	[ $# -gt 0 ] || usage_error "exec needs a FILE"
	need_host
	run_program "$@"
}

lab_shell() {
	local f
	need_host
	new_run shell
	for f in "$@" "${WITH[@]}"; do put "$f"; done
	say "Ctrl-D in the host or Ctrl-A X ends it"
	ready_to_boot shell
	"${ROOT_COMMAND[@]}" || :       # in the foreground, so that it has the terminal
}
