/* SPDX-License-Identifier: GPL-2.0-only */
/* gstage on Linux 6.12: pages come from __gfn_to_pfn_memslot(); every vcpu_load writes hgatp. */
#ifndef GST_KVM_COMPAT_V6_12_H
#define GST_KVM_COMPAT_V6_12_H

#include <asm/csr.h>

/*
 * A reference on a page, which gst_kvm_get_pfn() takes. If a signal ends its wait for the page, it
 * returns a pfn for which is_sigpending_pfn() is true.
 */
typedef kvm_pfn_t gst_kvm_ref_t;

static inline kvm_pfn_t gst_kvm_get_pfn(const struct kvm_memory_slot *slot, gfn_t gfn, bool write,
					bool *writable, gst_kvm_ref_t *ref)
{
	return *ref = __gfn_to_pfn_memslot(slot, gfn, false, true, NULL, write, writable, NULL);
}

/* Drop the reference after the page was mapped. Called under the same hold of mmu_lock. */
static inline void gst_kvm_put_mapped(struct kvm *kvm, gst_kvm_ref_t ref, bool writable)
{
	if (writable)
		kvm_set_pfn_dirty(ref);
	kvm_set_pfn_accessed(ref);
	kvm_release_pfn_clean(ref);
}

/* Drop the reference if nothing was mapped. */
static inline void gst_kvm_put_unmapped(struct kvm *kvm, gst_kvm_ref_t ref)
{
	kvm_set_pfn_accessed(ref);
	kvm_release_pfn_clean(ref);
}

/*
 * Post HFENCE.GVMA to every vCPU of the VM, and wait for those that are in the guest. A vCPU reads
 * the VMID when it executes the fence.
 */
static inline void gst_kvm_hfence_range(struct kvm *kvm, gpa_t gpa, gpa_t size, unsigned long order,
					unsigned long vmid)
{
	kvm_riscv_hfence_gvma_vmid_gpa(kvm, -1UL, 0, gpa, size, order);
}

/*
 * Write hgatp for a vCPU. The value may take effect only when gst_kvm_sync_hgatp() is called or the
 * guest runs.
 */
static inline void gst_kvm_write_hgatp(unsigned long hgatp)
{
	csr_write(CSR_HGATP, hgatp);
}

/* Write vsatp for a vCPU, in the same way. */
static inline void gst_kvm_write_vsatp(unsigned long vsatp)
{
	csr_write(CSR_VSATP, vsatp);
}

static inline unsigned long gst_kvm_read_hgatp(void)
{
	return csr_read(CSR_HGATP);
}

static inline void gst_kvm_sync_hgatp(void)
{
}

/*
 * Make all register writes for the vCPU that is loaded on this hart take effect now, though the
 * guest does not run.
 */
static inline void gst_kvm_sync_registers(void)
{
}

/* Make the next vcpu_load write all registers of the hart. */
static inline void gst_kvm_load_in_full(struct kvm_vcpu *vcpu)
{
}

/* Enable a capability of a VM that is not gstage's. */
static inline int gst_kvm_stock_enable_cap(struct kvm *kvm, struct kvm_enable_cap *cap)
{
	return -EINVAL;
}

#endif /* GST_KVM_COMPAT_V6_12_H */
