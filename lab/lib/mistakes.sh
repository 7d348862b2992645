# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Mistakes that the test build of the module makes on purpose, and whether QEMU and the strict machine see them. Sourced by lab/lab.
#
# The list is tests/strict/MISTAKES. Results are in build/test-logs/kvm/mistakes, and a second command does only what has no result yet.

MISTAKES=$TOP/tests/strict/MISTAKES

# Each row is an index into these. R_HOST is the harts and the parameters of the module.
R_MISTAKE=() R_HOST=() R_COMMAND=() R_NAME=()

# read_mistakes MISTAKE...: the rows of all mistakes, or of those named.
read_mistakes() {
	local wanted=" $* " mistake harts params command
	while read -r mistake harts params command; do
		[[ -n $mistake && $mistake != '#'* ]] || continue
		[ "$wanted" = '  ' ] || [[ $wanted = *" $mistake "* ]] || continue
		R_MISTAKE+=("$mistake")
		R_HOST+=("$harts $params")
		R_COMMAND+=("$command")
		R_NAME+=("$mistake-${command// /_}-$harts${params#-}")
	done <"$MISTAKES"
	[ ${#R_NAME[@]} -gt 0 ] || usage_error "tests/strict/MISTAKES has no such mistake: $*"
}

# mistake_done FILE: is there this result, and is it of the present module and machine?
mistake_done() {
	[ "$1" -nt "$BUILD/$(module_out gstage-test)/kvm.ko" ] && [ "$1" -nt "$BUILD/strict/strict" ]
}

# failed_results LOG: print how many results of a run have failed, if any has, or that the program gave up.
failed_results() {
	local failed
	failed=$(grep -c '^not ok' "$1" || :)
	if [ "$failed" -gt 0 ]; then
		echo "$failed of $(grep -cE '^(not )?ok' "$1") results fail"
	else
		sed -n 's/^Bail out! \(.*\)/the program gives up: \1/p' "$1"
	fi
}

# mistake_seen ROW: has a seed seen it?
mistake_seen() {
	local f=$LOGS/mistakes/${R_NAME[$1]}.seen
	[ -s "$f" ] && mistake_done "$f"
}

# mistakes_boot HOST SEED: one boot of the strict machine, and a run of each row of this host that no seed has seen yet.
mistakes_boot() {
	local n f job status params=${1#* } dir=$LOGS/mistakes
	local -A programs=()
	SMP=${1%% *} MODULE=gstage-test PARAMS=()
	[ "$params" = - ] || read -ra PARAMS <<<"${params//,/ }"
	new_run serve
	mkdir "$RUN/jobs.d"
	: >"$RUN/jobs"
	for n in "${!R_NAME[@]}"; do
		if [ "${R_HOST[$n]}" != "$1" ] || mistake_seen "$n" || mistake_done "$dir/${R_NAME[$n]}-$2.result"; then continue; fi
		programs[${R_COMMAND[$n]%% *}]=1
		echo "/run/lab/jobs.d/$n $2 hostile export GSTAGE_MODULE=$MODULE GSTAGE_CPU=$CPU_NAME GSTAGE_KERNEL=$KERNEL;" \
			"echo ${R_MISTAKE[$n]} >/sys/module/kvm/parameters/test_mistake; exec ./${R_COMMAND[$n]}" >>"$RUN/jobs"
	done
	[ -s "$RUN/jobs" ] || { rm -rf "$RUN"; return 0; }
	for f in "${!programs[@]}"; do put "$BUILD/tests/$f"; done
	STRICT_OPTIONS="--jobs /run/lab/jobs --parallel $(nproc) --limit 20000000000"
	ready_to_boot exec
	while read -r job status _; do
		n=${job##*/}
		mistake_result "$n" "$2" "$status"
	done < <("${ROOT_COMMAND[@]}" <&- 2>"$RUN/boot.err")
	rm -rf "$RUN"
}

# mistake_result ROW SEED STATUS: what a run on the strict machine has shown.
mistake_result() {
	local from=$RUN/jobs.d/$1 to=$LOGS/mistakes/${R_NAME[$1]} log=$RUN/jobs.d/$1.tap text failed
	tr -d '\r' <"$from.console" >"$log"
	text=$(strict_problem "$from" "$log" "$3")
	failed=$(failed_results "$log")
	text=$failed${failed:+${text:+; }}$text
	cat "$log" "$from.reports" >"$to-$2.result"
	[ -z "$text" ] || echo "seed $2: $text" >"$to.seen"
	printf '%-60s seed %s: %s\n' "${R_NAME[$1]}" "$2" "${text:-passes}"
}

# short_report FILE: what a seed has seen, without the hart, the pc, the time and the registers.
short_report() {
	sed -E 's/the machine has reports: strict: report: .*instruction [0-9]+: (hgatp) of hart [0-9]+/report: `\1`/
		s/the machine has reports: strict: report: .*instruction [0-9]+: /report: /
		s/ \(satp .*//; s/, which is out of reach: .*/, which is out of reach/; s/ (for|at) (address )?[0-9a-f]+//g; s/VMID [0-9]+ is/a VMID is/; s/^seed/**seen**, seed/' "$1"
}

# mistake_on_qemu ROW: the same program once on QEMU.
mistake_on_qemu() {
	local n=$1 f=$LOGS/mistakes/${R_NAME[$1]}.qemu status=0 text='' options=() p params=${R_HOST[$1]#* }
	! mistake_done "$f" || return 0
	[ "$params" = - ] || for p in ${params//,/ }; do options+=(--param "$p"); done
	# shellcheck disable=SC2086 # a program and its arguments
	"$LAB/lab" exec --kernel "$KERNEL" --module gstage-test --smp "${R_HOST[$n]%% *}" "${options[@]}" --param "test_mistake=${R_MISTAKE[$n]}" \
		--timeout 200 -- "$BUILD"/tests/${R_COMMAND[$n]} >"$f.log" 2>&1 </dev/null || status=$?
	case $status in
	0) text=passes ;;
	124) text="does not end" ;;
	*) text=$(failed_results "$f.log") ;;
	esac
	if grep -q 'kernel message' "$f.log"; then text+="${text:+; }kernel message"; fi
	echo "${text:-status $status}" >"$f"
	printf '%-60s QEMU: %s\n' "${R_NAME[$n]}" "$(<"$f")"
}

# lab_mistakes MISTAKE...: run them all, and print the table of docs/STRICT.md.
lab_mistakes() {
	local n seed host hosts seeds f
	EMULATOR=strict MODULE=gstage-test
	read_mistakes "$@"
	need_host
	build_alone
	step "building the test programs" make_programs
	exec 8>&-
	mkdir -p "$LOGS/mistakes"
	mapfile -t hosts < <(printf '%s\n' "${R_HOST[@]}" | sort -u)
	for ((seed = SEED; seed < SEED + SEEDS; seed++)); do
		for host in "${hosts[@]}"; do mistakes_boot "$host" "$seed" >&3; done
	done
	for n in "${!R_NAME[@]}"; do mistake_on_qemu "$n" >&3; done
	printf '| Mistake | Program | Harts, parameters | QEMU | strict, `--hostile` |\n|---|---|---|---|---|\n'
	for n in "${!R_NAME[@]}"; do
		f=$LOGS/mistakes/${R_NAME[$n]}
		seeds=$(find "$LOGS/mistakes" -name "${R_NAME[$n]}-*.result" | wc -l)
		printf "| \`%s\` | \`%s\` | %s | %s | %s |\n" "${R_MISTAKE[$n]}" "${R_COMMAND[$n]}" "${R_HOST[$n]% -}" "$(cat "$f.qemu")" \
			"$(if [ -s "$f.seen" ]; then short_report "$f.seen"; else echo "passes with $seeds seeds"; fi)"
	done
}
