#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# fit.sh KSRC: does gstage fit the kernel whose sources are in KSRC? Print "yes", the series of which the build takes the list of
# faults (v6.12.mk), and what these sources have: a word for each GST_HAS_... of compat.h. Or print "no" and the reason.
#
# The sources are asked, and not their version, because vendors and stable releases backport. A version between two that are
# known takes the faults of the older one.

compat=$(cd "$(dirname "$0")" && pwd)
kvm=arch/riscv/kvm asm=arch/riscv/include/asm generic=include/linux/kvm_host.h

no() {
	echo "no $*"
	exit
}

# older A B: is version A the same as B, or older?
older() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# has NAME FILE...: does one of the files have this name?
has() {
	name=$1
	shift
	grep -qsw -- "$name" "$@"
}

# if_has WORD NAME FILE...: add WORD to the answers.
if_has() {
	word=$1
	shift
	! has "$@" || answers="$answers $word"
}

# need NAME FILE: gstage stands before this function of the stock object, or is called there, or uses this name.
need() { has "$1" "$2" || no "its $2 has no $1, which gstage needs"; }

cd "$1" 2>/dev/null || no "there is no folder $1"
version=$(awk '$1 ~ /^(VERSION|PATCHLEVEL|SUBLEVEL)$/ && $2 == "=" { v = v s $3; s = "." } END { print v }' Makefile 2>/dev/null)
series=${version%.*}
[ -n "$series" ] || no "there is no Makefile with a version in $1"

known=$(for f in "$compat"/v*.mk; do f=${f##*/v}; echo "${f%.mk}"; done | sort -V)
fixes=''
for v in $known; do ! older "$v" "$series" || fixes=$v; done
if [ -z "$fixes" ] || ! older "$series" "$v"; then
	no "it supports $(echo "$known" | xargs), and versions between them"
fi

need kvm_arch_vcpu_load $kvm/vcpu.c
need last_exit_cpu $kvm/vcpu.c
need kvm_riscv_vcpu_unpriv_read $kvm/vcpu_exit.c
need kvm_riscv_vcpu_exit $kvm/vcpu_exit.c
need kvm_vm_ioctl_check_extension $kvm/vm.c
need kvm_arch_vm_ioctl $kvm/vm.c
need kvm_riscv_vcpu_aia_imsic_init $kvm/aia_imsic.c
need CSR_HGATP $kvm/tlb.c
need kvm_riscv_aia_exit $kvm/main.c
has kvm_riscv_mmu_update_hgatp $kvm/vcpu.c || need kvm_riscv_gstage_update_hgatp $kvm/vcpu.c
has kvm_riscv_gstage_vmid_sanitize $kvm/vcpu.c || need kvm_riscv_local_tlb_sanitize $kvm/vcpu.c
has kvm_arch_enable_virtualization_cpu $kvm/main.c || need kvm_arch_hardware_enable $kvm/main.c
has __kvm_faultin_pfn $generic || need __gfn_to_pfn_memslot $generic

answers=
if_has PREFAULT kvm_arch_vcpu_pre_fault_memory $generic
if_has GFN_NOTIFIER mmu_invalidate_retry_gfn $generic
if_has VIRTUALIZATION_CPU kvm_arch_enable_virtualization_cpu $kvm/main.c
if_has DEBUGFS_RESULT 'int kvm_arch_create_vm_debugfs' $generic
if_has FW_READ_HI SBI_EXT_PMU_COUNTER_FW_READ_HI $kvm/vcpu_sbi_pmu.c
if_has PMU_SNAPSHOT snapshot_addr $asm/kvm_vcpu_pmu.h
if_has SET_SPTE kvm_set_spte_gfn $generic
if_has FAULTIN __kvm_faultin_pfn $generic
if_has NACL ncsr_write $asm/kvm_nacl.h
if_has FENCE_VMID 'order, unsigned long vmid' $asm/kvm_tlb.h $asm/kvm_host.h
if_has VMID_SANITIZE kvm_riscv_gstage_vmid_sanitize $kvm/vcpu.c
if_has CSR_DIRTY csr_dirty $asm/kvm_host.h
if_has ENABLE_CAP kvm_vm_ioctl_enable_cap $kvm/vm.c
if_has MAX_LEVELS kvm_riscv_gstage_max_pgd_levels $asm/kvm_gstage.h
echo "yes $fixes$answers"
