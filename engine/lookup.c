// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: what a gpa translates to.
 */
#include "read.h"

struct lookup_walk {
	struct gst_walk walk;
	struct gst_leaf *leaf;
	bool found;
};

static int lookup_leaf(struct gst_walk *walk)
{
	struct lookup_walk *lookup = (struct lookup_walk *)walk;

	lookup->found = true;
	if (lookup->leaf)
		*lookup->leaf = gst_walk_leaf(walk);
	return GST_WALK_STOP;
}

static const struct gst_visitor lookup_visitor = {
	.leaf = lookup_leaf,
};

int gst_lookup(struct gst_space *space, gst_gpa_t gpa, struct gst_leaf *leaf)
{
	struct lookup_walk lookup = { .leaf = leaf };
	gst_gpa_t page = gpa & ~(GST_PAGE_SIZE - 1);
	int ret;

	/* The last page of all would wrap; no format has it. */
	if (page + GST_PAGE_SIZE < page)
		return -GST_ERANGE;
	ret = gst_walk_begin(&lookup.walk, space, NULL, page, GST_PAGE_SIZE);
	if (!ret)
		ret = gst_walk_run(&lookup.walk, &lookup_visitor);
	return ret ? ret : lookup.found ? 0 : -GST_ENOENT;
}
