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
 * @leave: the table at walk->tables[walk->level] is done with; NULL: nothing. Return: whether it
 *	is there no more; if it is, those above it need not be told at the end of the range
 *
 * A visitor may take a run of entries of the same table at once: it then moves
 * walk->gpa into the last one that it took. At the first entry of a 64 KiB leaf
 * that lies in the range it has to, or has to break it up.
 */
struct gst_visitor {
	int (*hole)(struct gst_walk *walk);
	int (*leaf)(struct gst_walk *walk);
	int (*table)(struct gst_walk *walk);
	bool (*leave)(struct gst_walk *walk);
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
 * @acquire: others link tables at the same time
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
	bool acquire;
	gst_pte_t *ptep;
	gst_pte_t pte;
	gst_pte_t *tables[GST_LEVELS_MAX];
};

/* Check a range and stand before it; a reader has no gather. Return: 0, -GST_EINVAL or -GST_ERANGE. */
int gst_walk_begin(struct gst_walk *walk, struct gst_space *space, struct gst_gather *gather,
		   gst_gpa_t gpa, uint64_t size);

/*
 * Go down, through pointers to tables alone, to the entry of walk->gpa that is none or that the range
 * covers, and read it. For operations that do nothing at a table of which the range has only a part:
 * most of one page are spent here.
 */
void gst_walk_descend(struct gst_walk *walk);

/* One descent over the range. Return: 0, or the error of a visitor. */
int gst_walk_run(struct gst_walk *walk, const struct gst_visitor *visitor);

/* Does the range take in all of an aligned piece of @size bytes at walk->gpa? */
static inline bool gst_walk_has(const struct gst_walk *walk, uint64_t size)
{
	return !(walk->gpa & (size - 1)) && walk->end - walk->gpa >= size;
}

/* Does the range take in all of the entry? */
static inline bool gst_walk_covers(const struct gst_walk *walk)
{
	return gst_walk_has(walk, GST_LEVEL_SIZE(walk->level));
}

/* The bytes of the leaf at which the walk stands; of an entry that is none, the entry's. */
static inline uint64_t gst_walk_leaf_size(const struct gst_walk *walk)
{
	return gst_pte_is_napot(walk->pte) ? GST_NAPOT_SIZE : GST_LEVEL_SIZE(walk->level);
}

/* The first gpa of the leaf, which may lie before the range. */
static inline gst_gpa_t gst_walk_leaf_start(const struct gst_walk *walk)
{
	return walk->gpa & ~(gst_walk_leaf_size(walk) - 1);
}

/* The entries of the leaf: GST_NAPOT_ENTRIES of one of 64 KiB, one of any other. */
static inline unsigned int gst_walk_leaf_entries(const struct gst_walk *walk)
{
	return gst_pte_is_napot(walk->pte) ? GST_NAPOT_ENTRIES : 1;
}

/* The first entry of the leaf. */
static inline gst_pte_t *gst_walk_leaf_ptep(const struct gst_walk *walk)
{
	return walk->ptep - ((walk->gpa - gst_walk_leaf_start(walk)) >> GST_LEVEL_SHIFT(walk->level));
}

/* Tell the walk that the leaf is dealt with, all of it. */
static inline void gst_walk_take_leaf(struct gst_walk *walk)
{
	walk->gpa = gst_walk_leaf_start(walk) + gst_walk_leaf_size(walk) - 1;
}

/* Does all of the range lie in one table of entries of @level? */
static inline bool gst_walk_in_table(const struct gst_walk *walk, unsigned int level)
{
	return (walk->gpa ^ (walk->end - 1)) < GST_LEVEL_SIZE(level + 1);
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
