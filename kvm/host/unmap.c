// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: unmap a range, and do not return before it is out of reach.
 */
#include "events.h"
#include "host/host.h"

/*
 * A cut huge leaf is split where two spare tables can be had at once, so that
 * the rest of it stays mapped.
 */
#define SPARE_TABLES 4

/* What is unmapped at once where others may be let in between: 512 tables of leaves at most. */
#define PIECE GST_LEVEL_SIZE(2)

static int take_spares(struct kvm_mmu_memory_cache *spares)
{
	return __kvm_mmu_topup_memory_cache(spares, SPARE_TABLES, SPARE_TABLES);
}

/* Cannot fail: where memory for a split is short, the whole huge leaf goes. */
static void unmap_piece(struct gst_space *space, gpa_t gpa, u64 size, struct gst_gather *gather)
{
	if (gst_unmap(space, gpa, size, 0, gather) == -GST_ENOMEM &&
	    (take_spares(gather->source) || gst_unmap(space, gpa, size, 0, gather)))
		gst_unmap(space, gpa, size, GST_WHOLE_LEAVES, gather);
}

static int note_leaf(void *arg, const struct gst_leaf *leaf)
{
	*(gpa_t *)arg = leaf->gpa;
	return 1;
}

/**
 * gst_kvm_next_leaf() - pass over a hole
 * @kvm: the VM; kvm->mmu_lock is held
 * @gpa: where to begin; set to where the next leaf begins, or left alone in the middle of one
 * @end: where to end
 *
 * Return: false where there is no leaf up to @end.
 */
bool gst_kvm_next_leaf(struct kvm *kvm, gpa_t *gpa, gpa_t end)
{
	gpa_t found = *gpa;

	if (*gpa >= end || gst_iterate(gst_kvm_space(kvm), *gpa, end - *gpa, note_leaf, &found) != 1)
		return false;
	*gpa = max(*gpa, found);
	return true;
}

/**
 * gst_kvm_let_others() - in the midst of long work let others have the lock and the hart
 * @kvm: the VM; kvm->mmu_lock is held exclusively, by who may sleep
 * @gather: what is left to do so far; finished if somebody is waiting
 */
void gst_kvm_let_others(struct kvm *kvm, struct gst_gather *gather)
{
	if (!need_resched() && !rwlock_is_contended(&kvm->mmu_lock))
		return;
	gst_gather_finish(gst_kvm_space(kvm), gather);
	gst_kvm_unlock(kvm);
	cond_resched();
	gst_kvm_lock(kvm);
	atomic64_inc(&to_gst_kvm(kvm)->stats.lock_breaks);
}

/**
 * gst_kvm_unmap() - unmap a range
 * @kvm: the VM; kvm->mmu_lock is held
 * @gpa: start, page aligned
 * @size: bytes
 * @may_break: the lock may be let go of in between. Faults must be kept away from
 *	the range by other means, as notifiers and the deletion of a slot do
 *
 * One flush, but for those before the lock was let go of. Cannot fail. Nothing happens
 * where the VM has no tables any more.
 */
void gst_kvm_unmap(struct kvm *kvm, gpa_t gpa, u64 size, bool may_break)
{
	struct kvm_mmu_memory_cache spares = {
		.gfp_custom = GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT,
		.gfp_zero = __GFP_ZERO,
	};
	gpa_t end = gpa + size, next = end;
	struct gst_gather gather;
	int level = -1;

	gst_kvm_assert_locked(kvm);
	gst_gather_init(&gather, &spares);
	for (;;) {
		if (may_break)
			next = min_t(gpa_t, end, (gpa | (PIECE - 1)) + 1);
		unmap_piece(gst_kvm_space(kvm), gpa, next - gpa, &gather);
		if (gather.end > gather.start && (level < 0 || gather.level < level))
			level = gather.level;
		gpa = next;
		if (!gst_kvm_next_leaf(kvm, &gpa, end))
			break;
		gst_kvm_let_others(kvm, &gather);
	}
	trace_kvm_gstage_unmap(kvm, end - size, size, level);
	gst_gather_finish(gst_kvm_space(kvm), &gather);
	kvm_mmu_free_memory_cache(&spares);
	atomic64_inc(&to_gst_kvm(kvm)->stats.unmaps);
}
