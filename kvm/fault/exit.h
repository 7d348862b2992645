/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: why a vCPU left the guest.
 */
#ifndef GST_KVM_EXIT_H
#define GST_KVM_EXIT_H

#include <linux/kvm_host.h>

/*
 * Pseudoinstructions (privileged spec, "Transformed Instruction or Pseudoinstruction for mtinst or
 * htinst"): the hart faulted when it accessed a page table of the guest. scause says what the guest
 * was about to do.
 */
#define GST_HTINST_WALK  0x2000
#define GST_HTINST_64BIT 0x1000 /* width of the entry: 64 bits, otherwise 32 */
#define GST_HTINST_WRITE 0x0020 /* the hart sets A or D; otherwise it reads */

static inline bool gst_kvm_walk_fault(const struct kvm_cpu_trap *trap)
{
	switch (trap->scause) {
	case EXC_INST_GUEST_PAGE_FAULT:
	case EXC_LOAD_GUEST_PAGE_FAULT:
	case EXC_STORE_GUEST_PAGE_FAULT:
		return (trap->htinst & ~(GST_HTINST_64BIT | GST_HTINST_WRITE)) == GST_HTINST_WALK;
	default:
		return false;
	}
}

/* The stock function, renamed when it was compiled (kvm/Kbuild). */
int stock_kvm_riscv_vcpu_exit(struct kvm_vcpu *vcpu, struct kvm_run *run,
			      struct kvm_cpu_trap *trap);

#endif /* GST_KVM_EXIT_H */
