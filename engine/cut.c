// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: operations whose range may cut a huge leaf.
 */
#include "cut.h"

/* The tables that it takes to make a leaf end at @gpa. */
static unsigned int tables_to_cut(struct gst_space *space, gst_gpa_t gpa)
{
	struct gst_leaf leaf;

	if (gst_lookup(space, gpa, &leaf) || leaf.gpa == gpa)
		return 0;
	return (unsigned int)gst_tables_for(leaf.level, leaf.level, leaf.gpa, gpa);
}

/* All memory before the first change. Only the two ends of a range can cut. */
static int reserve_cuts(struct gst_space *space, gst_gpa_t start, gst_gpa_t end, void *source)
{
	unsigned int tables = 0, huge;

	for (huge = GST_LEVELS_MAX - 1; huge; huge--)
		if (space->leaves[huge])
			break;
	if (!huge)
		return 0;

	if (start & (GST_LEVEL_SIZE(huge) - 1))
		tables += tables_to_cut(space, start);
	if (end & (GST_LEVEL_SIZE(huge) - 1))
		tables += tables_to_cut(space, end);
	return tables ? space->ops->reserve(space->ctx, source, tables) : 0;
}

int gst_cut_run(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int flags,
		struct gst_gather *gather, const struct gst_visitor *visitor)
{
	struct gst_cut_walk cut = { .whole = flags & GST_WHOLE_LEAVES };
	int ret = gst_walk_begin(&cut.walk, space, gather, gpa, size);

	if (!ret && (flags & ~GST_WHOLE_LEAVES))
		ret = -GST_EINVAL;
	if (!ret && !cut.whole)
		ret = reserve_cuts(space, gpa, gpa + size, gather->source);
	return ret ? ret : gst_walk_run(&cut.walk, visitor);
}

int gst_cut_split(struct gst_walk *walk)
{
	walk->pte = gst_table_split(walk->space, walk->gather, walk->ptep, walk->pte, walk->gpa,
				    walk->level);
	return GST_WALK_DESCEND;
}
