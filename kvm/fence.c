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
 * gst_kvm_fence_new_leaf() - let this hart see a leaf that has just come
 * @kvm: the VM
 * @gpa: the leaf
 * @level: its level
 *
 * The hart may have cached that there was none. Others fault once more for nothing and
 * come here too. A vCPU that moves to another hart meanwhile is fenced when it enters
 * there.
 */
void gst_kvm_fence_new_leaf(struct kvm *kvm, gpa_t gpa, unsigned int level)
{
	preempt_disable();
	kvm_riscv_local_hfence_gvma_vmid_gpa(READ_ONCE(kvm->arch.vmid.vmid), gpa,
					     GST_LEVEL_SIZE(level), GST_LEVEL_SHIFT(level));
	preempt_enable();
}

/**
 * gst_kvm_fence_new_table() - let this hart see tables that have just come
 * @kvm: the VM
 *
 * A fence with an address covers leaf PTEs only.
 */
void gst_kvm_fence_new_table(struct kvm *kvm)
{
	preempt_disable();
	kvm_riscv_local_hfence_gvma_vmid_all(READ_ONCE(kvm->arch.vmid.vmid));
	preempt_enable();
}
