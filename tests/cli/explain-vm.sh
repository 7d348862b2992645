# SPDX-License-Identifier: GPL-2.0-only
# gstage explain VM: what holds the leaves of a VM back. The VM maps 64 KiB at gpa 0x80200000 with leaves of 4 KiB.

# owner VMA HVA KPAGEFLAGS VMFLAGS [FILE]: the process of the VM has these pages at HVA, in a mapping. It has a file if there is one.
# $access is what the process may do there, and $details are more lines of smaps.
access=rw-p
details=
owner()
{
	dir=$FAKEKVM_ROOT/proc/6200001
	mkdir -p "$dir"
	echo qemu >"$dir/comm"
	printf '%s\0' qemu -name web >"$dir/cmdline"
	printf '%s %s 00000000 00:00 0    %s\nSize:  4 kB\n%bVmFlags: rd wr mr %s\n' "$1" "$access" "${5-}" "$details" "$4" >"$dir/smaps"
	# Each page of the host has a word: its frame for the process, and its flags.
	python3 - "$2" "$3" "$dir/pagemap" "$FAKEKVM_ROOT/proc/kpageflags" <<-'END'
		import struct, sys
		hva, flags, pagemap, kpageflags = int(sys.argv[1], 0), 1 << int(sys.argv[2]), sys.argv[3], sys.argv[4]
		def write(name, at, words):
		    with open(name, "wb") as f:
		        f.truncate(0x20000 * 8)
		        f.seek(at * 8)
		        f.write(struct.pack(f"<{len(words)}Q", *words))
		write(pagemap, hva >> 12, [1 << 63 | 0x2000 + i for i in range(16)])
		write(kpageflags, 0x2000, [flags] * 16)
	END
}

host
full 6200001-3 sv39x4 3 41 process 6200001
# mapped LEAF LEVEL [PTE FLAGS]: the dump has one run.
mapped()
{
	echo "# gstage-dump 1
# mode sv39x4
# levels 3
# gpa_bits 41
# root 0x81230000
0x80200000-0x80210000 64K $2 $1 pa 0x2000000 pte ${3:-0x8000df} ${4:-R W X U A D}" >"$DEBUGFS/kvm/6200001-3/gstage_page_tables"
}

# cause CODE THP OWNER...: the cause, on a host with this setting.
cause()
{
	code=$1
	thp "$2"
	shift 2
	owner "$@"
	run in_tree -- explain web
	holds "explain: $code" grep -qE "^0x80200000 +$(printf '0x%x' "$2") +64K +0 +0 +0 $code\$" "$TMP/out"
	holds "explain: $code: it is explained" grep -q "^$code: " "$TMP/out"
	run in_tree -- explain --json 6200001-3
	json "explain: $code, as JSON" 0 out ".[0].regions | length == 1 and .[0].cause == \"$code\" and .[0].bytes.\"4K\" == 65536"
	schema "explain: $code, as its schema" explain-vm out
}

mapped 4K 0
free=3
thp=22
cause unaligned always 10001000-12001000 0x10201000 $free ''
cause thp-never never 10000000-12000000 0x10200000 $free ''
cause thp-madvise madvise 10000000-12000000 0x10200000 $free ''
cause thp-refused always 10000000-12000000 0x10200000 $free nh
cause host-pages always 10000000-12000000 0x10200000 $free ''
cause host-pages madvise 10000000-12000000 0x10200000 $free hg
cause ksm always 10000000-12000000 0x10200000 21 ''
cause split always 10000000-12000000 0x10200000 $thp ''
cause file always 10000000-12000000 0x10200000 $free '' '/memfd:ram (deleted)'
cause device always 10000000-12000000 0x10200000 $free 'pf io'
access=r--p
cause read-only always 10000000-12000000 0x10200000 $free '' /boot/rom
access=rw-p
details='Swap:  8 kB\nTHPeligible:    1\n'
cause swapped always 10000000-12000000 0x10200000 $free ''
details='Swap:  0 kB\nTHPeligible:    0\n'
cause thp-disabled always 10000000-12000000 0x10200000 $free ''
cause thp-madvise madvise 10000000-12000000 0x10200000 $free ''
details='Swap:  0 kB\nTHPeligible:    1\n'
cause host-pages always 10000000-12000000 0x10200000 $free ''
details=
mapped 4K 0 0x8000db 'R - X U A D'
cause dirty-logging always 10000000-12000000 0x10200000 $thp ''
# Without huge pages, leaves without W say nothing about logging.
cause host-pages always 10000000-12000000 0x10200000 $free ''
access=r--p
cause split always 10000000-12000000 0x10200000 $thp ''
access=rw-p
mapped 4K 0
cause small always 10200000-10210000 0x10200000 $free ''

run in_tree -- explain web
holds 'explain: what a miss costs' grep -q 'reads 15 PTEs with leaves of 4 KiB, and 11 with 2 MiB' "$TMP/out"
mapped 2M 1
run in_tree -- explain web
holds 'explain: nothing holds it back' grep -qE '^0x80200000 .* 0 +0 +64K +0 none$' "$TMP/out"
# Another mapping of the process has another page.
sed -i 's/pa 0x2000000/pa 0x3000000/' "$DEBUGFS/kvm/6200001-3/gstage_page_tables"
run in_tree -- explain web
holds 'explain: memory that is not in the VMM' grep -qx 'Nothing is mapped.' "$TMP/out"
echo nonsense >"$DEBUGFS/kvm/6200001-3/gstage_page_tables"
run in_tree -- explain web
exits 'explain: a dump that cannot be read' 1 'cannot read line 1'
mapped 4K 0
rm "$FAKEKVM_ROOT/proc/6200001/pagemap"
run in_tree -- explain web
exits 'explain: the process has gone' 1 'cannot read the memory map of process 6200001'
run in_tree -- explain nobody
exits 'explain: no such VM' 1 'there is no VM nobody'
run in_tree -- explain --modes sv39x4 web
exits 'explain: with --modes it is a guest' 2 "unknown guest mode 'web'"
thp always
rm -rf "$FAKEKVM_ROOT/proc"
