// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: dirty logging of a slot: start, stop, and clearing of bits.
 *
 * When logging starts, leaves lose their write permission and large leaves are split. So a store
 * marks one page only, and its fault has little to do. With a bitmap that is all set from the
 * start, both happen when bits are cleared. When logging stops, pages that the host still maps in
 * large leaves get large leaves here again, without a fault.
 */
#include <linux/module.h>
#include <linux/sched.h>

#include "host/host.h"
#include "user/user.h"

/* How much is done under one hold of mmu_lock, or between two looks at who waits for it. */
#define SPLIT_CHUNK  (32 * GST_LEVEL_SIZE(1))
#define SPLIT_TABLES (32 + 2 * GST_LEVELS_MAX)
#define PASS_LARGE   64

#define SPLIT_CACHE                                                                                \
	{ .gfp_custom = GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN, .gfp_zero = __GFP_ZERO }

/* Kernels that split large leaves by themselves have this name for it. */
static bool eager_page_split = true;
module_param(eager_page_split, bool, 0644);
MODULE_PARM_DESC(eager_page_split,
		 "split large leaves when dirty logging starts, or a dirty bit is "
		 "cleared (default); or else when a store comes");

static gpa_t slot_start(const struct kvm_memory_slot *slot)
{
	return slot->base_gfn << PAGE_SHIFT;
}

static gpa_t slot_end(const struct kvm_memory_slot *slot)
{
	return (slot->base_gfn + slot->npages) << PAGE_SHIFT;
}

static int try_split(struct kvm *kvm, gpa_t gpa, u64 size, struct kvm_mmu_memory_cache *cache)
{
	struct gst_gather gather;
	int ret;

	gst_gather_init(&gather, cache);
	ret = gst_split(gst_kvm_space(kvm), gpa, size, 0, &gather);
	gst_gather_finish(gst_kvm_space(kvm), &gather);
	return ret;
}

/*
 * How many tables are needed to split a range of at most GST_LEVEL_SIZE(1) bytes? The range touches
 * two large leaves at most, one at each end. Each needs one table for each level that it is split
 * down.
 */
static unsigned int tables_at_ends(struct kvm *kvm, gpa_t gpa, u64 size)
{
	struct gst_space *space = gst_kvm_space(kvm);
	gpa_t last = gpa + size - 1;
	unsigned int tables = 0;
	struct gst_leaf leaf;

	if (!gst_lookup(space, gpa, &leaf))
		tables = leaf.level;
	if ((gpa ^ last) >= GST_LEVEL_SIZE(1) && !gst_lookup(space, last, &leaf))
		tables += leaf.level;
	return tables;
}

/*
 * Split the large leaves of a range. Called with mmu_lock held for writing, from a context that may
 * sleep. Usually there is nothing to split and no memory is needed. If memory is needed, this
 * releases the lock and allocates @tables tables; 0: as many as the range needs. Return: 0, or an
 * error if memory is short. Then large leaves stay, and the faults of stores split them.
 */
static int split(struct kvm *kvm, gpa_t gpa, u64 size, unsigned int tables,
		 struct kvm_mmu_memory_cache *cache)
{
	int ret = try_split(kvm, gpa, size, cache);

	if (ret != -GST_ENOMEM)
		return ret;
	if (!tables)
		tables = tables_at_ends(kvm, gpa, size);
	gst_kvm_unlock(kvm);
	ret = __kvm_mmu_topup_memory_cache(cache, tables, tables);
	gst_kvm_lock(kvm);
	return ret ?: try_split(kvm, gpa, size, cache);
}

static void split_slot(struct kvm *kvm, const struct kvm_memory_slot *slot)
{
	struct kvm_mmu_memory_cache cache = SPLIT_CACHE;
	gpa_t next;
	int ret = 0;

	for (gpa_t gpa = slot_start(slot); gpa < slot_end(slot) && !ret; gpa = next) {
		next = min_t(gpa_t, slot_end(slot), (gpa | (SPLIT_CHUNK - 1)) + 1);
		gst_kvm_lock(kvm);
		ret = split(kvm, gpa, next - gpa, SPLIT_TABLES, &cache);
		gst_kvm_unlock(kvm);
		cond_resched();
	}
	kvm_mmu_free_memory_cache(&cache);
}

/**
 * gst_kvm_logging_start() - see every store to a slot from now on
 * @kvm: the VM; kvm->slots_lock is held
 * @slot: the slot. Faults already see it with its dirty bitmap
 *
 * Context: process context, may sleep; takes mmu_lock for writing.
 */
void gst_kvm_logging_start(struct kvm *kvm, const struct kvm_memory_slot *slot)
{
	struct gst_space *space = gst_kvm_space(kvm);
	gpa_t gpa = slot_start(slot), end = slot_end(slot);
	struct gst_gather gather;

	/* With a bitmap that is all set, a page is protected when its bit is cleared. */
	if (kvm_dirty_log_manual_protect_and_init_set(kvm))
		return;
	/* Huge leaves stay huge for now. The end of a slot cuts none. */
	gst_kvm_lock(kvm);
	gst_gather_init(&gather, NULL);
	while (gst_kvm_next_leaf(kvm, &gpa, end)) {
		gpa_t next = min_t(gpa_t, end, (gpa | (SPLIT_CHUNK - 1)) + 1);

		gst_wrprotect(space, gpa, next - gpa, GST_WHOLE_LEAVES, &gather);
		gpa = next;
		gst_kvm_let_others(kvm, &gather, true);
	}
	gst_kvm_finish(kvm, &gather);
	gst_kvm_unlock(kvm);
	if (READ_ONCE(eager_page_split))
		split_slot(kvm, slot);
}

/**
 * gst_kvm_logging_cleared() - split large leaves before pages of a logged slot are protected
 * @kvm: the VM
 * @gpa: the first page
 * @size: bytes, up to the end of the last page; at most GST_LEVEL_SIZE(1)
 *
 * If the start of logging split nothing, large leaves are split now.
 *
 * Context: may sleep. Called with mmu_lock held for writing; releases it if memory is needed.
 */
void gst_kvm_logging_cleared(struct kvm *kvm, gpa_t gpa, u64 size)
{
	struct kvm_mmu_memory_cache cache = SPLIT_CACHE;

	if (!kvm_dirty_log_manual_protect_and_init_set(kvm) || !READ_ONCE(eager_page_split))
		return;
	split(kvm, gpa, size, 0, &cache);
	kvm_mmu_free_memory_cache(&cache);
}

/* A walk that passes over large leaves, up to the first small one. */
struct pass {
	gpa_t gpa; /* start of the small leaf, or end of the last large one */
	unsigned int large;
	bool small;
};

static int pass_large(void *arg, const struct gst_leaf *leaf)
{
	struct pass *pass = arg;

	pass->small = leaf->level == 0;
	pass->gpa = pass->small ? leaf->gpa : leaf->gpa + leaf->size;
	return pass->small || ++pass->large == PASS_LARGE;
}

/*
 * If the host has a large leaf at @gpa, make one here, too. Called with mmu_lock held for writing.
 */
static void collapse_region(struct kvm *kvm, const struct kvm_memory_slot *slot, gpa_t gpa,
			    struct gst_gather *gather)
{
	gfn_t gfn = gpa >> PAGE_SHIFT;
	struct gst_kvm_host_leaf host;
	unsigned int level;
	u64 mask;

	if (gst_kvm_invalidated(kvm, slot, kvm->mmu_invalidate_seq, gfn, gfn + 1))
		return;
	gst_kvm_host_leaves(kvm, __gfn_to_hva_memslot(slot, gfn), &host, 1);
	if (!host.ordinary)
		return;
	level = gst_kvm_leaf_level(kvm, slot, gfn, host.pfn, host.level, kvm->mmu_invalidate_seq);
	if (!level)
		return;
	mask = (GST_LEVEL_SIZE(level) >> PAGE_SHIFT) - 1;
	/* If this fails, the leaves stay small. */
	gst_map(gst_kvm_space(kvm), (gfn & ~mask) << PAGE_SHIFT, GST_LEVEL_SIZE(level),
		(gst_pa_t)(host.pfn & ~mask) << PAGE_SHIFT,
		GST_READ | GST_EXEC |
			(host.write && !(slot->flags & KVM_MEM_READONLY) ? GST_WRITE : 0),
		level, gather);
}

/**
 * gst_kvm_logging_stop() - make large leaves of small ones again
 * @kvm: the VM; kvm->slots_lock is held
 * @slot: the slot. Faults no longer see its dirty bitmap
 *
 * Works in pieces of one 2 MiB region or PASS_LARGE large leaves, in O(leaves and tables of the
 * slot). Does nothing if the VM never had a leaf that was smaller than it could have been.
 *
 * Context: process context, may sleep; takes mmu_lock for writing.
 */
void gst_kvm_logging_stop(struct kvm *kvm, const struct kvm_memory_slot *slot)
{
	struct gst_space *space = gst_kvm_space(kvm);
	gpa_t gpa = slot_start(slot), end = slot_end(slot);
	struct gst_gather gather;

	if (!READ_ONCE(to_gst_kvm(kvm)->small))
		return;
	gst_kvm_lock(kvm);
	gst_gather_init(&gather, NULL);
	while (gpa < end) {
		struct pass pass = {};

		if (gst_iterate(space, gpa, end - gpa, pass_large, &pass) <= 0)
			break;
		if (pass.small)
			collapse_region(kvm, slot, pass.gpa, &gather);
		gpa = pass.small ? (pass.gpa | (GST_LEVEL_SIZE(1) - 1)) + 1 : pass.gpa;
		gst_kvm_let_others(kvm, &gather, true);
	}
	gst_kvm_finish(kvm, &gather);
	gst_kvm_unlock(kvm);
}
