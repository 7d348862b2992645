#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# selftests.sh [SIZE]: run two programs of the kernel's own KVM selftests, unmodified, and print the times that they report in the
# form of compare.c. It runs in the emulated host. SIZE is the memory of the one vCPU (64M).

size=${1:-64M}
bytes=$((${size%M} << 20))

# figure KEY SECONDS LABEL
figure() { printf 'kernel-%s\t%s\tB\tms\t%s\t%s\n' "$1" $bytes "$(awk -v s="$2" 'BEGIN { printf "%.6f", s * 1000 }')" "$3"; }

# times KEY WORDS PROGRAM...: run the program, and print one figure for each line of stdin: key, words, and a regular expression
# with the seconds in \1, separated by tabs.
times() {
	key=$1 words=$2
	shift 2
	"$@" >selftests.out 2>&1 </dev/null || { echo "$* fails:"; cat selftests.out; exit 1; }
	while IFS='	' read -r what text expression; do
		seconds=$(sed -n "s/^$expression.*/\\1/p" selftests.out | head -n 1)
		[ "$seconds" ] || { echo "$* has no line $expression:"; cat selftests.out; exit 1; }
		figure "$key-$what" "$seconds" "$words: $text"
	done
}

s='\([0-9.]*\)s'
for backing in anonymous anonymous_thp; do
	case $backing in *thp) key=dirty-thp words='huge pages' ;; *) key=dirty words='4 KiB pages' ;; esac
	times $key "dirty_log_perf_test, $words" ./dirty_log_perf_test -b "$size" -s $backing <<-END
		populate	populate	Populate memory time: $s
		enable	enabling dirty logging	Enabling dirty logging time: $s
		first	dirty memory, first pass	Iteration 1 dirty memory time: $s
		second	dirty memory, second pass	Iteration 2 dirty memory time: $s
		get	get dirty log, both passes	Get dirty log over 2 iterations took $s
		clear	clear dirty log, both passes	Clear dirty log over 2 iterations took $s
		disable	disabling dirty logging	Disabling dirty logging time: $s
	END
done
times paging 'demand_paging_test' ./demand_paging_test -b "$size" <<-END
	run	guest execution	Total guest execution time:	$s
END
