// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: find the leaf of a gpa, or all entries on the way to it.
 *
 * Both are readers: they run at the same time as other operations. Tables that they
 * may still read are kept by gst_ops.free.
 */
#include "read.h"

/* Start a walk of the page of @gpa. */
static int begin(struct gst_walk *walk, struct gst_space *space, gst_gpa_t gpa)
{
	gst_gpa_t page = gpa & ~(GST_PAGE_SIZE - 1);

	/* The end of the last page of 64 bits would wrap around. No format has that page. */
	if (page + GST_PAGE_SIZE < page)
		return -GST_ERANGE;
	return gst_walk_begin(walk, space, NULL, page, GST_PAGE_SIZE);
}

int gst_lookup(struct gst_space *space, gst_gpa_t gpa, struct gst_leaf *leaf)
{
	struct gst_walk walk;
	int ret = begin(&walk, space, gpa);

	if (ret)
		return ret;
	gst_walk_descend(&walk);
	if (!gst_pte_valid(walk.pte))
		return -GST_ENOENT;
	if (leaf)
		*leaf = gst_walk_leaf(&walk);
	if (leaf && gst_seeded(LOOKUP_PAGE))
		leaf->gpa = walk.gpa;
	return 0;
}

struct steps_walk {
	struct gst_walk walk;
	struct gst_step *steps;
	int count;
};

static void step(struct gst_walk *walk)
{
	struct steps_walk *steps = (struct steps_walk *)walk;
	const struct gst_ops *ops = walk->space->ops;

	steps->steps[steps->count++] = (struct gst_step){
		.level = walk->level,
		.index = gst_pte_index(walk->gpa, walk->level, walk->top),
		.table = gst_seeded(STEP_TABLE) && walk->level < walk->top ?
				 gst_pte_table_pa(walk->pte) :
				 ops->to_pa(walk->space->ctx, walk->tables[walk->level]),
		.pte = walk->pte,
	};
}

static int steps_table(struct gst_walk *walk)
{
	step(walk);
	return GST_WALK_DESCEND;
}

static int steps_end(struct gst_walk *walk)
{
	step(walk);
	return GST_WALK_STOP;
}

static const struct gst_visitor steps_visitor = {
	.hole = steps_end,
	.leaf = steps_end,
	.table = steps_table,
};

int gst_steps(struct gst_space *space, gst_gpa_t gpa, struct gst_step *steps)
{
	struct steps_walk walk = { .steps = steps };
	int ret = begin(&walk.walk, space, gpa);

	if (!ret)
		ret = gst_walk_run(&walk.walk, &steps_visitor);
	return ret ? ret : walk.count;
}
