# SPDX-License-Identifier: GPL-2.0-only
# gstage doctor: what it says about hosts, and its exit status.

printf 'processor\t: 0\nisa\t\t: rv64imafdch_zicsr_sstc_svinval_svnapot\n' >"$TMP/good"
printf 'processor\t: 0\nisa\t\t: rv64imafdc_zicsr\n' >"$TMP/bad"
host
full 6300001-3 sv39x4 3 41 leaves_2m 0 leaves_64k 0

# doctor [NAME=VALUE...]: on a good host, but for these variables.
doctor()
{
	in_tree FAKEKVM_CPUINFO="$TMP/good" FAKEKVM_MODULE="$(cat "$HERE/../../VERSION")" "$@"
}
# says VERDICT SUBJECT TEXT
says()
{
	holds "doctor: $1: $2: $3" grep -qE "^$1 +$2 +.*$3" "$TMP/out"
}

run doctor -- doctor
holds 'doctor: a good host has no problem' test "$status" -eq 0
says ok hart 'have the hypervisor extension'
says ok svnapot '64 KiB with one leaf'
says ok svvptc 'do not have it'
says ok kvm 'can be used'
says ok formats 'sv39x4, sv48x4, sv57x4'
says ok module 'is loaded'
says ok thp 'aligned memory gets huge pages'
run doctor -- doctor --json
json 'doctor: JSON' 0 out '.[0].results | length > 10 and ([.[] | select(.verdict == "problem")] | length) == 0'
schema 'doctor: JSON as its schema' doctor out
if [ "$(id -u)" -eq 0 ]; then
	run doctor -- doctor
	says note vm '6300001-3 .*leaves of 4 KiB map more than half'
	full 6300001-3 sv39x4 3 41
	run doctor -- doctor
	says ok vm '6300001-3 .*large leaves'
fi

thp never
run doctor -- doctor
holds 'doctor: THP off is a problem' test "$status" -eq 3
says problem thp 'are off'
run doctor -- doctor --json
json 'doctor: a problem in JSON' 3 out '.[0].results[] | select(.verdict == "problem") | .subject == "thp" and (.remedy | contains("madvise"))'
thp madvise
run doctor -- doctor
says ok thp 'memory that asks'
thp always
run doctor FAKEKVM_CPUINFO="$TMP/bad" -- doctor
holds 'doctor: no H extension is a problem' test "$status" -eq 3
says problem hart 'do not have the hypervisor'
run doctor FAKEKVM_MASK=0 -- doctor
holds 'doctor: the stock module is no problem' test "$status" -eq 0
says note module 'stock module'
mkdir -p "$FAKEKVM_ROOT/proc/sys/kernel" "$FAKEKVM_ROOT/proc/self" "$FAKEKVM_ROOT/sys/fs/cgroup/vms"
echo 6.12.107+deb13-riscv64 >"$FAKEKVM_ROOT/proc/sys/kernel/osrelease"
echo 0::/vms >"$FAKEKVM_ROOT/proc/self/cgroup"
echo 1048576 >"$FAKEKVM_ROOT/sys/fs/cgroup/vms/memory.max"
run doctor FAKEKVM_MASK=0 -- doctor
says ok kernel '6.12.107.* supports it'
says note defects 'of 6.12: it loses the page tables'
says note cgroup '1048576 bytes'
echo 6.1.0 >"$FAKEKVM_ROOT/proc/sys/kernel/osrelease"
echo max >"$FAKEKVM_ROOT/sys/fs/cgroup/vms/memory.max"
run doctor FAKEKVM_MASK=0 -- doctor
says note kernel 'not tested with 6.1.0'
holds 'doctor: nothing is said of a stock module that is not known' sh -c "! grep -q '^note *defects' '$TMP/out'"
says ok cgroup 'has no limit'
rm -rf "$FAKEKVM_ROOT/sys/fs" "$FAKEKVM_ROOT/proc"
run doctor FAKEKVM_MODULE=0.0.1 -- doctor
says note module 'gstage 0.0.1 is loaded, and this is'
for err in 2:'there is no' 13:'no permission'; do
	run doctor FAKEKVM_OPEN="${err%%:*}" -- doctor
	holds "doctor: ${err#*:} /dev/kvm is a problem" test "$status" -eq 3
	says problem kvm "${err#*:}"
done
mkdir -p "$FAKEKVM_ROOT/sys/kernel/mm/ksm" "$FAKEKVM_ROOT/proc/sys/vm"
echo 1 >"$FAKEKVM_ROOT/sys/kernel/mm/ksm/run"
echo 64 >"$FAKEKVM_ROOT/proc/sys/vm/nr_hugepages"
run doctor -- doctor
says note ksm 'splits huge pages'
says ok hugetlbfs '64 pages'
rm -rf "$FAKEKVM_ROOT/sys/kernel/mm/ksm" "$FAKEKVM_ROOT/proc"
mkdir -p "$FAKEKVM_ROOT/dev"
: >"$FAKEKVM_ROOT/dev/kmsg"
run doctor -- doctor
says ok vmid 'is not known'
echo '6,300,1,-;kvm [1]: VMID 14 bits available' >"$FAKEKVM_ROOT/dev/kmsg"
run doctor -- doctor
says ok vmid '14 bits: .* of 16384 VMs'
echo '6,300,1,-;kvm [1]: VMID 0 bits available' >"$FAKEKVM_ROOT/dev/kmsg"
run doctor -- doctor
says note vmid 'no VMIDs'
rm -r "$FAKEKVM_ROOT/dev"

# The VMM: how it is linked, its version, and whether the preload library is in it.
if [ "$(id -u)" -eq 0 ]; then
	host
	full 6300001-3 sv39x4 3 41 process 6300001
	full 6300001-4 sv39x4 3 41 process 6300001
	proc=$FAKEKVM_ROOT/proc/6300001
	mkdir -p "$proc"
	echo lkvm >"$proc/comm"
	for case in vmm-static:note:'cannot align its memory, because it is statically linked' \
		vmm-musl:note:'cannot align its memory, because it is linked with musl' fakevmm:ok:'can align its memory'; do
		cp "$BUILD/${case%%:*}" "$proc/exe"
		says=${case#*:}
		run doctor -- doctor
		says "${says%%:*}" vmm "6300001 \(lkvm\), of an unknown version: .*${says#*:}"
	done
	holds 'doctor: one line for two VMs of a VMM' test "$(grep -c ' vmm ' "$TMP/out")" -eq 1
	printf 'A=1\0GSTAGE_ALIGN=1\0' >"$proc/environ"
	run doctor -- doctor
	says ok vmm 'can align its memory'
	echo '7f00-7f01 r-xp 0 0 0 /usr/lib/gstage/libgstage-preload.so' >"$proc/maps"
	run doctor -- doctor
	says ok vmm '"gstage exec" aligns its memory'
	run doctor -- doctor --json
	schema 'doctor: JSON with a VMM as its schema' doctor out
	rm -r "$proc"
	# A process whose program answers --version. Programs that are not known are not asked.
	for name in qemu-system-none other; do
		process_named "$name"
		host
		full $owner-3 sv39x4 3 41 process $owner
		run doctor -- doctor
		kill $owner
		wait $owner 2>/dev/null
		case $name in
		other) says ok vmm "$owner .*of an unknown version" ;;
		*) says ok vmm "$owner .*coreutils" ;;
		esac
	done
fi
run in_tree -- doctor extra
exits 'doctor: an argument is a usage error' 2 'Too many'
