# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The strict machine of lab/strict in the place of QEMU. Sourced by lab/lab.

make_strict() {
	as_of_now
	in_root make -s -C /gstage/lab/strict OUT=/gstage/build/strict -j"$(nproc)"
	fresh "$BUILD/strict/strict"
}

# need_strict: build it, if it is what was asked for.
need_strict() {
	[ "$EMULATOR" = strict ] || return 0
	build_alone
	if stale "$BUILD/strict/strict" lab/strict; then step "building the strict machine" make_strict; fi
	exec 8>&-
}

# strict_command: fill QEMU with its command line. It has three serial ports: the kernel's messages, the program's output,
# and what init tells the lab.
strict_command() {
	QEMU=(/gstage/build/strict/strict --kernel /kernel/Image --initrd /run/lab/initrd --smp "$SMP" --mem "$MEM" --cpu "$CPU"
		--append "console=ttyS0 quiet panic=-1" --seed "$SEED" --reports /run/lab/reports)
	# shellcheck disable=SC2206 # options are words
	QEMU+=($STRICT_OPTIONS)
	[ -z "$TRACE" ] || QEMU+=(--trace)
	[ "$1" != exec ] || QEMU+=(--serial /run/lab/serial --console /run/lab/out --control /run/lab/control)
}

# strict_reports: leave with what the machine has reported, if it has.
strict_reports() {
	[ -n "$TRACE" ] || grep -q '^strict: report' "$RUN/reports" 2>/dev/null || return 0
	keep_logs
	cp "$RUN/reports" "$KEPT/"
	if grep '^strict: report' "$RUN/reports" >"$RUN/reported"; then
		head -n 5 "$RUN/reported" >&3
		die "the strict machine has reports ($(wc -l <"$RUN/reported"); seed $SEED)" "all of them are in $KEPT/reports; --trace adds the last events of each hart"
	fi
	say "the last events of each hart are in $KEPT/reports"
}
