# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The lab tests. tests/kvm/MANIFEST lists the tests and their hosts. Sourced by lab/lab.
#
# Programs that need the same host (kernel, CPU, module, memory, ...) share one boot. The output of each program is a TAP log. If the
# host itself fails (hang, crash, kernel splat), this goes to a second log beside it, NAME.host.tap.

MANIFEST=$TOP/tests/kvm/MANIFEST
LOGS=$BUILD/test-logs/kvm

# A host with AIA has these options of the CPU and of the machine.
AIA_CPU=,smaia=on,ssaia=on
AIA_MACHINE=aia=aplic-imsic,aia-guests=3

# A case is one program on one kernel and CPU with one module. It is an index into these arrays.
C_NAME=() C_PROGRAM=() C_ID=() C_KERNEL=() C_CPU=() C_ON=() C_MODULE=() C_HOST=() C_ARGS=() C_WITH=() C_TIMEOUT=() C_SPLAT=()

# in_smoke: is the case part of the smoke pass? On a host named after a machine, the pass has all its tests that can run there.
in_smoke() { [[ ,$smoke, = *",$cpu,"* ]] || { [ -n "$HOST" ] && [ -n "$smoke" ]; }; }

# in_kernels: is the kernel in the list of the line? "7.1+" in the list stands for 7.1 and all later kernels.
in_kernels() {
	local k
	for k in ${kernels//,/ }; do
		[ "$k" != "$kernel" ] || return 0
		[[ $k != *+ ]] || [ "$(printf '%s\n' "${k%+}" "$kernel" | sort -V | head -n 1)" != "${k%+}" ] || return 0
	done
	return 1
}

# in_smoke, in_kernels, wanted_case and add_case are parts of read_manifest, and use its variables.
wanted_case() {
	in_kernels || return
	[ -z "$ONLY_MODULE" ] || [ "$module" = "$ONLY_MODULE" ] || return
	[ -z "$ONLY_CPU" ] || [ "$cpu" = "$ONLY_CPU" ] || return
	host_has "${cpuopts#,}" || return
	[ -z "$HOST_PARAMS" ] || [[ ,$params != *",${HOST_PARAMS%%=*}="* ]] || return
	[ -z "$SMOKE" ] || in_smoke || return
	[ "$with_aia" = no ] || [ "$aia" = yes ] || return
	[ -z "$slow" ] || [ "$wanted" != '  ' ] || [ -n "$SLOW" ] || return
	[ -z "$unnamed" ] || [ "$wanted" != '  ' ] || [ "$cpu-$module" = "$unnamed" ]
}

add_case() {
	local opts=$HOST_OPTIONS$cpuopts on=${machine:-$HOST_MACHINE} host=${HOST:-$cpu} module params=$params
	module=$(host_module "$1")
	[ -z "$HOST_PARAMS" ] || [ "$module" != gstage-test ] || params+=${params:+,}$HOST_PARAMS
	if [ "$with_aia" = yes ]; then
		opts+=$AIA_CPU on=$AIA_MACHINE host+=-aia
	fi
	host+=${QEMU_SERIES:+-qemu$QEMU_SERIES}
	C_ID+=("$name@$kernel-$host-$module")
	C_NAME+=("$name")
	C_PROGRAM+=("$file")
	C_KERNEL+=("$kernel")
	C_CPU+=("$cpu")
	C_ON+=("$host")
	C_MODULE+=("$module")
	C_HOST+=("$kernel|$cpu$opts|$module|$smp|$mem|$on|$params|$qemu|$tools|$fresh")
	C_ARGS+=("${args//,/ }")
	C_WITH+=("${with//[,]/ }")
	C_WITH[-1]=${C_WITH[-1]//KERNEL/$kernel}
	C_TIMEOUT+=("$limit")
	C_SPLAT+=("$splat")
}

# read_manifest NAME...: make the cases of all programs, or of those named.
read_manifest() {
	local wanted=" $* " found=' ' line number=0 name word key value kernel cpu module with_aia
	local kernels cpus modules smp mem machine params args with limit qemu tools splat cpuopts fresh file unnamed smoke slow aia
	while read -r line; do
		number=$((number + 1))
		line=${line%%#*}
		[[ $line = *[![:space:]]* ]] || continue
		read -r name line <<<"$line"
		[ "$wanted" = '  ' ] || [[ $wanted = *" $name "* ]] || continue
		found+="$name "
		kernels=${ONLY_KERNELS// /,} cpus=sv39,sv48,sv57 modules=gstage smp=2 mem=2G machine=''
		params='' args='' with='' limit=120 qemu='' tools='' splat=no cpuopts='' fresh='' file=$name unnamed='' smoke='' slow='' aia=no
		for word in $line; do
			key=${word%%=*} value=${word#*=}
			case $key in
			kernels) kernels=$value ;;
			cpus) cpus=$value ;;
			modules) modules=$value ;;
			smp) smp=$value ;;
			mem) mem=$value ;;
			machine) machine=$value ;;
			cpuopts) cpuopts=,$value ;;
			params) params=$value ;;
			args) args=$value ;;
			with) with=$value ;;
			timeout) limit=$value ;;
			qemu | tools) [ "$value" = no ] || printf -v "$key" %s "$key" ;;
			splat) splat=$value ;;
			fresh) fresh=$name ;;
			program) file=$value ;;
			unnamed) unnamed=$value ;;
			smoke) smoke=$value ;;
			slow) slow=$value ;;
			aia) aia=$value ;;
			expect) ;;              # only a note for the reader: the program asserts a defect of the stock module
			*) die "tests/kvm/MANIFEST:$number: there is no key $key" "docs/LAB.md lists the keys" ;;
			esac
		done
		for kernel in $ONLY_KERNELS; do
			for with_aia in $ONLY_AIA; do
				for module in ${modules//,/ }; do
					for cpu in ${cpus//,/ }; do ! wanted_case || add_case "$module"; done
				done
			done
		done
	done <"$MANIFEST"
	for name in $wanted; do
		[[ $found = *" $name "* ]] || die "tests/kvm/MANIFEST has no test $name" \
			"there are: $(awk '!/^#/ && NF { print $1 }' "$MANIFEST" | xargs)"
	done
	[ ${#C_ID[@]} -gt 0 ] || die "these options leave no test to run"
}

make_programs() {
	in_root make -C /gstage/tests/kvm OUT=/gstage/build/tests CROSS_COMPILE="$CROSS" -j"$(nproc)"
}

# Build the kernel's own KVM selftests from the sources of the chosen kernel.
make_selftests() {
	local out=$BUILD/selftests-$KERNEL
	built_for_kernel "$out" || rm -rf "$out"
	mkdir -p "$out"
	echo "$KVERSION" >"$out/.kernel"
	in_root make -C /gstage/tests/selftests KSRC=/kernel/src KDIR="/usr/src/linux-headers-$KRELEASE" \
		LIST="LIST-$KERNEL" OUT="/gstage/build/selftests-$KERNEL" CROSS_COMPILE="$CROSS" -j"$(nproc)"
}

need_selftests() {
	build_alone
	step "building the KVM selftests of kernel $KERNEL" make_selftests
	exec 8>&-
}

# program CASE: set PROGRAM to the file that the case runs.
program() {
	local name=${C_PROGRAM[$1]}
	PROGRAM=$TOP/tests/kvm/$name.sh
	[ -f "$PROGRAM" ] || PROGRAM=$BUILD/tests/$name
	[ -f "$PROGRAM" ] || die "there is no program for the test ${C_NAME[$1]}" "write tests/kvm/$name.c or .sh"
}

# put_once FILE: the same as put, but several programs of one boot may put the same file.
put_once() { cmp -s "$1" "$RUN/tree/w/${1##*/}" || put "$1"; }

# put_all FILE-OR-FOLDER: put the file, or all files of the folder.
put_all() {
	local f
	[ -d "$1" ] || { put_once "$1"; return; }
	for f in "$1"/*; do put_once "$f"; done
}

# group_job MARK CASE...: print the script that runs the cases one after the other in the host. The mark distinguishes lines of the lab
# from those of the programs. Lines in /dev/kmsg show which program ran when the kernel printed a message.
group_job() {
	local mark=$1 c
	shift
	cat <<-END
		mark=$mark
		run() {
			id=\$1 limit=\$2
			shift 2
			echo "gstage-lab: begin \$id" >/dev/kmsg
			echo "\$mark begin \$id"
			timeout -s KILL "\$limit" "\$@"
			status=\$?
			echo "gstage-lab: end \$id" >/dev/kmsg
			echo
			echo "\$mark end \$id \$status"
		}
		export GSTAGE_MODULE=${C_MODULE[$1]} GSTAGE_CPU=${C_CPU[$1]} GSTAGE_KERNEL=${C_KERNEL[$1]}
	END
	for c; do
		program "$c"
		echo "run $c ${C_TIMEOUT[c]} $(quoted "./${PROGRAM##*/}") ${C_ARGS[c]}"
	done
}

# host_failure CASE MESSAGE: write a log of a failure that is not in the program's own results.
host_failure() {
	local log=$LOGS/${C_ID[$1]}.host.tap
	printf '1..1\nnot ok 1 - %s\n' "$2" >"$log"
	[ ! -f "$RUN/serial" ] || tail -n 40 "$RUN/serial" | tr -d '\r' | sed 's/^/# /' >>"$log"
}

# new_reports: has the strict machine reported anything since the last test ended? Sets REPORTED to the first new report.
new_reports() {
	local before=$REPORTS
	REPORTS=$(grep -c '^strict: report' "$RUN/reports" 2>/dev/null) || :
	[ "${REPORTS:=0}" -gt "$before" ] || return
	REPORTED=$(grep '^strict: report' "$RUN/reports" | sed -n "$((before + 1))s/^strict: report: //p")
}

# judge CASE STATUS START: print the results of a case that has ended or was killed.
judge() {
	local c=$1 status=$2 id=${C_ID[$1]} log=$LOGS/${C_ID[$1]}.tap splat results word=ok took
	took=$(seconds "$3")
	splat=$(awk -v c="$c" '{ sub(/\r$/, "") } $0 ~ "gstage-lab: begin " c "$" { on = 1 } on
		$0 ~ "gstage-lab: end " c "$" { on = 0 }' "$RUN/serial" 2>/dev/null | grep -aEm1 "$SPLAT") || :
	if [ "$status" = hang ]; then
		host_failure "$c" "the host did not answer within ${C_TIMEOUT[c]} s and was stopped${splat:+: $splat}"
	elif [ "$status" = crash ]; then
		host_failure "$c" "the host ended in the middle of the test${splat:+: $splat}"
	elif new_reports; then
		host_failure "$c" "the strict machine has reports (seed $SEED): $REPORTED"
		cp "$RUN/reports" "$LOGS/$id.reports"
	elif [ -n "$splat" ] && [ "${C_SPLAT[c]}" != ok ]; then
		host_failure "$c" "kernel message: $splat"
	elif [ "$status" = 137 ] && [ $((${took%.*} + 1)) -ge "${C_TIMEOUT[c]}" ]; then
		host_failure "$c" "the program did not end within ${C_TIMEOUT[c]} s and was killed"
	elif [ "$status" != 0 ] && "$TOP/tests/tally" "$log" >/dev/null; then
		host_failure "$c" "the program's exit status is $status, but no result failed"
	fi
	results=$("$TOP/tests/tally" "$LOGS/$id".*tap) || word=FAIL
	printf '%-4s %-18s %-4s %-8s %-6s  %s  (%s s)\n' "$word" "${C_NAME[c]}" "${C_KERNEL[c]}" "${C_ON[c]}" "${C_MODULE[c]}" \
		"$(tail -n 1 <<<"$results")" "$took"
	[ $word = ok ] || sed '$d; s/^/     /' <<<"$results"
}

# boot_group CASE...: run the cases in one boot, until the host fails. Sets DONE to the number of cases that have ended.
boot_group() {
	local c file mark line status start deadline left running='' total=120 slow=1
	# The strict machine is slower than QEMU.
	[ "$EMULATOR" != strict ] || slow=10
	REPORTS=0
	# shellcheck disable=SC2153
	IFS='|' read -r KERNEL CPU_NAME MODULE SMP MEM MACHINE PARAMS WITH_QEMU WITH_TOOLS _ <<<"${C_HOST[$1]}"
	CPU=$(cpu_string "${CPU_NAME%%,*}")${CPU_NAME#"${CPU_NAME%%,*}"}
	PARAMS=("${PARAMS//,/ }")
	have_kernel
	mark="@@$RANDOM$RANDOM"
	new_run exec
	for c; do
		program "$c"
		put_once "$PROGRAM"
		for file in ${C_WITH[c]}; do
			if [ -e "$BUILD/$file" ]; then put_all "$BUILD/$file"; else put_all "$TOP/$file"; fi
		done
		total=$((total + C_TIMEOUT[c] * slow + 10))
	done
	group_job "$mark" "$@" >"$RUN/tree/lab/job"
	TIMEOUT=$total
	ready_to_boot exec
	mkfifo "$RUN/stream"
	"${ROOT_COMMAND[@]}" >"$RUN/stream" 2>"$RUN/boot.err" &
	CHILD=$!
	exec 7<"$RUN/stream"
	DONE=0
	deadline=$((SECONDS + 60 * slow))
	while :; do
		left=$((deadline - SECONDS))
		line=''
		status=0
		if [ $left -gt 0 ]; then IFS= read -r -t $left -u 7 line || status=$?; else status=142; fi
		if [ $status -gt 128 ]; then
			status=hang
			break
		elif [ $status -ne 0 ]; then
			[ -z "$running" ] || printf '%s' "$line" >&6
			status=crash
			break
		fi
		case $line in
		"$mark begin "*)
			running=${line#"$mark begin "}
			start=${EPOCHREALTIME/[.,]/}
			exec 6>"$LOGS/${C_ID[running]}.tap"
			# The host kills a program at its limit. This limit is for a host that hangs.
			deadline=$((SECONDS + C_TIMEOUT[running] * slow + 10)) ;;
		"$mark end "*)
			exec 6>&-
			judge "$running" "${line##* }" "$start"
			running=
			DONE=$((DONE + 1))
			deadline=$((SECONDS + 30 * slow)) ;;
		*) [ -z "$running" ] || printf '%s\n' "$line" >&6 ;;
		esac
	done
	kill -KILL "$CHILD" 2>/dev/null || :
	wait "$CHILD" 2>/dev/null || :
	CHILD=
	exec 7<&-
	if [ -n "$running" ]; then
		exec 6>&-
		judge "$running" "$status" "$start"
		DONE=$((DONE + 1))
	elif [ $DONE -eq 0 ]; then
		line=$(tr -d '\r' <"$RUN/control" | sed -n '$s/^fail //p')
		: >"$LOGS/${C_ID[$1]}.tap"
		host_failure "$1" "the host did not start the program${line:+: $line}"
		judge "$1" 0 "${EPOCHREALTIME/[.,]/}"
		DONE=1
	fi
	rm -rf "$RUN"
}

# need_for_tests: set up everything that the cases need for the chosen kernel.
need_for_tests() {
	local c modules='' host=''
	need_base
	need_qemu
	need_lab_modules
	need_strict
	for c in "${!C_ID[@]}"; do
		[ "${C_KERNEL[c]}" = "$KERNEL" ] || continue
		modules+="${C_MODULE[c]} "
		host+="${C_HOST[c]} ${C_WITH[c]} "
	done
	for c in gstage gstage-test; do [[ " $modules" != *" $c "* ]] || need_module $c; done
	[[ $host != *"|qemu|"* ]] || need_guest
	[[ $host != *"|tools|"* ]] || need_tools
	[[ $host != *selftests-* ]] || need_selftests
}

lab_test() {
	local host cases c logs
	if [ ! -f "$MANIFEST" ]; then
		say "there are no lab tests: tests/kvm/MANIFEST does not exist"
		return
	fi
	read_manifest "$@"
	for KERNEL in $(printf '%s\n' "${C_KERNEL[@]}" | sort -uV); do need_for_tests; done
	[ ! -f "$TOP/cli/Makefile" ] || need_cli
	build_alone
	step "building the test programs" make_programs
	exec 8>&-
	mkdir -p "$LOGS"
	for c in "${!C_ID[@]}"; do rm -f "$LOGS/${C_ID[c]}".*; done
	for host in $(printf '%s\n' "${C_HOST[@]}" | awk '!seen[$0]++' | sort -st'|' -k1,1V); do
		cases=()
		for c in "${!C_ID[@]}"; do [ "${C_HOST[c]}" != "$host" ] || cases+=("$c"); done
		while [ ${#cases[@]} -gt 0 ]; do
			boot_group "${cases[@]}"
			cases=("${cases[@]:DONE}")
		done
	done
	mapfile -t logs < <(for c in "${!C_ID[@]}"; do ls "$LOGS/${C_ID[c]}".*tap; done)
	[ "$(printf '%s\n' "${C_KERNEL[@]}" "${C_ON[@]}" | sort -u | wc -l)" -le 2 ] || "$TOP/tests/table" "${logs[@]}"
	"$TOP/tests/tally" "${logs[@]}"
}
