# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# A fake debugfs with VMs of gstage's module or of the stock module.

DEBUGFS=$TMP/debugfs

# vm NAME [MODE]: make the folder of a VM. Without MODE it is a VM of the stock module.
vm()
{
	mkdir -p "$DEBUGFS/kvm/$1"
	[ $# -eq 1 ] || echo "$2" >"$DEBUGFS/kvm/$1/gstage_mode"
}

# host [VM MODE]...: make the debugfs of a host with gstage's module and these VMs.
host()
{
	rm -rf "$DEBUGFS"
	mkdir -p "$DEBUGFS/kvm" "$DEBUGFS/bdi"
	echo 0 >"$DEBUGFS/kvm/gstage_tables_live"
	echo 1 >"$DEBUGFS/kvm/exits"
	while [ $# -gt 0 ]; do
		vm "$1" "$2"
		shift 2
	done
}

# in_tree [NAME=VALUE...] -- ARG...: run `gstage ARG...` with this debugfs.
in_tree()
{
	fake_words "$GSTAGE" GSTAGE_DEBUGFS="$DEBUGFS" "$@"
}

# full VM MODE LEVELS BITS [NAME VALUE]...: make a VM with all files. It has two vCPUs, and leaves of 2 MiB, 64 KiB and 5 pages.
full()
{
	dir=$DEBUGFS/kvm/$1
	vm "$1" "$2"
	echo "mode $2
gpa_bits $4
levels $3
hgatp 0x8000100000081230
tables 4
tables_peak 6
table_bytes 28672
leaves_4k 5
leaves_2m 1
leaves_1g 0
leaves_512g 0
leaves_256t 0
leaves_64k 1
faults 100
faults_4k 80
retries 3
flushes_all 2
flushes_range 7
unmaps 9
reformats 1
grow 0
vcpus 2" >"$dir/gstage_stats"
	echo "# gstage-dump 1
# mode $2
# levels $3
# gpa_bits $4
# root 0x81230000
0x80000000-0x80200000 2M 1 2M pa 0x90000000 pte 0x240000df R W X U A D
0x80200000-0x80210000 64K 0 64K pa 0x91000000 pte 0x80000000244020d7 R W - U A D N
0x80300000-0x80305000 20K 0 4K pa 0x92000000 pte 0x20000000248000d3 R - - U A D pbmt=nc" >"$dir/gstage_page_tables"
	shift 4
	while [ $# -gt 0 ]; do
		sed -i "/^$1 /d; \$ a $1 $2" "$dir/gstage_stats"
		shift 2
	done
}

# process_named NAME: start a process whose program has this name, and set owner to its PID.
process_named()
{
	cp "$(command -v sleep)" "$TMP/$1"
	"$TMP/$1" 60 &
	owner=$!
	# The shell's child has this name after its exec.
	until [ "$(tr '\0' '\n' <"/proc/$owner/cmdline" | head -n 1)" = "$TMP/$1" ]; do sleep 0.1; done
}
