# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The strict machine of lab/strict, which replaces QEMU. Sourced by lab/lab.

make_strict() {
	as_of_now
	in_root make -s -C /gstage/lab/strict OUT=/gstage/build/strict -j"$(nproc)"
	fresh "$BUILD/strict/strict"
}

# need_strict: build the strict machine if the user has chosen it.
need_strict() {
	[ "$EMULATOR" = strict ] || return 0
	build_alone
	if stale "$BUILD/strict/strict" lab/strict; then step "building the strict machine" make_strict; fi
	exec 8>&-
}

# strict_command: set QEMU to its command line. It has three serial ports: for the kernel's messages, for the program's output, and
# for messages of init to the lab. Where one boot serves many runs, each run has a seed of its own, and the boot is always the same.
strict_command() {
	local seed=$SEED
	[ "$LAB_MODE" != serve ] || seed=1
	QEMU=(/gstage/build/strict/strict --kernel /kernel/Image --initrd /run/lab/initrd --smp "$SMP" --mem "$MEM" --cpu "$CPU"
		--append "console=ttyS0 quiet panic=-1" --seed "$seed" --reports /run/lab/reports)
	# shellcheck disable=SC2206 # options are words
	QEMU+=($STRICT_OPTIONS)
	[ -z "$TRACE" ] || QEMU+=(--trace)
	[ "$1" != exec ] || QEMU+=(--serial /run/lab/serial --control /run/lab/control)
	# Each run has a file, so do not write to the pipe "out", which no process reads then.
	[ "$LAB_MODE" != exec ] || QEMU+=(--console /run/lab/out)
}

# strict_reports: fail if the machine has reported anything.
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

# The tests that run for many seeds if the user names none. They do not count faults, and do not use a clock.
STRICT_TESTS=(hgatp three-vms goback vsatp vs-fence stale turns)

# strict_name TEST SEED: print the name of a run.
strict_name() { echo "$1@$KERNEL${HOST:+.$HOST}-$SMP-$2"; }

# with_arguments TEST: print the program and its arguments, as tests/strict/TESTS has them.
with_arguments() {
	awk -v test="$1" '$1 == test { $2 = ""; found = 1; print } END { if (!found) print test }' "$TOP/tests/strict/TESTS" | xargs
}

# strict_jobs TEST...: print a line for each test and seed that has no result yet.
strict_jobs() {
	local test seed name
	for test; do
		for ((seed = SEED; seed < SEED + SEEDS; seed++)); do
			name=$(strict_name "$test" "$seed")
			if [ -z "$TRACE" ] && [ "$LOGS/strict/$name.tap" -nt "$BUILD/$(module_out "$MODULE")/kvm.ko" ] &&
					[ "$LOGS/strict/$name.tap" -nt "$BUILD/strict/strict" ]; then
				continue
			fi
			echo "/run/lab/jobs.d/$name $seed hostile export GSTAGE_MODULE=$MODULE GSTAGE_CPU=$CPU_NAME" \
				"GSTAGE_KERNEL=$KERNEL GSTAGE_SLOWER=10; exec ./$(with_arguments "$test")"
		done
	done
}

# strict_problem FILES LOG STATUS: print what was wrong with a run, beside failed results: reports, kernel messages, how it ended.
strict_problem() {
	local last
	last=$(tail -n 1 "$1.control" | tr -d '\r')
	if grep -q '^strict: report' "$1.reports"; then
		echo "the machine has reports: $(grep -m1 '^strict: report' "$1.reports")"
	elif grep -aqE "$SPLAT" "$1.serial"; then
		echo "kernel message: $(grep -aEm1 "$SPLAT" "$1.serial" | tr -d '\r')"
	elif [[ $last != "exit "* ]]; then
		echo "the program did not end (the machine's status is $3)"
	elif [ "$last" != 'exit 0' ] && "$TOP/tests/tally" "$2" >/dev/null; then
		echo "the program's status is ${last#exit }, but no result failed"
	fi
}

# strict_result JOB STATUS SECONDS: a run has ended, and took so much processor time. Make results of its TAP, its reports and its kernel's messages.
strict_result() {
	local job=$1 name=${1##*/} log why
	log=$LOGS/strict/$name.tap
	tr -d '\r' <"$RUN/jobs.d/$name.console" >"$log"
	why=$(strict_problem "$RUN/jobs.d/$name" "$log" "$2")
	rm -f "$LOGS/strict/$name.host.tap"
	[ -z "$why" ] || printf '1..1\nnot ok 1 - %s\n' "$why" >"$LOGS/strict/$name.host.tap"
	if [ -n "$TRACE" ]; then
		cp "$RUN/jobs.d/$name.reports" "$LOGS/strict/"
		echo "     the last events of each hart: $LOGS/strict/$name.reports"
	fi
	if "$TOP/tests/tally" "$LOGS/strict/$name".*tap >"$RUN/tallied"; then
		printf 'ok   %-32s %s  (%s s)\n' "$name" "$(tail -n 1 "$RUN/tallied")" "$3"
		return
	fi
	printf 'FAIL %-32s %s\n' "$name" "$(tail -n 1 "$RUN/tallied")"
	sed '$d; s/^/     /' "$RUN/tallied"
	cp "$RUN/jobs.d/$name.serial" "$RUN/jobs.d/$name.reports" "$LOGS/strict/"
	echo "     again, to the last instruction: lab/lab strict --kernel $KERNEL${HOST:+ --host $HOST} --module $MODULE --smp $SMP --seed ${name##*-} --seeds 1 --trace ${name%%@*}"
}

# lab_strict TEST...: boot the strict machine once, and then run each test for each seed from that state.
lab_strict() {
	local test f job status seconds
	EMULATOR=strict
	[ -z "$WITH_MISTAKES" ] || { lab_mistakes "$@"; return; }
	[ $# -gt 0 ] || set -- "${STRICT_TESTS[@]}"
	# shellcheck disable=SC2046 # words
	[ "$*" != all ] || set -- $(awk -v harts="$SMP" '/^[a-z]/ && $2 <= harts { print $1 }' "$TOP/tests/strict/TESTS")
	need_host
	build_alone
	step "building the test programs" make_programs
	exec 8>&-
	mkdir -p "$LOGS/strict"
	new_run serve
	mkdir "$RUN/jobs.d"
	# All programs of the list, so that a run does not depend on which others were named.
	while read -r test; do put "$BUILD/tests/$test"; done < <({ awk '/^[a-z]/ { print $1 }' "$TOP/tests/strict/TESTS"; printf '%s\n' "$@"; } | sort -u)
	for f in "${WITH[@]}"; do put "$f"; done
	strict_jobs "$@" >"$RUN/jobs"
	if [ -s "$RUN/jobs" ]; then
		# Harts of 50 million instructions a second: many tests run for a time, and are over sooner. With 20 million storm does not end.
		STRICT_OPTIONS="--ticks 5 $STRICT_OPTIONS --jobs /run/lab/jobs --parallel $(nproc) --limit 20000000000"
		ready_to_boot exec
		while read -r job status seconds; do strict_result "$job" "$status" "$seconds"; done < <("${ROOT_COMMAND[@]}" <&- 2>"$RUN/boot.err")
	fi
	for test; do
		for ((seed = SEED; seed < SEED + SEEDS; seed++)); do
			f=$LOGS/strict/$(strict_name "$test" "$seed")
			[ -f "$f.tap" ] || printf '1..1\nnot ok 1 - the machine did not start this run\n' >"$f.host.tap"
		done
	done
	"$TOP/tests/tally" "$LOGS/strict"/*.tap
}
