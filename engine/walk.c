// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: the walker. See walk.h for the scheme.
 */
#include "walk.h"

int gst_walk_begin(struct gst_walk *walk, struct gst_space *space, struct gst_gather *gather,
		   gst_gpa_t gpa, uint64_t size)
{
	gst_root_t root = gst_root(space);
	const struct gst_format *fmt = gst_format_of_mode(gst_root_mode(root));

	if (!fmt || !size || ((gpa | size) & (GST_PAGE_SIZE - 1)) || gpa + size < gpa)
		return -GST_EINVAL;
	if (gpa + size > gst_format_size(fmt))
		return -GST_ERANGE;

	walk->space = space;
	walk->gather = gather;
	walk->gpa = gpa;
	walk->end = gpa + size;
	walk->acquire = !gather || gather->shared;
	walk->top = fmt->levels - 1;
	walk->level = walk->top;
	walk->tables[walk->top] = gst_root_table(root);
	return 0;
}

/*
 * Every operation on a page runs this loop, so it is written for few instructions:
 * the shift is kept in a variable, and all loads acquire, needed or not.
 */
void gst_walk_descend(struct gst_walk *walk)
{
	unsigned long level = walk->level, covered = 0;
	unsigned int shift = GST_LEVEL_SHIFT(walk->level);
	gst_pte_t *ptep = walk->tables[level] + gst_pte_index(walk->gpa, walk->level, walk->top);
	gst_pte_t pte = gst_pte_load_acquire(ptep);

	while (covered < level && gst_walk_has(walk, GST_LEVEL_SIZE(covered + 1)))
		covered++;
	while (level > covered && gst_pte_is_table(pte)) {
		gst_pte_t *table = gst_pte_next_table(walk->space, pte);

		walk->tables[--level] = table;
		shift -= GST_INDEX_BITS;
		ptep = table + (walk->gpa >> shift & (GST_TABLE_ENTRIES - 1));
		pte = gst_pte_load_acquire(ptep);
	}
	walk->level = (unsigned int)level;
	walk->ptep = ptep;
	walk->pte = pte;
}

/* Skip the present hole and the holes that follow it in the same page of a table. */
static void pass_holes(struct gst_walk *walk)
{
	unsigned int shift = GST_LEVEL_SHIFT(walk->level);
	unsigned int index = (walk->gpa >> shift) & (GST_TABLE_ENTRIES - 1);
	unsigned int left = GST_TABLE_ENTRIES - index;
	uint64_t touched = ((walk->end - 1) >> shift) - (walk->gpa >> shift) + 1;
	const gst_pte_t *ptep = walk->ptep, *last = ptep + (touched < left ? touched : left) - 1;

	while (ptep < last && !gst_pte_load(ptep + 1))
		ptep++;
	walk->gpa += (uint64_t)(ptep - walk->ptep) << shift;
}

static int visit(struct gst_walk *walk, const struct gst_visitor *visitor)
{
	walk->ptep = &walk->tables[walk->level][gst_pte_index(walk->gpa, walk->level, walk->top)];
	walk->pte = walk->acquire ? gst_pte_load_acquire(walk->ptep) : gst_pte_load(walk->ptep);

	if (!gst_pte_valid(walk->pte)) {
		if (visitor->hole)
			return visitor->hole(walk);
		pass_holes(walk);
		return GST_WALK_NEXT;
	}
	if (gst_pte_is_leaf(walk->pte) || walk->level == 0)
		return visitor->leaf(walk);
	return visitor->table ? visitor->table(walk) : GST_WALK_DESCEND;
}

/*
 * At the top of the loop: walk->gpa is in the range, all of the range before it is
 * done, and tables[level..top] are the tables on the way to it. The proofs in
 * tests/proof depend on this.
 */
int gst_walk_run(struct gst_walk *walk, const struct gst_visitor *visitor)
{
	for (;;) {
		int next = visit(walk, visitor);

		if (next < 0)
			return next;
		if (next == GST_WALK_STOP)
			return 0;
		if (next == GST_WALK_DESCEND) {
			walk->level--;
			walk->tables[walk->level] = gst_pte_next_table(walk->space, walk->pte);
			continue;
		}

		walk->gpa = (walk->gpa | (GST_LEVEL_SIZE(walk->level) - 1)) + 1;
		if (walk->gpa >= walk->end && !visitor->leave)
			return 0;
		while (walk->level < walk->top &&
		       (walk->gpa >= walk->end ||
			gst_pte_index(walk->gpa, walk->level, walk->top) == 0)) {
			if (visitor->leave && !visitor->leave(walk) && walk->gpa >= walk->end)
				return 0;
			walk->level++;
		}
		if (walk->gpa >= walk->end)
			return 0;
	}
}
