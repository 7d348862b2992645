#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# refuse.sh LOG: check which kernels the build takes, without building one. It must refuse kernels that are older or newer than those
# that gstage knows and name these, sources that lack a function that gstage needs, and headers of another kernel than the sources.

top=$(cd "${0%/*}/../.." && pwd)
kvm=$top/kvm
LOG=$1
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
# shellcheck source=tests/cli/tap.sh
. "$top/tests/cli/tap.sh"

# Where kvm/compat/fit.sh looks for names. These are the names that all kernels have.
names() {
	sed 's|^|arch/riscv/kvm/|' <<-'END'
		vcpu.c kvm_arch_vcpu_load last_exit_cpu kvm_riscv_mmu_update_hgatp kvm_riscv_local_tlb_sanitize
		vcpu_exit.c kvm_riscv_vcpu_unpriv_read kvm_riscv_vcpu_exit
		vm.c kvm_vm_ioctl_check_extension kvm_arch_vm_ioctl
		aia_imsic.c kvm_riscv_vcpu_aia_imsic_init
		main.c kvm_arch_enable_virtualization_cpu kvm_riscv_aia_exit
		tlb.c CSR_HGATP
		mmu.c
	END
	echo include/linux/kvm_host.h kvm_arch_vcpu_pre_fault_memory __kvm_faultin_pfn
}

# kernel SOURCES HEADERS: make the few files of a kernel that the build looks at.
kernel() {
	local parts file words
	rm -rf "$TMP/src"
	mkdir -p "$TMP/src/arch/riscv/kvm" "$TMP/src/arch/riscv/include/asm" "$TMP/src/include/linux" "$TMP/src/virt/kvm" \
		"$TMP/headers/include/config"
	IFS=. read -r -a parts <<<"$1"
	printf 'VERSION = %s\nPATCHLEVEL = %s\nSUBLEVEL = %s\n' "${parts[@]}" >"$TMP/src/Makefile"
	echo 'modules:' >"$TMP/headers/Makefile"
	echo "$2" >"$TMP/headers/include/config/kernel.release"
	while read -r file words; do echo "$words" >"$TMP/src/$file"; done < <(names)
}

# build: let kvm/Makefile check that kernel, without building anything.
build() {
	command="make -C kvm, sources $(xargs <"$TMP/src/Makefile"), headers $(cat "$TMP/headers/include/config/kernel.release")"
	make -n -C "$kvm" KDIR="$TMP/headers" KSRC="$TMP/src" OUT="$TMP/out" >"$TMP/out" 2>"$TMP/err"
	status=$?
}

# answers EXPECTED NAME: what does fit.sh say of the sources?
answers() {
	command="kvm/compat/fit.sh"
	sh "$kvm/compat/fit.sh" "$TMP/src" >"$TMP/out" 2>"$TMP/err"
	[ "$(cat "$TMP/out")" = "$1" ]
	result $? "$2"
}

supported=$(cd "$kvm/compat" && printf '%s\n' v*.mk | sed 's/^v//; s/[.]mk$//' | sort -V | xargs)

for version in 5.10.0 6.5.0 7.99.0 8.0.0; do
	kernel "$version" "$version-riscv64"
	build
	[ "$status" -ne 0 ] && grep -qF "does not support Linux $version" "$TMP/err"
	result $? "Linux $version is refused"
	grep -qF "it supports $supported" "$TMP/err"
	result $? "the message for Linux $version names the supported kernels: $supported"
done

for series in $supported; do
	kernel "$series.3" "$series.3+deb13-riscv64"
	build
	result "$status" "Linux $series.3 is accepted"
	kernel "$series.3" 6.1.0-riscv64
	build
	[ "$status" -ne 0 ] && grep -qF "the headers are of Linux 6.1.0-riscv64, and the sources of Linux $series.3" "$TMP/err"
	result $? "Linux $series.3 is refused with headers of another kernel"
	kernel "$series.3" "${series}0.3-riscv64"
	build
	[ "$status" -ne 0 ]
	result $? "Linux $series.3 is refused with headers of Linux ${series}0.3"
done

# What the sources have decides, also in a version between those that are known.
kernel 6.13.7 6.13.7-riscv64
answers 'yes 6.12 PREFAULT VIRTUALIZATION_CPU FAULTIN' 'a version between two known ones takes the faults of the older one'
echo csr_dirty >"$TMP/src/arch/riscv/include/asm/kvm_host.h"
answers 'yes 6.12 PREFAULT VIRTUALIZATION_CPU FAULTIN CSR_DIRTY' 'a backport is seen'
for name in kvm_arch_vcpu_load kvm_riscv_mmu_update_hgatp kvm_riscv_local_tlb_sanitize kvm_riscv_vcpu_unpriv_read; do
	kernel 6.12.3 6.12.3-riscv64
	sed -i "s/$name/another_name/" "$TMP"/src/arch/riscv/kvm/*.c
	build
	[ "$status" -ne 0 ] && grep -q 'does not support Linux 6.12.3: its arch/riscv/kvm/vcpu.*.c has no kvm_.*, which gstage needs' "$TMP/err"
	result $? "sources without $name are refused, with the reason"
done

# Look for code that tests the version. Comments may name versions.
command="grep for versions in kvm/"
grep -rnE 'LINUX_VERSION_CODE|KERNEL_VERSION *\(|linux/version\.h' "$kvm" --include='*.[chS]' --include=Kbuild |
	grep -v "^$kvm/compat/" >"$TMP/out"
[ ! -s "$TMP/out" ]
result $? "no file outside of kvm/compat/ tests the kernel version"

say "1..$count"
[ "$failed" -eq 0 ]
