// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: unmap a range, and do not return before it is out of reach.
 */
#include "events.h"
#include "host/host.h"

/*
 * If a range cuts a huge leaf, the leaf is split, so that the rest of it stays mapped. This takes
 * spare tables, which must be allocated without waiting.
 */
#define SPARE_TABLES 4

/*
 * The size that is unmapped before the lock is offered to other threads: at most 512 tables of
 * leaves.
 */
#define PIECE GST_LEVEL_SIZE(2)

/* After this number of gathered tables, flush and free them, even if no other thread waits. */
#define GATHER_TABLES 512

/* Generic KVM calls for each slot that has a part of a range, all under one hold of mmu_lock. */
#define UNMAPS_PER_LOOK 64

static int take_spares(struct kvm_mmu_memory_cache *spares)
{
	return __kvm_mmu_topup_memory_cache(spares, SPARE_TABLES, SPARE_TABLES);
}

/* Cannot fail: if there is no memory for a split, unmap the whole huge leaf. */
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
 * gst_kvm_next_leaf() - skip a hole
 * @kvm: the VM; kvm->mmu_lock is held
 * @gpa: the start. Set to the start of the next leaf; unchanged if it is inside a leaf
 * @end: the end
 *
 * Return: false if there is no leaf before @end.
 */
bool gst_kvm_next_leaf(struct kvm *kvm, gpa_t *gpa, gpa_t end)
{
	gpa_t found = *gpa;

	if (*gpa >= end ||
	    gst_iterate(gst_kvm_space(kvm), *gpa, end - *gpa, note_leaf, &found) != 1)
		return false;
	*gpa = max(*gpa, found);
	return true;
}

/**
 * gst_kvm_finish() - flush once for what long work has gathered, then free the tables
 * @kvm: the VM; kvm->mmu_lock is held for writing
 * @gather: empty afterwards, and usable again
 */
void gst_kvm_finish(struct kvm *kvm, struct gst_gather *gather)
{
	atomic64_t *peak = &to_gst_kvm(kvm)->stats.gathered_peak;

	if (gather->pages > atomic64_read(peak))
		atomic64_set(peak, gather->pages);
	gst_gather_finish(gst_kvm_space(kvm), gather);
}

/**
 * gst_kvm_let_others() - between two pieces of long work, let other threads have the lock or the
 * hart
 * @kvm: the VM; kvm->mmu_lock is held for writing. It may be released and taken again
 * @gather: the gather of the work. It is finished before the lock is released. NULL if generic KVM
 *	flushes for the caller
 * @may_sleep: the caller may sleep
 *
 * A thread that waits for mmu_lock gets it, since the lock is fair. A caller that may not sleep
 * spins until it has the lock again, as it did when it took the lock first.
 */
void gst_kvm_let_others(struct kvm *kvm, struct gst_gather *gather, bool may_sleep)
{
	struct gst_kvm_stats *stats = &to_gst_kvm(kvm)->stats;

	atomic64_inc(&stats->lock_pieces);
	if (gather && gather->pages >= GATHER_TABLES)
		gst_kvm_finish(kvm, gather);
	if (!(may_sleep && need_resched()) && !rwlock_is_contended(&kvm->mmu_lock)) {
		gst_kvm_test_hold_ends();
		gst_kvm_test_hold_begins();
		return;
	}
	if (gather)
		gst_kvm_finish(kvm, gather);
	gst_kvm_unlock(kvm);
	if (may_sleep)
		cond_resched();
	gst_kvm_lock(kvm);
	atomic64_inc(&stats->lock_breaks);
}

/**
 * gst_kvm_unmap() - unmap a range
 * @kvm: the VM; kvm->mmu_lock is held for writing
 * @gpa: start, page aligned
 * @size: bytes
 * @may_sleep: the caller may sleep
 *
 * Works in pieces, and may release the lock between two of them. The caller must keep faults away
 * from the range by other means, as notifiers and the deletion of a slot do. It flushes once for
 * GATHER_TABLES tables, and always before the lock is released. Cannot fail. Does nothing if the VM
 * has no tables any more.
 */
void gst_kvm_unmap(struct kvm *kvm, gpa_t gpa, u64 size, bool may_sleep)
{
	struct kvm_mmu_memory_cache spares = {
		.gfp_custom = GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT,
		.gfp_zero = __GFP_ZERO,
	};
	gpa_t end = gpa + size, next;
	struct gst_gather gather;
	int level = -1;

	gst_kvm_assert_locked(kvm);
	gst_gather_init(&gather, &spares);
	for (;;) {
		next = min_t(gpa_t, end, (gpa | (PIECE - 1)) + 1);
		unmap_piece(gst_kvm_space(kvm), gpa, next - gpa, &gather);
		if (gather.end > gather.start && (level < 0 || gather.level < level))
			level = gather.level;
		gpa = next;
		if (!gst_kvm_next_leaf(kvm, &gpa, end))
			break;
		gst_kvm_let_others(kvm, &gather, may_sleep);
	}
	trace_kvm_gstage_unmap(kvm, end - size, size, level);
	gst_kvm_finish(kvm, &gather);
	kvm_mmu_free_memory_cache(&spares);
	if (atomic64_inc_return(&to_gst_kvm(kvm)->stats.unmaps) % UNMAPS_PER_LOOK == 0)
		gst_kvm_let_others(kvm, NULL, may_sleep);
}
