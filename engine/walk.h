/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: the walker. Every operation on a range is a visitor of it.
 */
#ifndef GST_ENGINE_WALK_H
#define GST_ENGINE_WALK_H

#include "table.h"

/* What a visitor answers; or a negative error, which ends the walk. */
enum gst_walk_next {
	GST_WALK_NEXT,    /* go on behind the entry in which walk->gpa lies */
	GST_WALK_DESCEND, /* walk->pte is a table: go into it */
	GST_WALK_STOP,    /* enough */
};

struct gst_walk;

/**
 * struct gst_visitor - what an operation does at the entries of its range
 * @hole: an entry of zero; NULL: pass over it
 * @leaf: a leaf
 * @table: a pointer to a table, before it is entered; NULL: enter it
 * @leave: the table at walk->tables[walk->level] is done with; NULL: nothing
 *
 * A visitor may take a run of entries of the same table at once: it then moves
 * walk->gpa into the last one that it took.
 */
struct gst_visitor {
	int (*hole)(struct gst_walk *walk);
	int (*leaf)(struct gst_walk *walk);
	int (*table)(struct gst_walk *walk);
	void (*leave)(struct gst_walk *walk);
};

/**
 * struct gst_walk - where a walk stands
 * @space: the space
 * @gather: the operation's gather; NULL for those that change nothing
 * @gpa: the first address of the range that is not dealt with; the start of an
 *	entry, but for the first one
 * @end: end of the range, exclusive
 * @level: level of the entry
 * @top: level of the root's entries
 * @ptep: the entry
 * @pte: what it held when it was read
 * @tables: the tables on the way down, by the level of their entries
 */
struct gst_walk {
	struct gst_space *space;
	struct gst_gather *gather;
	gst_gpa_t gpa;
	gst_gpa_t end;
	unsigned int level;
	unsigned int top;
	gst_pte_t *ptep;
	gst_pte_t pte;
	gst_pte_t *tables[GST_LEVELS_MAX];
};

/* Check a range and stand before it. Return: 0, -GST_EINVAL or -GST_ERANGE. */
int gst_walk_begin(struct gst_walk *walk, struct gst_space *space, struct gst_gather *gather,
		   gst_gpa_t gpa, uint64_t size);

/* One descent over the range. Return: 0, or the error of a visitor. */
int gst_walk_run(struct gst_walk *walk, const struct gst_visitor *visitor);

/* Does the range take in all of the entry? */
static inline bool gst_walk_covers(const struct gst_walk *walk)
{
	uint64_t size = GST_LEVEL_SIZE(walk->level);

	return !(walk->gpa & (size - 1)) && walk->end - walk->gpa >= size;
}

/* The first gpa of the entry, which may lie before the range. */
static inline gst_gpa_t gst_walk_entry(const struct gst_walk *walk)
{
	return walk->gpa & ~(GST_LEVEL_SIZE(walk->level) - 1);
}

/*
 * How many entries from this one on, in this page of a table, the range covers
 * whole: a run ends with the page, because each of a root's pages counts its own
 * live entries.
 */
static inline unsigned int gst_walk_run_length(const struct gst_walk *walk)
{
	unsigned int index = gst_pte_index(walk->gpa, walk->level, walk->top);
	unsigned int left = GST_TABLE_ENTRIES - (index & (GST_TABLE_ENTRIES - 1));
	uint64_t covered = (walk->end - walk->gpa) >> GST_LEVEL_SHIFT(walk->level);

	return covered < left ? (unsigned int)covered : left;
}

/* Tell the walk that @entries entries from this one on are dealt with. */
static inline void gst_walk_take(struct gst_walk *walk, unsigned int entries)
{
	walk->gpa += (uint64_t)(entries - 1) << GST_LEVEL_SHIFT(walk->level);
}

#endif /* GST_ENGINE_WALK_H */
