// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: harts forget what changed. docs/TLB.md has the argument for each case.
 */
#include "events.h"

/* Every vCPU loads the new root before it enters the guest again. */
static void reload_root(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	/*
	 * A vCPU that is only coming is seen here, or sees the new root when it is loaded: it
	 * becomes visible before that, with a full barrier in between there.
	 */
	smp_mb();
	kvm_for_each_vcpu(i, vcpu, kvm) kvm_make_request(KVM_REQ_UPDATE_HGATP, vcpu);
}

/**
 * gst_kvm_flush() - the engine's flush
 * @ctx: the struct gst_kvm; kvm->mmu_lock is held
 * @flush: what is to be forgotten
 *
 * Posts the fence to every vCPU and waits until those in the guest have left it.
 * The request to load hgatp does not wait by itself, but comes before the fence that
 * does, and is carried out before it.
 */
void gst_kvm_flush(void *ctx, const struct gst_flush *flush)
{
	struct gst_kvm *gk = ctx;

	trace_kvm_gstage_flush(&gk->kvm, flush->start, flush->end - flush->start, flush->level,
			       flush->all);
	if (flush->old_root)
		reload_root(&gk->kvm);
	if (flush->all) {
		atomic64_inc(&gk->stats.flushes_all);
		gst_kvm_hfence_all(&gk->kvm);
	} else {
		atomic64_inc(&gk->stats.flushes_range);
		gst_kvm_hfence_range(&gk->kvm, flush->start, flush->end - flush->start,
				     GST_LEVEL_SHIFT(flush->level));
	}
	if (flush->old_root)
		gst_kvm_forget_root(flush->old_root);
}

/**
 * gst_kvm_fence_here() - let this hart see what the fault that it took has brought
 * @vcpu: who took it
 * @gpa: the leaf
 * @level: its level
 * @gather: of the mapping, not finished yet
 *
 * The hart may have cached that there was nothing, or less. Others fault once more for nothing
 * and come here too. A vCPU that moves to another hart meanwhile is fenced when it enters
 * there. A fence with an address covers leaf PTEs only: not where tables came, nor where nothing
 * had to change, so that this hart went by something old, no matter what.
 */
void gst_kvm_fence_here(struct kvm_vcpu *vcpu, gpa_t gpa, unsigned int level,
			const struct gst_gather *gather)
{
	unsigned long vmid;

	/* A hart with Svvptc sees by itself, and soon, what was not valid before. */
	if (gather->fresh && !gather->gained && riscv_has_extension_unlikely(RISCV_ISA_EXT_SVVPTC))
		return;

	gst_kvm_count(vcpu, fences, 1);
	preempt_disable();
	vmid = READ_ONCE(vcpu->kvm->arch.vmid.vmid);
	if (gather->fresh && !gather->linked)
		kvm_riscv_local_hfence_gvma_vmid_gpa(vmid, gpa,
						     GST_LEVEL_SIZE(level), GST_LEVEL_SHIFT(level));
	else
		kvm_riscv_local_hfence_gvma_vmid_all(vmid);
	preempt_enable();
}
