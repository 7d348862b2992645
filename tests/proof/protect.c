// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_wrprotect(): no page of the range is writable, and everything else is unchanged.
 */
#include "engine.h"

#include <engine/cut.c>
#include <engine/protect.c>

#include "cuts.h"

const bool op_empties = false;

static bool op_minds(const struct translation *t)
{
	return t->w;
}

bool op_promises(const struct translation *now, gst_gpa_t done)
{
	struct translation wanted = before;

	if (in_range(probe, range_start, done) ||
	    (whole && leaf_touches(&before, probe, range_start, done)))
		wanted.w = false;
	return same_leaf(&wanted, now) && leaf_size(now) <= leaf_size(&before) &&
	       (!whole || leaf_size(now) == leaf_size(&before));
}

static int op_call(uint64_t size)
{
	return gst_wrprotect(&space, range_start, size, whole ? GST_WHOLE_LEAVES : 0, &gather);
}

static int op_step(void)
{
	struct gst_cut_walk cut;

	midway_arbitrary(&cut.walk, PROOF_LEVEL);
	return gst_walk_run(&cut.walk, &protect_visitor);
}

int main(void)
{
	prove_op(op_call, op_step);
	return 0;
}
