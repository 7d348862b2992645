// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_collapse(): leaves of the range that can be one leaf are one, others are unchanged, and all
 * translations are as before.
 */
#include "engine.h"

#include <engine/collapse.c>

/* The arguments: the level of the largest leaf to make, and whether to make 64 KiB leaves. */
static unsigned int max_level;
static gst_attr_t napot;

const bool op_empties = false;

void op_arguments(void)
{
	max_level = nondet_u8();
	napot = nondet_u32();
}

bool op_is_invalid(void)
{
	return napot & ~GST_NAPOT;
}

bool op_is_true(const struct gst_walk *walk)
{
	const struct collapse_walk *collapse = (const struct collapse_walk *)walk;

	return collapse->start == range_start && collapse->max_level == max_level &&
	       collapse->napot == !!napot && walk->level > 0;
}

unsigned int op_needs(gst_gpa_t gpa)
{
	return 0;
}

/* May a leaf of @size be made around the probe, in the part of the range before @done? */
static bool may_make(uint64_t size, bool allowed, gst_gpa_t done)
{
	gst_gpa_t first = probe & ~(size - 1);

	return allowed && first >= range_start && first + size <= done;
}

/*
 * Should the leaf of the probe be part of a larger one? Tables have two entries here, so its one
 * neighbour decides. A 64 KiB leaf fills a table of level 0.
 */
static bool is_small(const struct translation *t, gst_gpa_t done)
{
	unsigned int above = t->level + 1;
	uint64_t size = leaf_size(t);
	struct translation other = hart_walk(space.root, probe ^ size);

	if (t->napot)
		return may_make(size, max_level >= 1, done);
	return t->mapped && other.mapped && leaf_size(&other) == size && !other.napot &&
	       t->r == other.r && t->w == other.w && t->x == other.x && t->type == other.type &&
	       (t->pa ^ other.pa) == size && (t->pa & size) == (probe & size) &&
	       may_make(2 * size, (above <= TOP && above <= max_level) || (!t->level && napot),
			done);
}

bool op_promises(const struct translation *now, gst_gpa_t done)
{
	uint64_t size = leaf_size(now);

	if (now->level == before.level && now->napot == before.napot)
		return same_leaf(&before, now) && !is_small(now, done);
	/* A new leaf is young if one of the leaves that it replaced was. */
	return same_translation(&before, now) && before.accessed <= now->accessed &&
	       size >= leaf_size(&before) &&
	       may_make(size, now->napot ? napot : now->level <= max_level, done) &&
	       !is_small(now, done);
}

static int op_walk(struct gst_walk *walk, const struct gst_visitor *visitor)
{
	return midway_begun(walk);
}

static int op_call(uint64_t size)
{
	return gst_collapse(&space, range_start, size, max_level, napot, &gather);
}

static int op_step(void)
{
	struct collapse_walk collapse;

	midway_arbitrary(&collapse.walk, PROOF_LEVEL);
	return gst_walk_run(&collapse.walk, &collapse_visitor);
}

int main(void)
{
	prove_op(op_call, op_step);
	return 0;
}
