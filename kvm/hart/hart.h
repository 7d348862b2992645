/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: harts: hgatp, VMIDs, fences, and entry into the guest.
 */
#ifndef GST_KVM_HART_H
#define GST_KVM_HART_H

#include <asm/csr.h>

#include "gstage.h"

/* vmid.c */
#define GST_KVM_VMID_WIDTH hweight_long(HGATP_VMID)

static inline unsigned long gst_kvm_generation(unsigned long word)
{
	return word >> GST_KVM_VMID_WIDTH;
}

static inline unsigned long gst_kvm_vmid_of(unsigned long word)
{
	return word & ((1UL << GST_KVM_VMID_WIDTH) - 1);
}

void gst_kvm_detect_vmids(unsigned long hgatp);
unsigned int gst_kvm_vmid_bits(void);
unsigned long gst_kvm_current_vmid(struct gst_kvm *gk);
void gst_kvm_new_generation(void);

/* hgatp.c: the formats of the host, and hgatp */
void gst_kvm_detect_modes(void);
u64 gst_kvm_modes(void);
const struct gst_format *gst_kvm_widest(void);
int gst_kvm_void_root_init(void);
void gst_kvm_void_root_exit(void);
int gst_kvm_enable_hart(void);
void gst_kvm_disable_hart(void);
void gst_kvm_load_root(struct kvm_vcpu *vcpu);
void gst_kvm_publish_root(struct gst_kvm *gk, gst_root_t root);
void gst_kvm_purge_harts(struct gst_kvm *gk);
void gst_kvm_forget_root(struct gst_kvm *gk, gst_root_t root);

/* What a vCPU of the VM needs in hgatp, with this value of gst_kvm.vmid. */
static inline unsigned long gst_kvm_hgatp(const struct gst_kvm *gk, unsigned long vmid)
{
	unsigned int generation_bits = BITS_PER_LONG - GST_KVM_VMID_WIDTH;

	return READ_ONCE(gk->hgatp_root) |
	       (vmid << generation_bits >> (generation_bits - HGATP_VMID_SHIFT));
}

/*
 * Does this hart have the root, MODE and VMID of the vCPU's VM in hgatp? It is asked before each
 * entry into the guest: keep it short.
 */
static inline bool gst_kvm_hgatp_is_loaded(struct kvm_vcpu *vcpu)
{
	const struct gst_kvm *gk = to_gst_kvm(vcpu->kvm);

	return gst_kvm_read_hgatp() == gst_kvm_hgatp(gk, READ_ONCE(gk->vmid));
}

/* The same, and the vCPU has seen the generation of the VMID. */
static inline bool gst_kvm_root_is_loaded(struct kvm_vcpu *vcpu)
{
	return to_gst_vcpu(vcpu)->vmid == READ_ONCE(to_gst_kvm(vcpu->kvm)->vmid) &&
	       gst_kvm_hgatp_is_loaded(vcpu);
}

/* entry.c */
void gst_kvm_fence_before_read(struct kvm_vcpu *vcpu);
unsigned long gst_kvm_vvma_begin(unsigned long vmid);
void gst_kvm_vvma_end(unsigned long flags);

/* fence.c */
void gst_kvm_hgatp_changed(struct gst_kvm *gk);
void gst_kvm_flush(void *ctx, const struct gst_flush *flush);
void gst_kvm_fence_here(struct kvm_vcpu *vcpu, gpa_t gpa, unsigned int level,
			const struct gst_gather *gather);

/*
 * Stock functions that were renamed when they were compiled (kvm/Kbuild), so that gstage stands
 * before them.
 */
void stock_kvm_arch_vcpu_load(struct kvm_vcpu *vcpu, int cpu);
int stock_enable_hart(void);
void stock_disable_hart(void);
unsigned long stock_kvm_riscv_vcpu_unpriv_read(struct kvm_vcpu *vcpu, bool read_insn,
					       unsigned long guest_addr, struct kvm_cpu_trap *trap);

#endif /* GST_KVM_HART_H */
