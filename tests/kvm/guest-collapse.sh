#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A real guest whose huge pages the host breaks into 4 KiB: it pages a part of each out, it merges equal pages (KSM), and a balloon
# gives pages back. Then the host collapses the memory, by MADV_COLLAPSE or by khugepaged, and leaves of 2 MiB map it again. The
# guest works all the time, and verifies what it reads.

# shellcheck source=tests/kvm/tap.sh
. ./tap.sh
# shellcheck source=tests/kvm/qemu.sh
. ./qemu.sh

ksm=/sys/kernel/mm/ksm
base=80000000

# huge: print how many huge pages the host has in the guest's memory.
huge() {
	awk -v from="$ram" '$1 ~ /^[0-9a-f]+-[0-9a-f]+$/ { on = index($1, from "-") == 1 }
		on && /^(AnonHugePages|ShmemPmdMapped):/ { n += $2 } END { print n / 2048 }' "/proc/$pid/smaps"
}

# until_true SECONDS COMMAND...: wait until the command succeeds.
until_true() {
	until=$(($(cut -d. -f1 /proc/uptime) + $1))
	shift
	while ! "$@"; do
		[ "$(cut -d. -f1 /proc/uptime)" -lt $until ] || return 1
		usleep 200000
	done
}

# goes_on: wait until the guest has ended two rounds of its work.
goes_on() { wait_line 'worker 1 round .*verified' $(($(grep -c 'worker 1 round .*verified' out) + 1)); }

counts() { echo "# $1: huge pages $(huge), leaves: 4K $(leaves 4k) 64K $(leaves 64k) 2M $(leaves 2m)"; }

# broken NAME: the host has broken all or most huge pages, and small leaves have taken the place of large ones.
broken() {
	goes_on
	result $? "$1: the guest goes on"
	counts "$1"
	[ "$(huge)" -le $((whole / 4)) ] && [ "$(leaves 4k)" -ge 256 ] && [ "$(leaves 2m)" -le $((large / 4)) ]
	result $? "$1: leaves of 4 KiB map the memory ($(leaves 4k), and $(leaves 2m) of 2 MiB)"
	small=$(leaves 4k) few=$(huge)
}

# back NAME: huge pages have come back, large leaves map them, and most small leaves are gone. The host decides how many come back:
# it does not collapse 2 MiB if all pages there are merged, or are the page of zeros.
back() {
	goes_on && goes_on
	result $? "$1: the guest goes on"
	counts "$1"
	[ "$(huge)" -ge $((few + 8)) ] && [ "$(leaves 2m)" -ge $(($(huge) - 4)) ] && [ "$(leaves 4k)" -le $((small / 2)) ]
	result $? "$1: leaves of 2 MiB map what huge pages came back ($(leaves 2m), and $(leaves 4k) of 4 KiB, of $small)"
	tail -n 1 "$vm/gstage_check" | grep -qx 'violations 0'
	result $? "$1: no invariant is violated"
}

collapse() {
	./pages $pid collapse "$ram" $size | sed "s/^/# MADV_COLLAPSE: /"
}
many_huge() { [ "$(huge)" -ge $((whole * 2 / 5)) ]; }
merged() { [ "$(cat $ksm/pages_sharing)" -ge 256 ] && [ "$(huge)" -le $((whole / 4)) ]; }

was=$(sed 's/.*\[\(.*\)\].*/\1/' $thp/enabled)
echo always >$thp/enabled
# khugepaged collapses nothing until the test lets it.
echo 3600000 >$thp/khugepaged/scan_sleep_millisecs

more=gstage_loop=1000
boot anonymous --
goes_on
whole=$(huge) large=$(leaves 2m)
[ "$whole" -ge 20 ] && [ "$large" -ge 20 ]
result $? "anonymous: huge pages and leaves of 2 MiB map it at first ($whole and $large)"
./pages $pid pageout "$ram" $size 2097152 | sed 's/^/# MADV_PAGEOUT of a page in each 2 MiB: /'
broken 'paged out'
collapse
back 'paged out, then MADV_COLLAPSE'

echo 20 >$ksm/sleep_millisecs
echo 20000 >$ksm/pages_to_scan
echo 1 >$ksm/run
until_true 120 merged
result $? "KSM merges pages of the guest ($(cat $ksm/pages_sharing))"
echo 0 >$ksm/run
broken 'merged'
collapse
back 'merged, then MADV_COLLAPSE'

./pages $pid pageout "$ram" $size 2097152 | sed 's/^/# MADV_PAGEOUT of a page in each 2 MiB: /'
broken 'paged out again'
for setting in max_ptes_none:511 max_ptes_shared:511 max_ptes_swap:511 pages_to_scan:32768 alloc_sleep_millisecs:100 scan_sleep_millisecs:100; do
	echo "${setting#*:}" >$thp/khugepaged/"${setting%:*}"
done
until_true 120 many_huge
back 'paged out, then khugepaged'
echo 3600000 >$thp/khugepaged/scan_sleep_millisecs
echo 2 >$ksm/run
echo end 1<>in
wait_line 'loop ended'
summary=$(sed -n 's/^gstage-guest: align: loop ended: //p' out | tr -d '\r')
case $summary in *' rounds, 0 wrong') true ;; *) false ;; esac
result $? "the guest has read no wrong value ($summary)"
wait $pid
result $? 'it powers off, and QEMU succeeds'

# A balloon: the guest says which pages it does not need, and the host frees them.
more=gstage_commands
echo advise >$thp/shmem_enabled
boot ballooned -- -object memory-backend-memfd,id=ram,size=${size}M,share=on -machine memory-backend=ram
echo 'guest-memory hold 32 65536' 1<>in
until_true 100 grep -q '^guest-memory: all pages' out
result $? 'ballooned: the guest gives away one page in each 64 KiB of 32 MiB'
whole=$(huge) large=$(leaves 2m)
sed -n 's/^guest-memory: page //p' out | tr -d '\r' >given
# held N LINE: send LINE, so that the guest reads its memory for the Nth time, and print what it found.
held() {
	echo "$2" 1<>in
	until_true 100 [ "$(grep -c '^guest-memory: held' out)" -ge "$1" ]
	sed -n 's/^guest-memory: held: //p' out | tr -d '\r' | tail -n 1
}
[ "$(wc -l <given)" = 512 ] && [ "$large" -ge 20 ]
result $? "ballooned: these are 512 pages, and leaves of 2 MiB map them ($large)"
./pages $pid punch memory-backend-memfd $base <given | sed 's/^/# freed: /'
is 'ballooned: pages that are given away read as zero, others as they were' "$(held 1 look)" '7680 right, 512 zero, 0 wrong'
counts ballooned
[ "$(huge)" -le $((whole - 16)) ] && [ "$(leaves 2m)" -le $((large - 16)) ] && [ "$(leaves 4k)" -ge 512 ]
result $? "ballooned: leaves of 4 KiB map the rest ($(leaves 4k), and $(leaves 2m) of 2 MiB)"
small=$(leaves 4k)
collapse
is 'ballooned, then MADV_COLLAPSE: the guest reads the same' "$(held 2 back)" '7680 right, 512 zero, 0 wrong'
counts 'ballooned, then MADV_COLLAPSE'
[ "$(huge)" -ge "$whole" ] && [ "$(leaves 2m)" -ge 16 ] && [ "$(leaves 4k)" -le $((small / 4)) ]
result $? "ballooned, then MADV_COLLAPSE: leaves of 2 MiB map it ($(leaves 2m), and $(leaves 4k) of 4 KiB)"
stop

echo never >$thp/shmem_enabled
echo "$was" >$thp/enabled
echo "1..$count"
