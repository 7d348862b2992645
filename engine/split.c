// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: split the large leaves of a range.
 *
 * The plan visitor counts the tables that the splits take. After they are reserved,
 * the split visitor replaces each leaf that is too large by a table of smaller
 * leaves, and goes down into that table until the leaves are small enough.
 */
#include "napot.h"

struct split_walk {
	struct gst_walk walk;
	unsigned int level; /* the level of the largest leaf that may remain */
	uint64_t tables;    /* plan: how many tables the split visitor will take */
};

#define split_walk_of(w) ((struct split_walk *)(w))

/*
 * A table whose leaves are small enough already goes unread. One of level 0 may hold leaves of
 * 64 KiB, which it counts.
 */
static int look_at_table(struct gst_walk *walk)
{
	unsigned int level = split_walk_of(walk)->level;

	if (walk->level > level + 1)
		return GST_WALK_DESCEND;
	if (level == 0 &&
	    gst_meta_of(walk->space, gst_pte_next_table(walk->space, walk->pte))->napots)
		return GST_WALK_DESCEND;
	return GST_WALK_NEXT;
}

static int plan_leaf(struct gst_walk *walk)
{
	struct split_walk *split = split_walk_of(walk);
	gst_gpa_t mask = GST_LEVEL_SIZE(split->level) - 1;
	gst_gpa_t end = gst_walk_leaf_start(walk) + gst_walk_leaf_size(walk);

	if (walk->level > split->level)
		/* Round the range to whole leaves of the level: nothing smaller is made. */
		split->tables +=
			gst_tables_for(walk->level, split->level, walk->gpa & ~mask,
				       end < walk->end ? end : (walk->end + mask) & ~mask) -
			gst_seeded(SHORT_RESERVE);
	gst_walk_take_leaf(walk);
	return GST_WALK_NEXT;
}

static const struct gst_visitor plan_visitor = {
	.leaf = plan_leaf,
	.table = look_at_table,
};

static int split_leaf(struct gst_walk *walk)
{
	struct split_walk *split = split_walk_of(walk);

	if (walk->level > split->level) {
		walk->pte = gst_table_split(walk->space, walk->gather, walk->ptep, walk->pte,
					    walk->gpa, walk->level);
		if (!walk->pte)
			return -GST_EAGAIN;
		/* If the new leaves are small enough, do not go down to them. */
		return walk->level - 1 == split->level ? GST_WALK_NEXT : GST_WALK_DESCEND;
	}
	if (gst_pte_is_napot(walk->pte) && split->level == 0)
		return gst_napot_break(walk);
	gst_walk_take_leaf(walk);
	return GST_WALK_NEXT;
}

static const struct gst_visitor split_visitor = {
	.leaf = split_leaf,
	.table = look_at_table,
};

int gst_split(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int level,
	      struct gst_gather *gather)
{
	struct split_walk split = { .level = level };
	int ret = gst_walk_begin(&split.walk, space, gather, gpa, size);

	if (ret)
		return ret;
	if (level > split.walk.top)
		return -GST_EINVAL;
	ret = gst_walk_run(&split.walk, &plan_visitor);
	if (!ret)
		ret = gst_table_reserve(space, gather, split.tables);
	if (!ret)
		ret = gst_walk_begin(&split.walk, space, gather, gpa, size);
	return ret ? ret : gst_walk_run(&split.walk, &split_visitor);
}
