// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_unmap(): no page of the range is mapped, and the rest is unchanged.
 */
#include "engine.h"

#include <engine/cut.c>
#include <engine/unmap.c>

#include "cuts.h"

const bool op_empties = true;

static bool op_minds(const struct translation *t)
{
	return t->mapped;
}

bool op_promises(const struct translation *now, gst_gpa_t done)
{
	if (in_range(probe, range_start, done) ||
	    (whole && leaf_touches(&before, probe, range_start, done)))
		return !now->mapped;
	/* What is left is unchanged, or a part of a leaf that was split. */
	return same_leaf(&before, now) && leaf_size(now) <= leaf_size(&before) &&
	       (!whole || leaf_size(now) == leaf_size(&before));
}

static int op_call(uint64_t size)
{
	return gst_unmap(&space, range_start, size, whole ? GST_WHOLE_LEAVES : 0, &gather);
}

static int op_step(void)
{
	struct gst_cut_walk cut;

	midway_arbitrary(&cut.walk, PROOF_LEVEL);
	return gst_walk_run(&cut.walk, &unmap_visitor);
}

int main(void)
{
	prove_op(op_call, op_step);
	return 0;
}
