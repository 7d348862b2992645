// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: test and clear the A bits of a range.
 *
 * This is a reader: it runs at the same time as other operations. Clearing A is one
 * atomic AND, which keeps all changes of others. If the entry has become a hole or a
 * pointer to a table, A was clear anyway, so the AND changes nothing.
 */
#include "walk.h"

struct young_walk {
	struct gst_walk walk;
	bool clear;
	bool young;
};

/*
 * Do 4 KiB leaves from the present entry on and skip holes. Stop at the end of the
 * range, at the end of the page, or at a 64 KiB leaf.
 */
static int young_pages(struct gst_walk *walk)
{
	struct young_walk *age = (struct young_walk *)walk;
	gst_pte_t *ptep = walk->ptep, *end = ptep + gst_walk_run_length(walk);

	/* Use the first PTE as the walk read it: another thread may have changed it. */
	for (gst_pte_t pte = walk->pte;; pte = gst_pte_load(ptep)) {
		if (gst_pte_is_napot(pte))
			break;
		if (pte & GST_PTE_A) {
			age->young = true;
			if (!age->clear)
				return GST_WALK_STOP;
			gst_pte_clear_bits(ptep, GST_PTE_A);
		}
		if (++ptep == end)
			break;
	}
	gst_walk_take(walk, (unsigned int)(ptep - walk->ptep));
	return GST_WALK_NEXT;
}

static int young_leaf(struct gst_walk *walk)
{
	struct young_walk *age = (struct young_walk *)walk;
	gst_pte_t *ptep = gst_walk_leaf_ptep(walk);

	if (walk->level == 0 && !gst_pte_is_napot(walk->pte))
		return young_pages(walk);
	/* A hart may set A in any of the 16 entries of a 64 KiB leaf. */
	for (unsigned int i = 0; i < gst_walk_leaf_entries(walk); i++) {
		if (!(gst_pte_load(&ptep[i]) & GST_PTE_A))
			continue;
		age->young = true;
		if (!age->clear)
			return GST_WALK_STOP;
		gst_pte_clear_bits(&ptep[i], GST_PTE_A);
	}
	gst_walk_take_leaf(walk);
	return GST_WALK_NEXT;
}

static const struct gst_visitor young_visitor = {
	.leaf = young_leaf,
};

int gst_young(struct gst_space *space, gst_gpa_t gpa, uint64_t size, bool clear)
{
	struct young_walk age;
	int ret = gst_walk_begin(&age.walk, space, NULL, gpa, size);

	age.clear = clear;
	age.young = false;
	if (ret)
		return ret;
	gst_walk_descend(&age.walk);
	ret = gst_walk_run(&age.walk, &young_visitor);
	return ret ? ret : age.young;
}
