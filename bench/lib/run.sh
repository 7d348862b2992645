# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The options --kernel, --tree, --host and --emulator of the benches, which go to lab/lab. The benches source this file, and set LAB
# and OUT.

WHERE=()        # these options

# where OPTION [VALUE]: take such an option. Fails if it is another one.
where() {
	case $1 in --kernel | --tree | --host | --emulator) ;; *) return 1 ;; esac
	[ $# -ge 2 ] || die "$1 needs a value"
	WHERE+=("$1" "$2")
}

die() {
	echo "bench: $1" >&2
	exit 1
}

# alone: two benches would write the same files, and disturb each other.
alone() {
	mkdir -p "$OUT"
	exec 9>>"$OUT/.lock"
	flock -n 9 || die "another bench is running in this checkout: wait until it ends"
}

# where_is: ask the lab what these options stand for, which also refuses wrong ones. Sets
#	KERNEL		the series: 6.12
#	CPU		QEMU's -cpu, or that of the strict machine
#	EMULATOR	qemu or strict
#	MODULE		the build of our kvm.ko that the host needs, and its parameters
#	MACHINE		the name of the host, if it has one
#	COUNTING	options with which lab/lab counts instructions in place of time: 1 instruction is 1 ns
# shellcheck disable=SC2034 # the benches use them
where_is() {
	local status i
	status=$("$LAB" status "${WHERE[@]}")
	KERNEL=$(sed -n 's/^kernel \([^:]*\):.*/\1/p' <<<"$status")
	read -r EMULATOR CPU MODULE < <(sed -n 's/^host: \([^,]*\), -cpu \([^ ;]*\)[^;]*; kvm.ko: \(.*\)/\1 \2 \3/p' <<<"$status")
	CPU=${CPU%,}
	case $EMULATOR in
	qemu) COUNTING=(--icount --smp 1) ;;
	strict) COUNTING=(--strict '--ticks 100' --smp 1) ;;
	esac
	MACHINE=''
	for ((i = 0; i < ${#WHERE[@]}; i += 2)); do
		[ "${WHERE[i]}" != --host ] || MACHINE=${WHERE[i + 1]}
	done
}

# where_needs_no_test_build: refuse a host that only the test build of kvm.ko plays.
where_needs_no_test_build() {
	[ "$MODULE" = gstage ] ||
		die "on QEMU only the test build of kvm.ko plays the host $MACHINE (${MODULE#* }): add --emulator strict, whose harts are like that"
}

# where_note: print the kernel and the host, for a note below a table. The lab has set up the kernel.
where_note() {
	local machine
	case $EMULATOR in
	qemu) machine="QEMU $("$LAB" root "${WHERE[@]}" qemu-system-riscv64 --version | sed -n '1s/.*version \([^ ]*\).*/\1/p') (TCG" ;;
	strict) machine='the strict machine (docs/STRICT.md' ;;
	esac
	echo "Kernel $("$LAB" root "${WHERE[@]}" modinfo -F vermagic /kernel/kvm.ko | cut -d' ' -f1) in $machine," \
		"${MACHINE:+host $MACHINE: }-cpu $CPU"
}
