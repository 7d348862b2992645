// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: give a space another format while harts use it.
 *
 * Each of a root's four pages has the shape of a table and its own live count.
 * Widening makes them tables of a new root. Narrowing copies four tables into a
 * new root. Until a hart loads the new word it walks the old root, which still
 * maps the old range: nobody changes an entry before the flush has returned.
 *
 * Every change takes a new root, also of an empty space. So the old root and the
 * present one always have different addresses, and whoever takes the old root out
 * of a hart's hgatp cannot take away the present one.
 */
#include "table.h"

static gst_pte_t *root_page(gst_pte_t *root, unsigned int i)
{
	return root + i * GST_TABLE_ENTRIES;
}

static unsigned int live(struct gst_space *space, gst_pte_t *page)
{
	return gst_meta_of(space, page)->live;
}

bool gst_is_empty(struct gst_space *space)
{
	gst_pte_t *root = gst_root_table(gst_root(space));

	for (unsigned int i = 0; i < GST_ROOT_PAGES; i++)
		if (live(space, root_page(root, i)))
			return false;
	return true;
}

static gst_pte_t table_pte(struct gst_space *space, gst_pte_t *table)
{
	return gst_pte_table(space->ops->to_pa(space->ctx, table));
}

static void gather_root(struct gst_space *space, struct gst_gather *gather, gst_pte_t *root)
{
	for (unsigned int i = 0; i < GST_ROOT_PAGES; i++)
		gst_gather_page(space, gather, root_page(root, i));
}

/*
 * Make the four pages of @old tables below @root, which is @levels_up levels higher. Two
 * levels take one table in between. A page without entries is not linked (INV-04).
 */
static int widen(struct gst_space *space, gst_pte_t *old, gst_pte_t *root, unsigned int levels_up,
		 struct gst_gather *gather)
{
	unsigned int chain = levels_up - 1;
	gst_pte_t *above = root;

	if (gst_table_reserve(space, gather, chain))
		return -GST_ENOMEM;
	gather->reserved = 0;

	while (chain--) {
		gst_pte_t *table = space->ops->alloc(space->ctx, gather->source);

		above[0] = table_pte(space, table);
		gst_meta_of(space, above)->live = 1;
		space->tables++;
		above = table;
	}
	for (unsigned int i = 0; i < GST_ROOT_PAGES; i++) {
		gst_pte_t *page = root_page(old, i);

		if (!live(space, page)) {
			gst_gather_page(space, gather, page);
			continue;
		}
		above[i] = table_pte(space, page);
		gst_meta_of(space, above)->live++;
		space->tables++;
	}
	if (space->tables > space->tables_peak)
		space->tables_peak = space->tables;
	return 0;
}

/*
 * Find the table whose first entries become the pages of the narrower root. Return:
 * NULL if anything is mapped above these entries.
 */
static gst_pte_t *narrow_find(struct gst_space *space, gst_pte_t *root, unsigned int levels_down)
{
	gst_pte_t *table = root;
	unsigned int found = 0;

	for (unsigned int i = 1; i < GST_ROOT_PAGES; i++)
		if (live(space, root_page(root, i)))
			return NULL;
	while (--levels_down) {
		gst_pte_t pte = gst_pte_load(table);

		if (live(space, table) != 1 || !gst_pte_is_table(pte))
			return NULL;
		table = gst_pte_next_table(space, pte);
	}
	for (unsigned int i = 0; i < GST_ROOT_PAGES; i++)
		found += !!gst_pte_load(&table[i]);
	return found == live(space, table) ? table : NULL;
}

/* Fill a page of the new root with the translations of the entry @pte of @level. */
static void narrow_page(struct gst_space *space, gst_pte_t *page, gst_pte_t pte, unsigned int level,
			struct gst_gather *gather)
{
	gst_pte_t step = gst_pte_of_pa(GST_LEVEL_SIZE(level - 1));

	if (gst_pte_is_leaf(pte)) {
		for (unsigned int i = 0; i < GST_TABLE_ENTRIES; i++)
			page[i] = pte + i * step;
		gst_meta_of(space, page)->live = GST_TABLE_ENTRIES;
		space->leaves[level]--;
		space->leaves[level - 1] += GST_TABLE_ENTRIES;
	} else if (pte) {
		gst_pte_t *table = gst_pte_next_table(space, pte);

		for (unsigned int i = 0; i < GST_TABLE_ENTRIES - gst_seeded(LOST_ENTRY); i++)
			page[i] = gst_pte_load(&table[i]);
		gst_meta_of(space, page)->live = live(space, table);
		gst_table_gather(space, gather, table);
	}
}

static int narrow(struct gst_space *space, gst_pte_t *old, gst_pte_t *root,
		  unsigned int levels_down, unsigned int level, struct gst_gather *gather)
{
	gst_pte_t *table = narrow_find(space, old, levels_down);

	if (!table)
		return -GST_ERANGE;

	for (unsigned int i = 0; i < GST_ROOT_PAGES; i++)
		narrow_page(space, root_page(root, i), gst_pte_load(&table[i]), level, gather);

	/* The tables between the old root and the copied tables are no longer needed. */
	for (gst_pte_t *above = old; above != table;) {
		above = gst_pte_next_table(space, gst_pte_load(above));
		gst_table_gather(space, gather, above);
	}
	gather_root(space, gather, old);
	return 0;
}

int gst_reformat(struct gst_space *space, const struct gst_format *fmt, void **root,
		 struct gst_gather *gather)
{
	const struct gst_format *from = gst_space_format(space);
	gst_pte_t *old = gst_root_table(gst_root(space));
	gst_pte_t *new = *root;
	int ret = 0;

	if (!from || !fmt || fmt->xlen != GST_XLEN || gather->shared)
		return -GST_EINVAL;
	if (fmt == from)
		return 0;
	if (!new)
		return -GST_ENOMEM;

	if (gst_is_empty(space))
		gather_root(space, gather, old);
	else if (fmt->levels > from->levels)
		ret = widen(space, old, new, fmt->levels - from->levels, gather);
	else
		ret = narrow(space, old, new, from->levels - fmt->levels, fmt->levels, gather);
	if (ret)
		return ret;
	*root = NULL;
	gather->old_root = gst_seeded(KEPT_ROOT) ? 0 : gst_root(space);
	gather->all = true;
	__atomic_store_n(&space->root, gst_root_make(new, fmt->mode), __ATOMIC_RELEASE);
	return 0;
}
