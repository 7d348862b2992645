// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: map pages into the holes of existing tables.
 *
 * This maps the pages around a faulting page, so it must cost little. It makes no
 * table and changes no leaf. A hole above level 0 and a large leaf are skipped.
 */
#include "walk.h"

struct fill_walk {
	struct gst_walk walk;
	const struct gst_page *pages; /* pages[0] is the page of start */
	gst_gpa_t start;
	int filled;
};

/* Fill all holes in the part of the range that is in this table of level 0. */
static int fill_run(struct gst_walk *walk)
{
	struct fill_walk *fill = (struct fill_walk *)walk;
	const struct gst_page *page = &fill->pages[(walk->gpa - fill->start) >> GST_PAGE_SHIFT];
	unsigned int run, n = 0;

	if (walk->level)
		return GST_WALK_NEXT;

	run = gst_walk_run_length(walk);
	for (unsigned int i = 0; i < run; i++)
		if (page[i].attr && !gst_pte_load(walk->ptep + i) &&
		    gst_pte_change(walk->gather, walk->ptep + i, 0,
				   gst_pte_leaf(page[i].pa, page[i].attr)))
			n++;

	gst_count(walk->gather, &gst_meta_of(walk->space, walk->ptep)->live, n);
	gst_count(walk->gather, &walk->space->leaves[0], n);
	walk->gather->fresh |= n;
	fill->filled += (int)n;
	gst_walk_take(walk, run);
	return GST_WALK_NEXT;
}

static const struct gst_visitor fill_visitor = {
	.hole = fill_run,
	.leaf = fill_run,
};

int gst_fill(struct gst_space *space, gst_gpa_t gpa, const struct gst_page *pages,
	     unsigned int count, struct gst_gather *gather)
{
	struct fill_walk fill = { .pages = pages, .start = gpa };
	int ret = gst_walk_begin(&fill.walk, space, gather, gpa, (uint64_t)count << GST_PAGE_SHIFT);

	for (unsigned int i = 0; i < count && !ret; i++) {
		if (!pages[i].attr)
			continue;
		if (!gst_attr_valid(pages[i].attr) || (pages[i].pa & (GST_PAGE_SIZE - 1)))
			ret = -GST_EINVAL;
		else if (pages[i].pa >= GST_PA_END)
			ret = -GST_ERANGE;
	}
	if (ret)
		return ret;
	gst_walk_descend(&fill.walk);
	ret = gst_walk_run(&fill.walk, &fill_visitor);
	return ret ? ret : fill.filled;
}
