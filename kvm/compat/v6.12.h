/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux 6.12: pages come from gfn_to_pfn_prot(). */
#ifndef GST_KVM_COMPAT_V6_12_H
#define GST_KVM_COMPAT_V6_12_H

#include <linux/kvm_host.h>

static inline void gst_kvm_lock(struct kvm *kvm)
{
	write_lock(&kvm->mmu_lock);
}

static inline void gst_kvm_unlock(struct kvm *kvm)
{
	write_unlock(&kvm->mmu_lock);
}

static inline void gst_kvm_read_lock(struct kvm *kvm)
{
	read_lock(&kvm->mmu_lock);
}

static inline void gst_kvm_read_unlock(struct kvm *kvm)
{
	read_unlock(&kvm->mmu_lock);
}

/* Exclusively. */
static inline void gst_kvm_assert_locked(struct kvm *kvm)
{
	lockdep_assert_held_write(&kvm->mmu_lock);
}

/* Exclusively or not. */
static inline void gst_kvm_assert_held(struct kvm *kvm)
{
	lockdep_assert_held(&kvm->mmu_lock);
}

/* Has a page of [first, end) changed since @seq was read, or is one about to? mmu_lock is held. */
static inline bool gst_kvm_invalidated(struct kvm *kvm, unsigned long seq, gfn_t first, gfn_t end)
{
	if (kvm->mmu_invalidate_in_progress && first < kvm->mmu_invalidate_range_end &&
	    end > kvm->mmu_invalidate_range_start)
		return true;
	return kvm->mmu_invalidate_seq != seq;
}

/* The same without the lock: a guess that spares work that would be in vain. */
static inline bool gst_kvm_invalidating(struct kvm *kvm, gfn_t gfn)
{
	return READ_ONCE(kvm->mmu_invalidate_in_progress) &&
	       gfn >= READ_ONCE(kvm->mmu_invalidate_range_start) &&
	       gfn < READ_ONCE(kvm->mmu_invalidate_range_end);
}

/* The host page behind a gfn; gst_kvm_put_pfn() gives it back. */
static inline kvm_pfn_t gst_kvm_get_pfn(struct kvm *kvm, const struct kvm_memory_slot *slot,
					gfn_t gfn, bool write, bool *writable)
{
	return gfn_to_pfn_prot(kvm, gfn, write, writable);
}

/* The caller holds mmu_lock where the page was mapped. */
static inline void gst_kvm_put_pfn(kvm_pfn_t pfn, bool dirty)
{
	if (dirty)
		kvm_set_pfn_dirty(pfn);
	kvm_set_pfn_accessed(pfn);
	kvm_release_pfn_clean(pfn);
}

/* HFENCE.GVMA for every vCPU of the VM, waiting for those in the guest. */
static inline void gst_kvm_hfence_range(struct kvm *kvm, gpa_t gpa, gpa_t size, unsigned long order)
{
	kvm_riscv_hfence_gvma_vmid_gpa(kvm, -1UL, 0, gpa, size, order);
}

static inline void gst_kvm_hfence_all(struct kvm *kvm)
{
	kvm_riscv_hfence_gvma_vmid_all(kvm, -1UL, 0);
}

static inline void gst_kvm_write_hgatp(unsigned long hgatp)
{
	csr_write(CSR_HGATP, hgatp);
}

static inline unsigned long gst_kvm_read_hgatp(void)
{
	return csr_read(CSR_HGATP);
}

#endif /* GST_KVM_COMPAT_V6_12_H */
