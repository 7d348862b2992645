#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# perf, trace-cmd and bpftrace with the commands of docs/TRACING.md. Each tool must find the tracepoints and their fields,
# and must count the same as the module's own counters for the same VM.

# shellcheck source=tests/kvm/tap.sh
. ./tap.sh

# show COMMAND-LINE FILE: print the output of a command into the log.
show() { { echo "\$ $1"; cat "$2"; } | sed 's/^/# /'; }

# sum NAME...: the sum of these counters, from the last output of ./events.
sum() { for name; do awk -v n="$name" '$1 == n { print $2 }' stats; done | awk '{ s += $1 } END { print NR == n ? s : "?" }' n=$#; }

# judge TOOL: compare the lines "EVENT COUNT" in the file `got` with the counters. kvm_gstage_map is not compared: a fault
# that also maps other pages has two such events.
judge() {
	while read -r event counters; do
		# shellcheck disable=SC2086 # names are words
		is "$1: kvm_gstage_$event is $counters" "$(awk -v e="kvm_gstage_$event" '$1 == e { print $2 }' got)" "$(sum $counters)"
	done <<-END
		fault faults prefaults
		unmap unmaps
		split splits
		collapse collapses
		reformat reformats
		flush flushes_all flushes_range
	END
}

# No counter may be 0: otherwise a tool that counts nothing would pass.
./events >stats
is 'events makes each event happen' "$(for name in faults_2m prefaults unmaps splits collapses reformats flushes_all flushes_range; do
	[ "$(sum $name)" -gt 0 ] || echo $name; done)" ''

perf stat -e 'kvm:kvm_gstage_*' -o out ./events >stats
result $? 'perf stat runs'
show 'perf stat' out
awk '$2 ~ /^kvm:/ { sub(/^kvm:/, "", $2); print $2, $1 }' out >got
judge 'perf stat'
perf record -q -e kvm:kvm_gstage_fault --filter 'size >= 0x200000' -o perf.data ./events >stats
perf script -i perf.data >out
show 'perf script' out
is 'perf record: a filter of sizes, and perf script prints the fields' \
	"$(grep -c ' vcpu 0 gpa 0x40[0246]00000 size 0x200000 level 1 mode sv..x4 store ret 0$' out)" "$(sum faults_2m)"
is 'perf record: there are no other events' "$(grep -c . out)" "$(sum faults_2m)"

trace-cmd record -q -o trace.dat -e 'kvm:kvm_gstage_*' ./events >stats 2>err
result $? 'trace-cmd record runs'
trace-cmd report -q -i trace.dat 2>err >out
grep -v 'kvm_gstage_\(fault\|map\): .* size 0x1000 ' out >some
show 'trace-cmd report, without small pages' some
sed -n 's/^.* \(kvm_gstage_[a-z]*\): .*/\1/p' out | sort | uniq -c | awk '{ print $2, $1 }' >got
judge 'trace-cmd'

bpftrace -l 'tracepoint:kvm:kvm_gstage_*' >out
is 'bpftrace: seven probes' "$(wc -l <out)" 7
bpftrace -o out -e '
	tracepoint:kvm:kvm_gstage_* { @[probe] = count(); }
	tracepoint:kvm:kvm_gstage_fault /(uint32)args.vm == cpid/ { @leaf[args.mode, args.size] = count(); }
' -c ./events >stats
result $? 'bpftrace runs'
show bpftrace out
sed -n 's/^@\[tracepoint:kvm:\(.*\)\]: /\1 /p' out >got
judge bpftrace
mode=$(awk '$1 == "hgatp" { print substr($2, 3, 1) }' stats)
is 'bpftrace: faults of this VM by mode and size, 4 KiB' "$(sed -n "s/^@leaf\[$((0x$mode)), 4096\]: //p" out)" "$(sum faults_4k)"
is 'bpftrace: faults of this VM by mode and size, 2 MiB' "$(sed -n "s/^@leaf\[$((0x$mode)), 2097152\]: //p" out)" "$(sum faults_2m)"
echo "1..$count"
