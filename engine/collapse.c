// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: merge the leaves of a table into one larger leaf.
 *
 * Collapsing works from the leaves up. The walk looks at a table when it leaves it,
 * so that leaves that were just made below it count. Tables of level 0 are not
 * walked: their parent looks at them. A table that is not full cannot become a leaf,
 * and its meta tells so. Most tables are not full, so they are not read, unless the
 * caller wants 64 KiB leaves.
 */
#include "napot.h"

struct collapse_walk {
	struct gst_walk walk;
	gst_gpa_t start; /* the first gpa of the range */
	unsigned int max_level;
	bool napot;
};

#define collapse_walk_of(w) ((struct collapse_walk *)(w))

/*
 * Can the @entries entries of @level at @ptep become one leaf? They must be leaves that
 * differ only in age and map contiguous memory, aligned to the size of all of them.
 * Return: the PTE of the first one, young if any of them is; or 0 if they cannot.
 */
static gst_pte_t alike(const gst_pte_t *ptep, unsigned int entries, unsigned int level)
{
	const gst_pte_t free_bits =
		GST_PTE_A | (gst_seeded(COLLAPSE_UNLIKE) ? GST_PTE_W | GST_PTE_X : 0);
	gst_pte_t step = gst_pte_of_pa(GST_LEVEL_SIZE(level));
	gst_pte_t first = gst_pte_load(ptep), age = 0;

	if (!gst_pte_is_leaf(first))
		return 0;
	if (gst_pte_is_napot(first))
		first = gst_pte_napot_page(first, 0);
	if (gst_pte_pa(first) & (entries * GST_LEVEL_SIZE(level) - 1))
		return 0;
	for (unsigned int i = 0; i < entries; i++) {
		gst_pte_t pte = gst_pte_load(&ptep[i]);

		if (gst_pte_is_napot(pte))
			pte = gst_pte_napot_page(pte, i & (GST_NAPOT_ENTRIES - 1));
		if ((pte | free_bits) != ((first + i * step) | free_bits))
			return 0;
		age |= pte & GST_PTE_A;
	}
	return first | age;
}

/*
 * Replace the table that @ptep points to, an entry of @level, by a leaf, if possible.
 * Return: whether it was replaced.
 */
static bool collapse_table(struct gst_walk *walk, gst_pte_t *ptep, unsigned int level,
			   gst_gpa_t gpa)
{
	struct gst_space *space = walk->space;
	gst_pte_t *table = gst_pte_next_table(space, gst_pte_load(ptep));
	gst_pte_t leaf;

	if (level > collapse_walk_of(walk)->max_level ||
	    gst_meta_of(space, table)->live != GST_TABLE_ENTRIES)
		return false;
	leaf = alike(table, GST_TABLE_ENTRIES, level - 1);
	if (!leaf)
		return false;

	gst_pte_store(ptep, leaf);
	space->leaves[level]++;
	gst_table_release(space, walk->gather, table, level - 1);
	gst_gather_range(walk->gather, gpa, gpa + GST_LEVEL_SIZE(level), level - 1);
	gst_resized(space, GST_COLLAPSE, gpa, GST_LEVEL_SIZE(level), level);
	return true;
}

/* Make 64 KiB leaves in the part of a table of level 0 that is in the range. */
static void collapse_napot(struct gst_walk *walk, gst_pte_t *table, gst_gpa_t gpa)
{
	const struct collapse_walk *collapse = collapse_walk_of(walk);

	for (unsigned int i = 0; i < GST_TABLE_ENTRIES; i += GST_NAPOT_ENTRIES) {
		gst_gpa_t start = gpa + ((gst_gpa_t)i << GST_PAGE_SHIFT);
		gst_pte_t leaf;

		if (start < collapse->start || start + GST_NAPOT_SIZE > walk->end ||
		    gst_pte_is_napot(gst_pte_load(&table[i])))
			continue;
		leaf = alike(&table[i], GST_NAPOT_ENTRIES, 0);
		if (!leaf)
			continue;
		for (unsigned int n = 0; n < GST_NAPOT_ENTRIES; n++)
			gst_pte_store(&table[i + n], gst_pte_napot(leaf));
		gst_napot_made(walk->space, &table[i], GST_NAPOT_ENTRIES);
		gst_gather_range(walk->gather, start, start + GST_NAPOT_SIZE, 0);
		gst_resized(walk->space, GST_COLLAPSE, start, GST_NAPOT_SIZE, 0);
	}
}

static int collapse_leaf(struct gst_walk *walk)
{
	(void)walk;
	return GST_WALK_NEXT;
}

static int collapse_below(struct gst_walk *walk)
{
	gst_gpa_t start = walk->gpa & ~(GST_LEVEL_SIZE(walk->level) - 1);

	if (walk->level > 1)
		return GST_WALK_DESCEND;
	if (gst_walk_covers(walk) && collapse_table(walk, walk->ptep, 1, start))
		return GST_WALK_NEXT;
	if (collapse_walk_of(walk)->napot)
		collapse_napot(walk, gst_pte_next_table(walk->space, walk->pte), start);
	return GST_WALK_NEXT;
}

/* If the table that the walk leaves stays, the tables above it cannot collapse either. */
static bool collapse_leave(struct gst_walk *walk)
{
	unsigned int above = walk->level + 1;
	gst_gpa_t gpa = (walk->gpa - 1) & ~(GST_LEVEL_SIZE(above) - 1);

	return gpa >= collapse_walk_of(walk)->start && gpa + GST_LEVEL_SIZE(above) <= walk->end &&
	       collapse_table(walk, &walk->tables[above][gst_pte_index(gpa, above, walk->top)],
			      above, gpa);
}

static const struct gst_visitor collapse_visitor = {
	.leaf = collapse_leaf,
	.table = collapse_below,
	.leave = collapse_leave,
};

int gst_collapse(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int max_level,
		 gst_attr_t napot, struct gst_gather *gather)
{
	struct collapse_walk collapse = {
		.start = gpa,
		.max_level = max_level,
		.napot = napot,
	};
	int ret = gst_walk_begin(&collapse.walk, space, gather, gpa, size);

	if (!ret && ((napot & ~(GST_NAPOT & GST_ATTR_ALL)) || gather->shared))
		ret = -GST_EINVAL;
	return ret ? ret : gst_walk_run(&collapse.walk, &collapse_visitor);
}
