/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: table pages: how they are read, linked, unlinked and gathered.
 */
#ifndef GST_ENGINE_TABLE_H
#define GST_ENGINE_TABLE_H

#include <gst/space.h>

/*
 * Harts walk while PTEs change, so each is read and written whole. What a table
 * holds must be visible before the pointer to it is.
 */
static inline gst_pte_t gst_pte_load(const gst_pte_t *ptep)
{
	return __atomic_load_n(ptep, __ATOMIC_RELAXED);
}

static inline void gst_pte_store(gst_pte_t *ptep, gst_pte_t pte)
{
	__atomic_store_n(ptep, pte, __ATOMIC_RELAXED);
}

static inline void gst_pte_publish(gst_pte_t *ptep, gst_pte_t pte)
{
	__atomic_store_n(ptep, pte, __ATOMIC_RELEASE);
}

/* A hart that updates A by itself may do so at any time: no read, modify, write. */
static inline void gst_pte_clear_bits(gst_pte_t *ptep, gst_pte_t bits)
{
	__atomic_fetch_and(ptep, ~bits, __ATOMIC_RELAXED);
}

static inline void gst_pte_set_bits(gst_pte_t *ptep, gst_pte_t bits)
{
	__atomic_fetch_or(ptep, bits, __ATOMIC_RELAXED);
}

static inline unsigned int gst_pte_index(gst_gpa_t gpa, unsigned int level, unsigned int top)
{
	unsigned int entries = level == top ? GST_ROOT_ENTRIES : GST_TABLE_ENTRIES;

	return (gpa >> GST_LEVEL_SHIFT(level)) & (entries - 1);
}

static inline gst_pte_t *gst_pte_next_table(struct gst_space *space, gst_pte_t pte)
{
	return space->ops->to_va(space->ctx, gst_pte_pa(pte));
}

/* The meta of the page that holds @ptep: a root has one for each of its pages. */
static inline struct gst_meta *gst_meta_of(struct gst_space *space, gst_pte_t *ptep)
{
	uintptr_t page = (uintptr_t)ptep & ~(uintptr_t)(GST_PAGE_SIZE - 1);

	return space->ops->meta(space->ctx, (void *)page);
}

/*
 * Put an empty table of entries of level @level - 1 into the hole at @ptep, an
 * entry of @level. The memory was reserved. Returns the PTE.
 */
gst_pte_t gst_table_link(struct gst_space *space, struct gst_gather *gather, gst_pte_t *ptep);

/*
 * Split the leaf @pte at @ptep, an entry of @level, into a table of leaves one
 * level down that translate alike. Returns the PTE.
 */
gst_pte_t gst_table_split(struct gst_space *space, struct gst_gather *gather, gst_pte_t *ptep,
			  gst_pte_t pte, gst_gpa_t gpa, unsigned int level);

/*
 * Gather the table at @table, whose entries are of @level, with all below it. The
 * caller has replaced the pointer to it; harts may walk it until the flush.
 */
void gst_table_release(struct gst_space *space, struct gst_gather *gather, gst_pte_t *table,
		       unsigned int level);

/* Gather one table page that is linked no more and has nothing below it. */
void gst_table_gather(struct gst_space *space, struct gst_gather *gather, gst_pte_t *table);

/* Note that translations of [start, end) went or lost a permission. */
static inline void gst_gather_range(struct gst_gather *gather, gst_gpa_t start, gst_gpa_t end,
				    unsigned int level)
{
	if (gather->end <= gather->start) {
		gather->start = start;
		gather->end = end;
		gather->level = level;
		return;
	}
	if (start < gather->start)
		gather->start = start;
	if (end > gather->end)
		gather->end = end;
	if (level < gather->level)
		gather->level = level;
}

/*
 * The table pages that a walk must add to map, or cut out, [start, end) of one
 * hole or leaf of @level where no leaf may be above level @best.
 */
static inline uint64_t gst_tables_for(unsigned int level, unsigned int best, gst_gpa_t start,
				      gst_gpa_t end)
{
	uint64_t tables = 0;

	for (unsigned int above = level; above > 0; above--) {
		gst_gpa_t mask = GST_LEVEL_SIZE(above) - 1;
		uint64_t first = start >> GST_LEVEL_SHIFT(above);
		uint64_t last = (end - 1) >> GST_LEVEL_SHIFT(above);

		/* An entry of level @above that one leaf can fill needs no table. */
		if (above > best)
			tables += last - first + 1;
		else if (first == last)
			tables += (start & mask) || (end & mask);
		else
			tables += !!(start & mask) + !!(end & mask);
	}
	return tables;
}

#endif /* GST_ENGINE_TABLE_H */
