// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: table pages: reserving, linking, splitting and gathering them. See table.h
 * for the scheme.
 */
#include "table.h"

/*
 * Take one reserved table. In shared entry, other threads may have changed the tables
 * since the reservation, so that more are needed than were reserved. Return: NULL
 * then, and the operation ends with -GST_EAGAIN.
 */
static gst_pte_t *table_alloc(struct gst_space *space, struct gst_gather *gather)
{
	unsigned long tables, peak;

	if (!gather->reserved)
		return NULL;
	gather->reserved--;
	gst_count(gather, &space->tables, 1);
	tables = __atomic_load_n(&space->tables, __ATOMIC_RELAXED);
	peak = __atomic_load_n(&space->tables_peak, __ATOMIC_RELAXED);
	/* A failed exchange has read the present peak. */
	while (tables > peak &&
	       !__atomic_compare_exchange_n(&space->tables_peak, &peak, tables, true,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return space->ops->alloc(space->ctx, gather->source);
}

/* Give up a new table, because another thread changed the entry first. No walk has seen it. */
static void table_drop(struct gst_space *space, struct gst_gather *gather, gst_pte_t *table)
{
	gst_count(gather, &space->tables, -1ul);
	gst_gather_page(space, gather, table);
}

void gst_resized(const struct gst_space *space, enum gst_resize how, gst_gpa_t gpa, uint64_t size,
		 unsigned int level)
{
	if (space->ops->resized && !gst_seeded(UNTOLD))
		space->ops->resized(space->ctx, how, gpa, size, level);
}

int gst_table_reserve(struct gst_space *space, struct gst_gather *gather, uint64_t tables)
{
	gather->reserved = 0;
	tables -= gst_seeded(SHORT_RESERVE) && tables;
	if (tables > UINT32_MAX ||
	    (tables && space->ops->reserve(space->ctx, gather->source, (unsigned int)tables)))
		return -GST_ENOMEM;
	gather->reserved = (unsigned int)tables;
	return 0;
}

gst_pte_t gst_table_link(struct gst_space *space, struct gst_gather *gather, gst_pte_t *ptep)
{
	gst_pte_t *table = table_alloc(space, gather);
	gst_pte_t pte;

	if (!table)
		return 0;
	pte = gst_pte_table(space->ops->to_pa(space->ctx, table));
	if (!gst_pte_link(gather, ptep, 0, pte)) {
		table_drop(space, gather, table);
		return 0;
	}
	gst_count(gather, &gst_meta_of(space, ptep)->live, 1);
	gather->linked = true;
	return pte;
}

gst_pte_t gst_table_split(struct gst_space *space, struct gst_gather *gather, gst_pte_t *ptep,
			  gst_pte_t pte, gst_gpa_t gpa, unsigned int level)
{
	gst_pte_t *table = table_alloc(space, gather);
	gst_pte_t step = gst_pte_of_pa(GST_LEVEL_SIZE(level - 1));
	gst_gpa_t start = gpa & ~(GST_LEVEL_SIZE(level) - 1);
	gst_pte_t table_pte;

	if (!table)
		return 0;
	table_pte = gst_pte_table(space->ops->to_pa(space->ctx, table));
	for (unsigned int i = 0; i < GST_TABLE_ENTRIES; i++)
		table[i] = pte + (gst_seeded(SPLIT_OFFSET) ? 0 : i * step);
	gst_meta_of(space, table)->live = GST_TABLE_ENTRIES;
	if (!gst_pte_link(gather, ptep, pte, table_pte)) {
		table_drop(space, gather, table);
		return 0;
	}

	gst_count(gather, &space->leaves[level], -1ul);
	gst_count(gather, &space->leaves[level - 1], GST_TABLE_ENTRIES);
	/* A fence with an address does not cover a leaf that became a pointer. */
	gather->all = true;
	gst_gather_range(gather, start, start + GST_LEVEL_SIZE(level), level - 1);
	gst_resized(space, GST_SPLIT, start, GST_LEVEL_SIZE(level), level);
	return table_pte;
}

void gst_table_gather(struct gst_space *space, struct gst_gather *gather, gst_pte_t *table)
{
	space->tables--;
	if (!gst_seeded(NARROW_FLUSH))
		gather->all = true;
	if (gst_seeded(LEAK))
		return;
	gst_gather_page(space, gather, table);
}

void gst_table_release(struct gst_space *space, struct gst_gather *gather, gst_pte_t *table,
		       unsigned int level)
{
	const struct gst_meta *meta = gst_meta_of(space, table);
	unsigned int live = meta->live;

	if (level == 0) {
		gst_table_forget_leaves(space, meta);
		live = 0;
	}
	for (gst_pte_t *ptep = table; live; ptep++) {
		gst_pte_t pte = gst_pte_load(ptep);

		if (!gst_pte_valid(pte))
			continue;
		live--;
		if (gst_pte_is_leaf(pte))
			space->leaves[level]--;
		else
			gst_table_release(space, gather, gst_pte_next_table(space, pte), level - 1);
	}
	gst_table_gather(space, gather, table);
}
