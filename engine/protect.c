// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: remove the write permission, from a range or from the pages of a bitmap.
 *
 * Only W is cleared, so no table is linked or unlinked, except where a range cuts a
 * huge leaf (see cut.c). The bitmap never splits a leaf: a larger leaf with one of
 * the pages is protected whole.
 */
#include "cut.h"
#include "napot.h"

struct mask_walk {
	struct gst_walk walk;
	gst_gpa_t base;
	uint64_t mask;
};

/*
 * Protect the whole present leaf. In shared entry another thread may have changed the
 * entry, even to a pointer to a table, so compare with the PTE that the walk read.
 */
static int protect_whole_leaf(struct gst_walk *walk)
{
	gst_pte_t *ptep = gst_walk_leaf_ptep(walk);
	gst_gpa_t start = gst_walk_leaf_start(walk);

	if (!(walk->pte & GST_PTE_W))
		return GST_WALK_NEXT;
	if (walk->gather->shared) {
		if (gst_pte_is_napot(walk->pte))
			return -GST_EBUSY;
		if (!gst_pte_change(walk->gather, ptep, walk->pte, walk->pte & ~GST_PTE_W))
			return -GST_EAGAIN;
	} else {
		for (unsigned int i = 0; i < gst_walk_leaf_entries(walk); i++)
			gst_pte_clear_bits(&ptep[i], GST_PTE_W);
	}
	gst_gather_range(walk->gather, start, start + gst_walk_leaf_size(walk), walk->level);
	gst_walk_take_leaf(walk);
	return GST_WALK_NEXT;
}

/*
 * Protect 4 KiB leaves from the present entry on and skip holes. Stop at the end of
 * the range, at the end of the page, or at a 64 KiB leaf.
 */
static int protect_pages(struct gst_walk *walk)
{
	gst_pte_t *ptep = walk->ptep, *end = ptep + gst_walk_run_length(walk), *last = NULL;

	for (; ptep < end; ptep++) {
		gst_pte_t pte = gst_pte_load(ptep);

		if (!(pte & (GST_PTE_W | GST_PTE_N)))
			continue;
		if (gst_pte_is_napot(pte))
			break;
		if (gst_seeded(LOST_WRITE_PROTECT) && ptep + 1 == end)
			continue;
		gst_pte_clear_bits(ptep, GST_PTE_W);
		last = ptep;
	}
	if (last)
		gst_gather_range(walk->gather, walk->gpa,
				 walk->gpa + (uint64_t)(last - walk->ptep + 1) * GST_PAGE_SIZE, 0);
	gst_walk_take(walk, (unsigned int)(ptep - walk->ptep));
	return GST_WALK_NEXT;
}

static int protect_leaf(struct gst_walk *walk)
{
	if (walk->level == 0 && !gst_pte_is_napot(walk->pte) && !walk->gather->shared)
		return protect_pages(walk);
	if (!(walk->pte & GST_PTE_W))
		return GST_WALK_NEXT;
	if (!gst_walk_has(walk, gst_walk_leaf_size(walk)) && !gst_cut_walk_of(walk)->whole) {
		if (!gst_pte_is_napot(walk->pte))
			return gst_cut_split(walk);
		if (gst_napot_break(walk))
			return -GST_EBUSY;
	}
	return protect_whole_leaf(walk);
}

static const struct gst_visitor protect_visitor = {
	.leaf = protect_leaf,
};

int gst_wrprotect(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int flags,
		  struct gst_gather *gather)
{
	return gst_cut_run(space, gpa, size, flags, gather, &protect_visitor);
}

/* Does the mask have a page of the present leaf? */
static bool mask_hits(const struct gst_walk *walk)
{
	const struct mask_walk *masked = (const struct mask_walk *)walk;
	gst_gpa_t leaf_end = gst_walk_leaf_start(walk) + gst_walk_leaf_size(walk);
	gst_gpa_t end = leaf_end < walk->end ? leaf_end : walk->end;
	uint64_t first = (walk->gpa - masked->base) >> GST_PAGE_SHIFT;
	uint64_t pages = (end - walk->gpa) >> GST_PAGE_SHIFT;

	return (masked->mask >> first) &
	       (~UINT64_C(0) >> (64 - pages) >> gst_seeded(LOST_WRITE_PROTECT));
}

static int mask_leaf(struct gst_walk *walk)
{
	if (mask_hits(walk))
		return protect_whole_leaf(walk);
	gst_walk_take_leaf(walk);
	return GST_WALK_NEXT;
}

static const struct gst_visitor mask_visitor = {
	.leaf = mask_leaf,
};

int gst_wrprotect_mask(struct gst_space *space, gst_gpa_t gpa, uint64_t mask,
		       struct gst_gather *gather)
{
	struct mask_walk masked;
	unsigned int first = 0, last = 63;
	gst_gpa_t start;
	uint64_t size;
	int ret;

	if (!mask)
		return -GST_EINVAL;
	/*
	 * Find the first and the last bit by hand: without Zbb, the compiler would call
	 * libgcc for __builtin_ctzll().
	 */
	for (unsigned int bits = 32; bits; bits /= 2) {
		if (!(mask << (64 - bits - first)))
			first += bits;
		if (!(mask >> (last + 1 - bits)))
			last -= bits;
	}
	masked.base = gpa;
	masked.mask = mask;
	start = gpa + ((gst_gpa_t)first << GST_PAGE_SHIFT);
	if (gst_seeded(LOST_WRITE_PROTECT) && last > first)
		last--;
	size = (uint64_t)(last - first + 1) << GST_PAGE_SHIFT;
	if (start < gpa)
		return -GST_EINVAL;
	ret = gst_walk_begin(&masked.walk, space, gather, start, size);
	if (ret)
		return ret;
	gst_walk_descend(&masked.walk);
	return gst_walk_run(&masked.walk, &mask_visitor);
}
