// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_split(): leaves of the range are no larger than wanted, no leaf is split further than needed,
 * and all translations are as before.
 */
#include "engine.h"

#include <engine/split.c>

/* The argument: the level of the largest leaf that may remain. */
static unsigned int target;

const bool op_empties = false;

void op_arguments(void)
{
	target = nondet_u8();
}

bool op_is_invalid(void)
{
	return target > TOP;
}

bool op_is_true(const struct gst_walk *walk)
{
	return ((const struct split_walk *)walk)->level == target;
}

/* The size of the probe's leaf when the range before @done has been split. */
static uint64_t size_when(gst_gpa_t done)
{
	uint64_t size = leaf_size(&before);

	if (before.napot && !target && leaf_touches(&before, probe, range_start, done))
		return PAGE;
	for (unsigned int level = TOP; level > 0 && range_start < done; level--) {
		gst_gpa_t first = probe & ~(GST_LEVEL_SIZE(level) - 1);

		if (level > target && size == GST_LEVEL_SIZE(level) && !before.napot &&
		    first < done && first + size > range_start)
			size = GST_LEVEL_SIZE(level - 1);
	}
	return size;
}

bool op_promises(const struct translation *now, gst_gpa_t done)
{
	/* The walk may already have split leaves on the way down to its position. */
	gst_gpa_t begun = done < range_end ? done + PAGE : done;

	return same_leaf(&before, now) && leaf_size(now) <= size_when(done) &&
	       leaf_size(now) >= size_when(begun);
}

/* One table for each entry, from @gpa on, that has a part of a leaf that is too large. */
unsigned int op_needs(gst_gpa_t gpa)
{
	unsigned int tables = 0;

	for (unsigned int level = 1; level <= TOP && gpa < range_end; level++) {
		gst_gpa_t size = GST_LEVEL_SIZE(level);

		for (gst_gpa_t start = 0; start < SPACE_PAGES * PAGE; start += size) {
			struct translation t = hart_walk_to(space.root, start, level);

			tables += level > target && t.mapped && start < range_end &&
				  start + size > gpa;
		}
	}
	return tables;
}

uint64_t *op_plan(struct gst_walk *walk)
{
	return &((struct split_walk *)walk)->tables;
}

static int op_walk(struct gst_walk *walk, const struct gst_visitor *visitor)
{
	return visitor == &plan_visitor ? midway_plan(walk) : midway_begun(walk);
}

static int op_call(uint64_t size)
{
	return gst_split(&space, range_start, size, target, &gather);
}

static int op_step(void)
{
	static struct split_walk split;

	split.level = nondet_u8();
	split.tables = nondet_u32();
	midway_arbitrary(&split.walk, PROOF_LEVEL);
	return gst_walk_run(&split.walk, PROOF_PLAN ? &plan_visitor : &split_visitor);
}

int main(void)
{
	prove_op(op_call, op_step);
	return 0;
}
