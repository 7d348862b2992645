// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_wrprotect_mask(): leaves that have a page of the mask are not writable, and everything else
 * is unchanged.
 */
#include "engine.h"

#include <engine/cut.c>
#include <engine/protect.c>

/* The arguments. The range goes from the first page of the mask to the last. */
static gst_gpa_t base;
static uint64_t mask;
/* The pages of the mask, as pages of the space. */
static uint64_t named;

const bool op_empties = false;

void op_arguments(void)
{
	uint64_t first, last;

	base = nondet_u64();
	mask = nondet_u64();
	if (!mask)
		return;
	first = (range_start - base) >> GST_PAGE_SHIFT;
	last = (range_end - PAGE - base) >> GST_PAGE_SHIFT;
	assume(!((range_start - base) & (PAGE - 1)) && !((range_end - base) & (PAGE - 1)));
	assume(first <= last && last < 64);
	assume(mask >> first & 1 && mask >> last == 1 && !(mask << (63 - first) << 1));
	if (range_start < PAGE * SPACE_PAGES)
		named = mask >> first << (range_start >> GST_PAGE_SHIFT);
}

bool op_is_invalid(void)
{
	return !mask || range_start < base;
}

bool op_is_true(const struct gst_walk *walk)
{
	const struct mask_walk *masked = (const struct mask_walk *)walk;

	return masked->base == base && masked->mask == mask;
}

unsigned int op_needs(gst_gpa_t gpa)
{
	return 0;
}

bool op_promises(const struct translation *now, gst_gpa_t done)
{
	struct translation wanted = before;

	for (unsigned int page = 0; page < SPACE_PAGES; page++) {
		gst_gpa_t gpa = page * PAGE;

		if (named >> page & 1 && gpa < done &&
		    leaf_touches(&before, probe, gpa, gpa + PAGE))
			wanted.w = false;
	}
	return same_leaf(&wanted, now) && leaf_size(now) == leaf_size(&before);
}

static int op_walk(struct gst_walk *walk, const struct gst_visitor *visitor)
{
	return midway_begun(walk);
}

static int op_call(uint64_t size)
{
	return gst_wrprotect_mask(&space, base, mask, &gather);
}

static int op_step(void)
{
	struct mask_walk masked;

	midway_arbitrary(&masked.walk, PROOF_LEVEL);
	return gst_walk_run(&masked.walk, &mask_visitor);
}

int main(void)
{
	prove_op(op_call, op_step);
	return 0;
}
