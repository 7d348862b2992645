/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: how readers describe a leaf to the caller.
 */
#ifndef GST_ENGINE_READ_H
#define GST_ENGINE_READ_H

#include "walk.h"

/* The present leaf of the walk. A 64 KiB leaf is young if any of its 16 entries is. */
static inline struct gst_leaf gst_walk_leaf(const struct gst_walk *walk)
{
	struct gst_leaf leaf = {
		.gpa = gst_walk_leaf_start(walk),
		.pa = gst_pte_pa(walk->pte),
		.size = gst_walk_leaf_size(walk),
		.level = walk->level,
		.attr = gst_pte_attr(walk->pte),
		.young = walk->pte & GST_PTE_A,
		.pte = walk->pte,
	};

	if (gst_pte_is_napot(walk->pte)) {
		const gst_pte_t *ptep = gst_walk_leaf_ptep(walk);

		for (unsigned int i = 0; i < GST_NAPOT_ENTRIES && !leaf.young; i++)
			leaf.young = gst_pte_load(&ptep[i]) & GST_PTE_A;
		if (leaf.young)
			leaf.pte |= GST_PTE_A;
	}
	return leaf;
}

#endif /* GST_ENGINE_READ_H */
