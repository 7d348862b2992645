// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: remote and local fences. docs/TLB.md has the argument for each case.
 */
#include "events.h"
#include "hart/hart.h"

/**
 * gst_kvm_hgatp_changed() - tell every vCPU of a VM to load hgatp anew
 * @gk: the VM. The caller has incremented gst_kvm.changing, and then published the new root or VMID
 *
 * Posts a request to each vCPU, and decrements gst_kvm.changing. The request does not interrupt the
 * guest. A vCPU that is just being created either is seen here or sees the new value when it is
 * loaded: it becomes visible first, and there is a full barrier in between.
 */
void gst_kvm_hgatp_changed(struct gst_kvm *gk)
{
	struct kvm *kvm = &gk->kvm;
	struct kvm_vcpu *vcpu;
	unsigned long i;

	if (!gst_kvm_mistaken(no_post_barrier))
		smp_mb();
	kvm_for_each_vcpu(i, vcpu, kvm)
		kvm_make_request(KVM_REQ_UPDATE_HGATP, vcpu);
	smp_mb__before_atomic();
	atomic_dec(&gk->changing);
}

/*
 * A hart that reads the new root is not among those that gst_kvm_forget_root() interrupts. It
 * fences by itself, because the root is another one than it had. If the new root is at the address
 * of an older one, the hart reads that there was a purge.
 */
static void change_root(struct gst_kvm *gk)
{
	atomic_inc(&gk->changing);
	atomic_long_inc(&gk->purges);
	smp_mb__after_atomic();
	gst_kvm_publish_root(gk, gst_root(&gk->space));
	gst_kvm_hgatp_changed(gk);
}

/*
 * No request is posted to vCPUs: harts that have the root are interrupted, and all others fence
 * before they have it.
 */
static void flush_all(struct gst_kvm *gk, gst_root_t old_root)
{
	atomic64_inc(&gk->stats.flushes_all);
	if (gst_kvm_mistaken(no_all_flush))
		return;
	if (old_root)
		gst_kvm_forget_root(gk, old_root);
	else
		gst_kvm_purge_harts(gk);
}

static void flush_range(struct gst_kvm *gk, const struct gst_flush *flush)
{
	atomic64_inc(&gk->stats.flushes_range);
	if (gst_kvm_mistaken(no_range_flush))
		return;
	/* The VMID is read after the tables have changed: docs/TLB.md, "VMIDs". */
	if (!gst_kvm_mistaken(no_flush_barrier))
		smp_mb();
	gst_kvm_hfence_range(&gk->kvm, flush->start, flush->end - flush->start,
			     GST_LEVEL_SHIFT(flush->level), gst_kvm_vmid_of(READ_ONCE(gk->vmid)));
}

/**
 * gst_kvm_flush() - the engine's flush
 * @ctx: the struct gst_kvm; kvm->mmu_lock is held
 * @flush: what harts must forget
 *
 * Posts the fence to every vCPU and waits until the vCPUs in the guest have left it. A vCPU loads
 * hgatp before it executes the fence, if both are posted.
 */
void gst_kvm_flush(void *ctx, const struct gst_flush *flush)
{
	struct gst_kvm *gk = ctx;

	trace_kvm_gstage_flush(&gk->kvm, flush->start, flush->end - flush->start, flush->level,
			       flush->all);
	if (flush->old_root && !gst_kvm_mistaken(late_root))
		change_root(gk);
	if (flush->all && !(gst_kvm_mistaken(range_for_all) && !flush->old_root))
		flush_all(gk, flush->old_root);
	else
		flush_range(gk, flush);
	if (flush->old_root && gst_kvm_mistaken(late_root))
		change_root(gk);
}

/**
 * gst_kvm_fence_here() - let this hart see the mapping that was made for its fault
 * @vcpu: the vCPU that took the fault
 * @gpa: the gpa of the leaf
 * @level: the level of the leaf
 * @gather: the gather of the mapping, not finished yet
 *
 * The hart may have cached that there was no leaf, or one with less access. Another hart may take
 * one more fault for that, and comes here, too. A vCPU that moves to another hart meanwhile fences
 * when it enters the guest there. A fence with an address covers leaf PTEs only. It is not enough
 * if a table came, or if nothing had to change: then the hart used something old, and the fault
 * does not say what.
 */
void gst_kvm_fence_here(struct kvm_vcpu *vcpu, gpa_t gpa, unsigned int level,
			const struct gst_gather *gather)
{
	unsigned long vmid;

	/* A hart with Svvptc sees within a bounded time that an entry has become valid. */
	if (gst_kvm_mistaken(no_fresh_fence))
		return;
	if (gather->fresh && !gather->gained && gst_kvm_has_svvptc())
		return;

	gst_kvm_count(vcpu, fences, 1);
	preempt_disable();
	vmid = gst_kvm_vmid_of(to_gst_vcpu(vcpu)->vmid);
	if (gather->fresh && !gather->linked)
		kvm_riscv_local_hfence_gvma_vmid_gpa(vmid, gpa, GST_LEVEL_SIZE(level),
						     GST_LEVEL_SHIFT(level));
	else
		kvm_riscv_local_hfence_gvma_vmid_all(vmid);
	preempt_enable();
}
