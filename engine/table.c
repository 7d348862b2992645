// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: table pages: linked, split, unlinked, gathered and freed.
 */
#include "table.h"
#include "seed.h"

static gst_pte_t *table_alloc(struct gst_space *space, struct gst_gather *gather)
{
	gst_pte_t *table = space->ops->alloc(space->ctx, gather->source);

	if (++space->tables > space->tables_peak)
		space->tables_peak = space->tables;
	return table;
}

gst_pte_t gst_table_link(struct gst_space *space, struct gst_gather *gather, gst_pte_t *ptep)
{
	gst_pte_t *table = table_alloc(space, gather);
	gst_pte_t pte = gst_pte_table(space->ops->to_pa(space->ctx, table));

	gst_pte_publish(ptep, pte);
	gst_meta_of(space, ptep)->live++;
	gather->linked = true;
	return pte;
}

gst_pte_t gst_table_split(struct gst_space *space, struct gst_gather *gather, gst_pte_t *ptep,
			  gst_pte_t pte, gst_gpa_t gpa, unsigned int level)
{
	gst_pte_t *table = table_alloc(space, gather);
	gst_pte_t step = gst_pte_of_pa(GST_LEVEL_SIZE(level - 1));
	gst_pte_t table_pte = gst_pte_table(space->ops->to_pa(space->ctx, table));
	gst_gpa_t start = gpa & ~(GST_LEVEL_SIZE(level) - 1);

	for (unsigned int i = 0; i < GST_TABLE_ENTRIES; i++)
		table[i] = pte + (gst_seeded(SPLIT_OFFSET) ? 0 : i * step);
	gst_meta_of(space, table)->live = GST_TABLE_ENTRIES;
	gst_pte_publish(ptep, table_pte);

	space->leaves[level]--;
	space->leaves[level - 1] += GST_TABLE_ENTRIES;
	/* A leaf became a pointer: more than an address-ranged fence is told to order. */
	gather->all = true;
	gst_gather_range(gather, start, start + GST_LEVEL_SIZE(level), level - 1);
	return table_pte;
}

void gst_table_gather(struct gst_space *space, struct gst_gather *gather, gst_pte_t *table)
{
	space->tables--;
	if (!gst_seeded(NARROW_FLUSH))
		gather->all = true;
	if (gst_seeded(LEAK))
		return;
	gst_meta_of(space, table)->next = gather->tables;
	gather->tables = table;
}

void gst_table_release(struct gst_space *space, struct gst_gather *gather, gst_pte_t *table,
		       unsigned int level)
{
	unsigned int live = gst_meta_of(space, table)->live;

	if (level == 0) {
		/* INV-08: nothing but leaves, so that there is no need to look. */
		space->leaves[0] -= live;
	} else {
		for (gst_pte_t *ptep = table; live; ptep++) {
			gst_pte_t pte = gst_pte_load(ptep);

			if (!gst_pte_valid(pte))
				continue;
			live--;
			if (gst_pte_is_leaf(pte))
				space->leaves[level]--;
			else
				gst_table_release(space, gather, gst_pte_next_table(space, pte),
						  level - 1);
		}
	}
	gst_table_gather(space, gather, table);
}

void gst_gather_init(struct gst_gather *gather, void *source)
{
	*gather = (struct gst_gather){ .source = source };
}

void gst_gather_stale(struct gst_gather *gather, gst_gpa_t start, gst_gpa_t end)
{
	gst_gather_range(gather, start, end, 0);
	gather->all |= gather->linked;
}

bool gst_gather_finish(struct gst_space *space, struct gst_gather *gather)
{
	struct gst_flush flush = {
		.start = gather->start,
		.end = gather->end,
		.level = gather->level,
		.all = gather->all,
		.old_root = gather->old_root,
	};
	bool stale = gather->all || gather->end > gather->start;
	void *page = gather->tables;

	if (stale)
		space->ops->flush(space->ctx, &flush);
	while (page) {
		void *next = gst_meta_of(space, page)->next;

		space->ops->free(space->ctx, page);
		page = next;
	}
	gst_gather_init(gather, gather->source);
	return stale;
}
