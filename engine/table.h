/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: table pages: how they are read, linked, unlinked and gathered.
 */
#ifndef GST_ENGINE_TABLE_H
#define GST_ENGINE_TABLE_H

#include <gst/space.h>

#include "seed.h"

/*
 * Harts and readers walk while PTEs change, so each is read and written whole.
 */
static inline gst_pte_t gst_pte_load(const gst_pte_t *ptep)
{
	return __atomic_load_n(ptep, __ATOMIC_RELAXED);
}

static inline void gst_pte_store(gst_pte_t *ptep, gst_pte_t pte)
{
	__atomic_store_n(ptep, pte, __ATOMIC_RELAXED);
}

/* What is behind the pointer that is read was written by someone at the same time. */
static inline gst_pte_t gst_pte_load_acquire(const gst_pte_t *ptep)
{
	return __atomic_load_n(ptep, __ATOMIC_ACQUIRE);
}

/*
 * Change an entry from @old to @new, a leaf. In exclusive entry nobody else writes,
 * but for ageing and a hart that sets A by itself: neither minds. Return: false
 * where a concurrent change won.
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

/* The same for a pointer to a table, whose contents must be seen before it is. */
static inline bool gst_pte_link(const struct gst_gather *gather, gst_pte_t *ptep, gst_pte_t old,
				gst_pte_t new)
{
	if (gather->shared && !gst_seeded(LOST_UPDATE))
		return __atomic_compare_exchange_n(ptep, &old, new, false, __ATOMIC_RELEASE,
						   __ATOMIC_RELAXED);
	__atomic_store_n(ptep, new, __ATOMIC_RELEASE);
	return true;
}

/* Add to a counter that others, in shared entry, add to as well. */
#define gst_count(gather, counter, delta)                                                          \
	((gather)->shared ? (void)__atomic_fetch_add(counter, delta, __ATOMIC_RELAXED) :           \
			    (void)(*(counter) += (delta)))

/* A hart that updates A by itself may do so at any time: no read, modify, write. */
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

/* The meta of the page that holds @ptep: a root has one for each of its pages. */
static inline struct gst_meta *gst_meta_of(struct gst_space *space, gst_pte_t *ptep)
{
	uintptr_t page = (uintptr_t)ptep & ~(uintptr_t)(GST_PAGE_SIZE - 1);

	return space->ops->meta(space->ctx, (void *)page);
}

/* Tell of a leaf that was split, or that came in the place of smaller ones. */
void gst_resized(const struct gst_space *space, enum gst_resize how, gst_gpa_t gpa, uint64_t size,
		 unsigned int level);

/* Have @tables tables ready for what follows. Return: 0 or -GST_ENOMEM. */
int gst_table_reserve(struct gst_space *space, struct gst_gather *gather, uint64_t tables);

/*
 * Put an empty table of entries of level @level - 1 into the hole at @ptep, an
 * entry of @level. The memory was reserved. Returns the PTE; 0 where a
 * concurrent change won.
 */
gst_pte_t gst_table_link(struct gst_space *space, struct gst_gather *gather, gst_pte_t *ptep);

/*
 * Split the leaf @pte at @ptep, an entry of @level, into a table of leaves one
 * level down that translate alike. Returns as gst_table_link().
 */
gst_pte_t gst_table_split(struct gst_space *space, struct gst_gather *gather, gst_pte_t *ptep,
			  gst_pte_t pte, gst_gpa_t gpa, unsigned int level);

/*
 * Gather the table at @table, whose entries are of @level, with all below it. The
 * caller has replaced the pointer to it; harts may walk it until the flush.
 */
void gst_table_release(struct gst_space *space, struct gst_gather *gather, gst_pte_t *table,
		       unsigned int level);

/* All the leaves of a table of level 0 go; the table has no need to be read (INV-08). */
static inline void gst_table_forget_leaves(struct gst_space *space, const struct gst_meta *meta)
{
	space->leaves[0] -= meta->live - meta->napots * GST_NAPOT_ENTRIES;
	space->napots -= meta->napots;
}

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
