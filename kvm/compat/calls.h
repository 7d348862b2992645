/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: functions that kernels call by different names, or with different arguments.
 */
#ifndef GST_KVM_COMPAT_CALLS_H
#define GST_KVM_COMPAT_CALLS_H

#include <linux/kvm_host.h>
#include <asm/cpufeature.h>

/*
 * Post HFENCE.GVMA to every vCPU of the VM, and wait for those that are in the guest. Before Linux
 * 6.17 the fence does not name a VMID: a vCPU reads it when it executes the fence.
 */
static inline void gst_kvm_hfence_range(struct kvm *kvm, gpa_t gpa, gpa_t size, unsigned long order,
					unsigned long vmid)
{
#ifdef GST_HAS_FENCE_VMID
	kvm_riscv_hfence_gvma_vmid_gpa(kvm, -1UL, 0, gpa, size, order, vmid);
#else
	kvm_riscv_hfence_gvma_vmid_gpa(kvm, -1UL, 0, gpa, size, order);
#endif
}

/*
 * Is a page of [first, end) of the slot being invalidated? Before Linux 6.8 KVM keeps the range of
 * host addresses, and not of gfns.
 */
static inline bool gst_kvm_invalidating_range(struct kvm *kvm, const struct kvm_memory_slot *slot,
					      gfn_t first, gfn_t end)
{
#ifdef GST_HAS_GFN_NOTIFIER
	u64 from = first, to = end;
#else
	u64 from = __gfn_to_hva_memslot(slot, first);
	u64 to = from + ((end - first) << PAGE_SHIFT);
#endif

	return READ_ONCE(kvm->mmu_invalidate_in_progress) &&
	       from < READ_ONCE(kvm->mmu_invalidate_range_end) &&
	       to > READ_ONCE(kvm->mmu_invalidate_range_start);
}

/* Do all harts have Svvptc? Kernels that do not know Svvptc cannot tell. */
static inline bool gst_kvm_has_svvptc(void)
{
#ifdef RISCV_ISA_EXT_SVVPTC
	return riscv_has_extension_unlikely(RISCV_ISA_EXT_SVVPTC);
#else
	return false;
#endif
}

/* Enable a capability of a VM that is not gstage's. Some kernels have none. */
#ifdef GST_HAS_ENABLE_CAP
int stock_kvm_vm_ioctl_enable_cap(struct kvm *kvm, struct kvm_enable_cap *cap);

static inline int gst_kvm_stock_enable_cap(struct kvm *kvm, struct kvm_enable_cap *cap)
{
	return stock_kvm_vm_ioctl_enable_cap(kvm, cap);
}
#else
static inline int gst_kvm_stock_enable_cap(struct kvm *kvm, struct kvm_enable_cap *cap)
{
	return -EINVAL;
}
#endif

/* kvm/Kbuild renames the call of the stock vcpu.o. */
#ifdef GST_HAS_VMID_SANITIZE
void kvm_riscv_local_tlb_sanitize(struct kvm_vcpu *vcpu);
#endif

#endif /* GST_KVM_COMPAT_CALLS_H */
