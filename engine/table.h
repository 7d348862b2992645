/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: table pages: how entries are read and written, and how tables are linked,
 * unlinked and freed.
 *
 * A table is one 4 KiB page; a root is four. Each page has a struct gst_meta with
 * the number of its entries that are not zero. An operation first reserves all
 * tables that it may need, then takes them one by one. Nothing fails after the
 * first change.
 *
 * A table that is no longer needed is first unlinked: the entry that pointed to it
 * is overwritten. Harts may still walk it, so it goes into the gather's list and
 * keeps its contents. gst_gather_finish() frees it after the flush.
 *
 * In shared entry, several threads change the same tables. Each of them writes an
 * entry with a compare-and-swap from the value that its walk has read, and adds to
 * counters atomically. Shared entry never unlinks a table.
 */
#ifndef GST_ENGINE_TABLE_H
#define GST_ENGINE_TABLE_H

#include <gst/space.h>

#include "seed.h"

/*
 * Harts and readers walk the tables while PTEs change. Every PTE is therefore read
 * and written with a single access.
 */
static inline gst_pte_t gst_pte_load(const gst_pte_t *ptep)
{
	return __atomic_load_n(ptep, __ATOMIC_RELAXED);
}

static inline void gst_pte_store(gst_pte_t *ptep, gst_pte_t pte)
{
	__atomic_store_n(ptep, pte, __ATOMIC_RELAXED);
}

/* For readers and shared entry: another thread may have just linked the table below this entry. */
static inline gst_pte_t gst_pte_load_acquire(const gst_pte_t *ptep)
{
	return __atomic_load_n(ptep, __ATOMIC_ACQUIRE);
}

/*
 * Change an entry from @old to the leaf @new. In exclusive entry only ageing and
 * harts that set A may write at the same time. It does no harm to overwrite their
 * change, so a plain store is enough. Return: false if another thread changed the
 * entry first.
 */
static inline bool gst_pte_change(const struct gst_gather *gather, gst_pte_t *ptep, gst_pte_t old,
				  gst_pte_t new)
{
	if (gather->shared && !gst_seeded(LOST_UPDATE))
		return __atomic_compare_exchange_n(ptep, &old, new, false, __ATOMIC_RELAXED,
						   __ATOMIC_RELAXED);
	__atomic_store_n(ptep, new, __ATOMIC_RELAXED);
	return true;
}

/*
 * Change an entry from @old to @new, a pointer to a table. Others must see the
 * contents of the table before they see the pointer. Return: as gst_pte_change().
 */
static inline bool gst_pte_link(const struct gst_gather *gather, gst_pte_t *ptep, gst_pte_t old,
				gst_pte_t new)
{
	if (gather->shared && !gst_seeded(LOST_UPDATE))
		return __atomic_compare_exchange_n(ptep, &old, new, false, __ATOMIC_RELEASE,
						   __ATOMIC_RELAXED);
	__atomic_store_n(ptep, new, __ATOMIC_RELEASE);
	return true;
}

/* Add to a counter. In shared entry other threads may add to it at the same time. */
#define gst_count(gather, counter, delta)                                                          \
	((gather)->shared ? (void)__atomic_fetch_add(counter, delta, __ATOMIC_RELAXED) :           \
			    (void)(*(counter) += (delta)))

/* Clear bits of an entry. This is atomic, because a hart may set A at any time. */
static inline void gst_pte_clear_bits(gst_pte_t *ptep, gst_pte_t bits)
{
	__atomic_fetch_and(ptep, ~bits, __ATOMIC_RELAXED);
}

static inline unsigned int gst_pte_index(gst_gpa_t gpa, unsigned int level, unsigned int top)
{
	unsigned int entries = level == top ? GST_ROOT_ENTRIES : GST_TABLE_ENTRIES;

	return (gpa >> GST_LEVEL_SHIFT(level)) & (entries - 1);
}

static inline gst_pte_t *gst_pte_next_table(struct gst_space *space, gst_pte_t pte)
{
	return space->ops->to_va(space->ctx, gst_pte_table_pa(pte));
}

/* The meta of the page that holds @ptep. A root has one meta for each of its four pages. */
static inline struct gst_meta *gst_meta_of(struct gst_space *space, gst_pte_t *ptep)
{
	uintptr_t page = (uintptr_t)ptep & ~(uintptr_t)(GST_PAGE_SIZE - 1);

	return space->ops->meta(space->ctx, (void *)page);
}

/* Report to gst_ops.resized that a leaf was split, or that it replaced smaller leaves. */
void gst_resized(const struct gst_space *space, enum gst_resize how, gst_gpa_t gpa, uint64_t size,
		 unsigned int level);

/* Reserve @tables tables for the calls below. Return: 0 or -GST_ENOMEM. */
int gst_table_reserve(struct gst_space *space, struct gst_gather *gather, uint64_t tables);

/*
 * Link an empty table at @ptep, an entry that is zero. Takes a reserved table.
 * Return: the new PTE, or 0 if another thread changed the entry first.
 */
gst_pte_t gst_table_link(struct gst_space *space, struct gst_gather *gather, gst_pte_t *ptep);

/*
 * Replace the leaf @pte at @ptep, an entry of @level, by a table of leaves of the
 * next lower level with the same translations. Return: as gst_table_link().
 */
gst_pte_t gst_table_split(struct gst_space *space, struct gst_gather *gather, gst_pte_t *ptep,
			  gst_pte_t pte, gst_gpa_t gpa, unsigned int level);

/*
 * Gather @table, a table of @level, and all tables below it. The caller has already
 * overwritten the pointer to @table. Harts may walk the tables until the flush.
 */
void gst_table_release(struct gst_space *space, struct gst_gather *gather, gst_pte_t *table,
		       unsigned int level);

/*
 * Uncount the leaves of a table of level 0 that is going away. Such a table has only
 * leaves (INV-08) and its meta counts them, so the table itself need not be read.
 */
static inline void gst_table_forget_leaves(struct gst_space *space, const struct gst_meta *meta)
{
	space->leaves[0] -= meta->live - meta->napots * GST_NAPOT_ENTRIES;
	space->napots -= meta->napots;
}

/* Have @page, which is unlinked or was never linked, freed after the flush. */
static inline void gst_gather_page(struct gst_space *space, struct gst_gather *gather,
				   gst_pte_t *page)
{
	gst_meta_of(space, page)->next = gather->tables;
	gather->tables = page;
	gather->pages++;
}

/* Gather one table that is already unlinked and has no table below it. */
void gst_table_gather(struct gst_space *space, struct gst_gather *gather, gst_pte_t *table);

/* Record that translations of [start, end) were removed or lost a permission. */
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
 * How many tables are needed to map [start, end), or to cut it out, inside one hole
 * or one leaf of @level. No new leaf is above level @best.
 */
static inline uint64_t gst_tables_for(unsigned int level, unsigned int best, gst_gpa_t start,
				      gst_gpa_t end)
{
	uint64_t tables = 0;

	for (unsigned int above = level; above > 0; above--) {
		gst_gpa_t mask = GST_LEVEL_SIZE(above) - 1;
		uint64_t first = start >> GST_LEVEL_SHIFT(above);
		uint64_t last = (end - 1) >> GST_LEVEL_SHIFT(above);

		/* If one leaf can fill an entry of level @above, no table is needed there. */
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
