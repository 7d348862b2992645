// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: test and clear the A bits of a range.
 */
#include "walk.h"

struct young_walk {
	struct gst_walk walk;
	bool clear;
	bool young;
};

static int young_leaf(struct gst_walk *walk)
{
	struct young_walk *age = (struct young_walk *)walk;

	if (!(walk->pte & GST_PTE_A))
		return GST_WALK_NEXT;
	age->young = true;
	if (!age->clear)
		return GST_WALK_STOP;
	gst_pte_clear_bits(walk->ptep, GST_PTE_A);
	return GST_WALK_NEXT;
}

static const struct gst_visitor young_visitor = {
	.leaf = young_leaf,
};

int gst_young(struct gst_space *space, gst_gpa_t gpa, uint64_t size, bool clear)
{
	struct young_walk age = { .clear = clear };
	int ret = gst_walk_begin(&age.walk, space, NULL, gpa, size);

	if (!ret)
		ret = gst_walk_run(&age.walk, &young_visitor);
	return ret ? ret : age.young;
}
