// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: operations whose range may cut a huge leaf.
 *
 * Only the two ends of a range can cut a leaf. Before its first change, the operation
 * looks up the leaves at both ends and reserves the tables that their splits take.
 * With GST_WHOLE_LEAVES it takes the leaves whole and reserves nothing. A 64 KiB
 * leaf needs no reservation: it is broken without a table.
 */
#include "cut.h"

/* Is @gpa inside a leaf, but not at its start? If so, @leaf is set. */
static bool cuts(struct gst_space *space, gst_gpa_t gpa, struct gst_leaf *leaf)
{
	return !gst_lookup(space, gpa, leaf) && leaf->gpa != gpa;
}

/* Reserve the tables for splits at the two ends of the range. */
static int reserve_cuts(struct gst_space *space, gst_gpa_t start, gst_gpa_t end,
			struct gst_gather *gather)
{
	struct gst_leaf first, last;
	bool cut_first, cut_last;
	unsigned int huge;
	uint64_t tables = 0;

	/* Find the level of the largest leaf. In shared entry a leaf may not be counted yet. */
	for (huge = GST_LEVELS_MAX - 1; huge && !gather->shared; huge--)
		if (space->leaves[huge])
			break;
	if (!huge)
		return gst_table_reserve(space, gather, 0);

	cut_first = (start & (GST_LEVEL_SIZE(huge) - 1)) && cuts(space, start, &first);
	cut_last = (end & (GST_LEVEL_SIZE(huge) - 1)) && cuts(space, end, &last);
	if (cut_first && cut_last && first.gpa == last.gpa) {
		/* Both ends are in one leaf: their splits share the upper tables. */
		tables = gst_tables_for(first.level, first.level, start, end);
	} else {
		if (cut_first)
			tables = gst_tables_for(first.level, first.level, start,
						first.gpa + first.size);
		if (cut_last)
			tables += gst_tables_for(last.level, last.level, last.gpa, end);
	}
	return gst_table_reserve(space, gather, tables);
}

int gst_cut_run(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int flags,
		struct gst_gather *gather, const struct gst_visitor *visitor)
{
	struct gst_cut_walk cut;
	int ret = gst_walk_begin(&cut.walk, space, gather, gpa, size);

	cut.whole = flags & GST_WHOLE_LEAVES;
	if (!ret && (flags & ~GST_WHOLE_LEAVES))
		ret = -GST_EINVAL;
	if (ret)
		return ret;
	gst_walk_descend(&cut.walk);
	/* A range in one table of level 0 cannot cut a huge leaf. */
	if (!cut.whole && !(cut.walk.level == 0 && gst_walk_in_table(&cut.walk, 0)))
		ret = reserve_cuts(space, gpa, gpa + size, gather);
	return ret ? ret : gst_walk_run(&cut.walk, visitor);
}

int gst_cut_split(struct gst_walk *walk)
{
	walk->pte = gst_table_split(walk->space, walk->gather, walk->ptep, walk->pte, walk->gpa,
				    walk->level);
	return walk->pte ? GST_WALK_DESCEND : -GST_EAGAIN;
}
