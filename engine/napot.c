// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: breaking and counting leaves of 64 KiB. See napot.h for the scheme.
 */
#include "napot.h"

/*
 * A hart may have cached the translation of any page from any of the 16 entries. The
 * fence for a change of one page must therefore come after all 16 entries have
 * changed, and the whole leaf is flushed.
 */
int gst_napot_break(struct gst_walk *walk)
{
	struct gst_space *space = walk->space;
	gst_pte_t *ptep = gst_walk_leaf_ptep(walk);
	gst_gpa_t start = gst_walk_leaf_start(walk);

	if (walk->gather->shared)
		return -GST_EBUSY;

	for (unsigned int i = 0; i < GST_NAPOT_ENTRIES - gst_seeded(NAPOT_TORN); i++)
		gst_pte_store(&ptep[i], gst_pte_napot_page(gst_pte_load(&ptep[i]), i));
	gst_meta_of(space, ptep)->napots--;
	space->napots--;
	space->leaves[0] += GST_NAPOT_ENTRIES;
	gst_gather_range(walk->gather, start, start + GST_NAPOT_SIZE, 0);
	gst_resized(space, GST_SPLIT, start, GST_NAPOT_SIZE, 0);
	walk->pte = gst_pte_load(walk->ptep);
	return 0;
}

void gst_napot_made(struct gst_space *space, gst_pte_t *ptep, unsigned int plain)
{
	gst_meta_of(space, ptep)->napots++;
	space->napots++;
	space->leaves[0] -= plain;
}
