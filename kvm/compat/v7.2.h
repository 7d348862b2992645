/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage on Linux 7.2:
 *
 * - pages come from __kvm_faultin_pfn();
 * - a posted fence names its VMID;
 * - registers may be in memory that is shared with the hypervisor below (nested acceleration);
 * - vcpu_load does not write registers that the hart still has;
 * - KVM_ENABLE_CAP has capabilities of its own.
 */
#ifndef GST_KVM_COMPAT_V7_2_H
#define GST_KVM_COMPAT_V7_2_H

#include <asm/kvm_mmu.h>
#include <asm/kvm_nacl.h>

#ifdef CONFIG_KVM_MMU_LOCKLESS_AGING
#error "kvm_age_gfn() would be called without mmu_lock: freed tables need a grace period first, see docs/LOCKING.md"
#endif

/*
 * A reference on a page, which gst_kvm_get_pfn() takes. If a signal ends its wait for the page, it
 * returns a pfn for which is_sigpending_pfn() is true.
 */
typedef struct page *gst_kvm_ref_t;

static inline kvm_pfn_t gst_kvm_get_pfn(const struct kvm_memory_slot *slot, gfn_t gfn, bool write,
					bool *writable, gst_kvm_ref_t *ref)
{
	return __kvm_faultin_pfn(slot, gfn, FOLL_INTERRUPTIBLE | (write ? FOLL_WRITE : 0), writable,
				 ref);
}

/* Drop the reference after the page was mapped. Called under the same hold of mmu_lock. */
static inline void gst_kvm_put_mapped(struct kvm *kvm, gst_kvm_ref_t ref, bool writable)
{
	kvm_release_faultin_page(kvm, ref, false, writable);
}

/* Drop the reference if nothing was mapped. */
static inline void gst_kvm_put_unmapped(struct kvm *kvm, gst_kvm_ref_t ref)
{
	kvm_release_faultin_page(kvm, ref, true, false);
}

/* Post HFENCE.GVMA to every vCPU of the VM, and wait for those that are in the guest. */
static inline void gst_kvm_hfence_range(struct kvm *kvm, gpa_t gpa, gpa_t size, unsigned long order,
					unsigned long vmid)
{
	kvm_riscv_hfence_gvma_vmid_gpa(kvm, -1UL, 0, gpa, size, order, vmid);
}

/*
 * Write hgatp for a vCPU. The value may take effect only when gst_kvm_sync_hgatp() is called or the
 * guest runs.
 */
static inline void gst_kvm_write_hgatp(unsigned long hgatp)
{
	ncsr_write(CSR_HGATP, hgatp);
}

/* Write vsatp for a vCPU, in the same way. */
static inline void gst_kvm_write_vsatp(unsigned long vsatp)
{
	ncsr_write(CSR_VSATP, vsatp);
}

static inline unsigned long gst_kvm_read_hgatp(void)
{
	return ncsr_read(CSR_HGATP);
}

static inline void gst_kvm_sync_hgatp(void)
{
	nsync_csr(CSR_HGATP);
}

/*
 * Make all register writes for the vCPU that is loaded on this hart take effect now, though the
 * guest does not run.
 */
static inline void gst_kvm_sync_registers(void)
{
	nsync_csr(-1UL);
}

/* Make the next vcpu_load write all registers of the hart. */
static inline void gst_kvm_load_in_full(struct kvm_vcpu *vcpu)
{
	vcpu->arch.csr_dirty = true;
}

/* Enable a capability of a VM that is not gstage's. */
int stock_kvm_vm_ioctl_enable_cap(struct kvm *kvm, struct kvm_enable_cap *cap);

static inline int gst_kvm_stock_enable_cap(struct kvm *kvm, struct kvm_enable_cap *cap)
{
	return stock_kvm_vm_ioctl_enable_cap(kvm, cap);
}

#endif /* GST_KVM_COMPAT_V7_2_H */
