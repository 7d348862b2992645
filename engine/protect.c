// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: take the write permission away, from a range or from pages of a bitmap.
 */
#include "cut.h"
#include "napot.h"

struct mask_walk {
	struct gst_walk walk;
	gst_gpa_t base;
	uint64_t mask;
};

/* The leaf, whole. In shared entry it may be a table by now, or have changed otherwise. */
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

static int protect_leaf(struct gst_walk *walk)
{
	if (!(walk->pte & GST_PTE_W))
		return GST_WALK_NEXT;
	if (!gst_walk_has(walk, gst_walk_leaf_size(walk)) && !gst_cut_walk_of(walk)->whole) {
		if (!gst_pte_is_napot(walk->pte))
			return gst_cut_split(walk);
		if (gst_napot_break(walk))
			return -GST_EBUSY;
	}
	if (gst_seeded(LOST_WRITE_PROTECT) && !walk->level &&
	    walk->gpa + GST_PAGE_SIZE == walk->end)
		return GST_WALK_NEXT;
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

/* Does the mask name a page of this leaf? */
static bool mask_hits(const struct gst_walk *walk)
{
	const struct mask_walk *masked = (const struct mask_walk *)walk;
	gst_gpa_t leaf_end = gst_walk_leaf_start(walk) + gst_walk_leaf_size(walk);
	gst_gpa_t end = leaf_end < walk->end ? leaf_end : walk->end;
	uint64_t first = (walk->gpa - masked->base) >> GST_PAGE_SHIFT;
	uint64_t pages = (end - walk->gpa) >> GST_PAGE_SHIFT;

	return (masked->mask >> first) & (~UINT64_C(0) >> (64 - pages));
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
	struct mask_walk masked = { .base = gpa, .mask = mask };
	unsigned int first = 0, last = 63;
	gst_gpa_t start;
	uint64_t size;
	int ret;

	if (!mask)
		return -GST_EINVAL;
	/* By hand: without Zbb the compiler's own would come from libgcc. */
	while (!(mask >> first & 1))
		first++;
	while (!(mask >> last & 1))
		last--;
	start = gpa + ((gst_gpa_t)first << GST_PAGE_SHIFT);
	size = (uint64_t)(last - first + 1) << GST_PAGE_SHIFT;
	if (start < gpa)
		return -GST_EINVAL;
	ret = gst_walk_begin(&masked.walk, space, gather, start, size);
	return ret ? ret : gst_walk_run(&masked.walk, &mask_visitor);
}
