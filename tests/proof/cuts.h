/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Operations that split a leaf that an end of the range cuts, or take it whole.
 */
#ifndef PROOF_CUTS_H
#define PROOF_CUTS_H

#include "midway.h"

/* The argument GST_WHOLE_LEAVES. */
static bool whole;

/* Would the operation change this leaf? */
static bool op_minds(const struct translation *t);

/*
 * One table for each level on the way to an end of the range that is in a leaf of that level
 * or above.
 */
unsigned int op_needs(gst_gpa_t gpa)
{
	struct translation first = hart_walk(space.root, gpa);
	struct translation last = hart_walk(space.root, range_end - 1);
	unsigned int tables = 0;

	if (whole)
		return 0;
	for (unsigned int level = 1; level < GST_LEVELS_MAX; level++) {
		gst_gpa_t size = GST_LEVEL_SIZE(level);
		gst_gpa_t a = gpa & ~(size - 1), b = (range_end - 1) & ~(size - 1);
		bool cut_a = a < gpa || a + size > range_end, cut_b = b + size > range_end;

		tables += first.mapped && first.level >= level && op_minds(&first) && cut_a;
		tables += last.mapped && last.level >= level && op_minds(&last) && cut_b && a != b;
	}
	return tables;
}

void op_arguments(void)
{
	whole = nondet_bool();
}

bool op_is_invalid(void)
{
	return false;
}

bool op_is_true(const struct gst_walk *walk)
{
	return gst_cut_walk_of(walk)->whole == whole;
}

static int op_walk(struct gst_walk *walk, const struct gst_visitor *visitor)
{
	return midway_begun(walk);
}

/* The specification of gst_lookup(). lookup.c proves that the engine's function agrees with it. */
int gst_lookup(struct gst_space *s, gst_gpa_t gpa, struct gst_leaf *leaf)
{
	struct translation t = hart_walk(s->root, gpa);

	if (gpa >= hart_gpa_end(s->root))
		return -GST_ERANGE;
	if (!t.mapped)
		return -GST_ENOENT;
	*leaf = (struct gst_leaf){
		.gpa = gpa & ~(leaf_size(&t) - 1),
		.pa = t.pa & ~(leaf_size(&t) - 1),
		.size = leaf_size(&t),
		.level = t.level,
		.young = t.accessed,
	};
	return 0;
}

#endif /* PROOF_CUTS_H */
