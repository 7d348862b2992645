// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: the last step before a vCPU enters the guest, and fences that belong to a hart.
 *
 * A fence that was posted to a vCPU is executed on the hart where the vCPU is loaded then. The
 * translations that it is for may be on the hart where the vCPU ran before. So a posted fence
 * counts only on the hart where the vCPU last ran. In all other cases the vCPU owes a fence of
 * both stages, and executes it when it enters the guest, wherever that is:
 *
 * - It was loaded on another hart since it last left the guest.
 * - Another vCPU of the same VM was loaded on this hart since. Both use one VMID, but each guest
 *   hart has ASIDs and local fences of its own (gst_kvm_seen.vcpu).
 * - The VM has another VMID.
 *
 * In each of these cases hgatp.c sets last_exit_cpu to -1. The stock code sets it to the hart when
 * the vCPU has left the guest.
 *
 * docs/TLB.md has the argument for each step of a vCPU.
 */
#include <asm/cacheflush.h>
#include <asm/csr.h>
#include <asm/insn-def.h>

#include "hart/hart.h"

static bool owes_fence(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.last_exit_cpu != smp_processor_id();
}

/* HFENCE.VVMA is for the VMID in hgatp, which is the vCPU's. */
static void fence_both_stages(struct kvm_vcpu *vcpu)
{
	if (!gst_kvm_mistaken(no_g_fence))
		kvm_riscv_local_hfence_gvma_vmid_all(gst_kvm_vmid_of(to_gst_vcpu(vcpu)->vmid) ^
						     gst_kvm_mistaken(wrong_vmid));
	if (!gst_kvm_mistaken(no_vs_fence))
		asm volatile(HFENCE_VVMA(zero, zero) : : : "memory");
}

/*
 * hgatp is not what the vCPU needs. This is normal while the root or the VMID changes: the vCPU was
 * faster than the request that tells it. Otherwise a request was lost, or some other code wrote
 * hgatp. That is a fault, and the guest must not reach other memory by it.
 */
static noinline void load_late(struct kvm_vcpu *vcpu)
{
	struct gst_kvm *gk = to_gst_kvm(vcpu->kvm);
	/*
	 * In this order: gst_kvm_hgatp_changed() posts the request, and then decrements @changing.
	 */
	bool expected =
		atomic_read_acquire(&gk->changing) || kvm_test_request(KVM_REQ_UPDATE_HGATP, vcpu);

	if (!expected) {
		atomic64_inc(&gk->stats.hgatp_rescues);
		WARN_ONCE(!gst_kvm_test_loses_hgatp(),
			  "gstage: a vCPU was about to enter the guest with hgatp 0x%lx\n",
			  gst_kvm_read_hgatp());
	}
	gst_kvm_load_root(vcpu);
	vcpu->arch.last_exit_cpu = -1;
}

/*
 * Called with interrupts off, after the last look at requests, and before the guest is entered. The
 * stock function fences the G-stage where the vCPU last ran on another hart.
 */
void kvm_riscv_local_tlb_sanitize(struct kvm_vcpu *vcpu)
{
	if (unlikely(!gst_kvm_hgatp_is_loaded(vcpu)) && !gst_kvm_mistaken(no_entry_check))
		load_late(vcpu);
	if (unlikely(owes_fence(vcpu))) {
		gst_kvm_count(vcpu, entry_fences, 1);
		fence_both_stages(vcpu);
		/* The guest may have executed its FENCE.I on another hart. */
		local_flush_icache_all();
	}
}

/**
 * gst_kvm_fence_before_read() - drop the translations that an HLV of a vCPU must not use
 * @vcpu: the vCPU, loaded on this hart and outside of the guest; interrupts are off and its root is
 *	loaded
 *
 * Posted fences stay posted: the vCPU executes them before it enters the guest.
 */
void gst_kvm_fence_before_read(struct kvm_vcpu *vcpu)
{
	if (gst_kvm_mistaken(no_read_fence))
		return;
	if (owes_fence(vcpu) || kvm_test_request(KVM_REQ_UPDATE_HGATP, vcpu) ||
	    kvm_test_request(KVM_REQ_TLB_FLUSH, vcpu) || kvm_test_request(KVM_REQ_HFENCE, vcpu) ||
	    kvm_test_request(KVM_REQ_HFENCE_VVMA_ALL, vcpu))
		fence_both_stages(vcpu);
}

/**
 * gst_kvm_vvma_begin() - stock code is about to execute HFENCE.VVMA
 * @vmid: the field hgatp.VMID that the fence is for
 *
 * The stock code writes that VMID with MODE Bare to hgatp, and restores the old value afterwards.
 * With interrupts on, this can bring back a root that gst_kvm_forget_root() has just taken away.
 * And a change of MODE needs a fence of its own. So compat/stock-tlb.h calls this function instead,
 * and hgatp keeps its value. It has the VMID of the vCPU that is loaded here, and the fence is for
 * that vCPU. If hgatp has another VMID, the vCPU owes a fence.
 *
 * Return: the argument for gst_kvm_vvma_end(). Interrupts are off until then.
 */
unsigned long gst_kvm_vvma_begin(unsigned long vmid)
{
	struct kvm_vcpu *vcpu = kvm_get_running_vcpu();
	unsigned long flags;

	if (gst_kvm_mistaken(swap_hgatp))
		return csr_swap(CSR_HGATP, vmid);
	local_irq_save(flags);
	if (vcpu && (csr_read(CSR_HGATP) & HGATP_VMID) != vmid)
		vcpu->arch.last_exit_cpu = -1;
	return flags;
}

void gst_kvm_vvma_end(unsigned long flags)
{
	if (gst_kvm_mistaken(swap_hgatp))
		csr_write(CSR_HGATP, flags);
	else
		local_irq_restore(flags);
}
