/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: the walker, which all operations on a range use.
 *
 * The walker goes from the root down to the first entry of the range, then over the
 * entries of the range in the order of their addresses. It goes down into tables
 * and up again, and never starts anew at the root. An operation is a visitor: a set
 * of functions that the walker calls at holes (entries that are zero), at leaves
 * and at pointers to tables.
 *
 * Between two calls, all of the range before walk->gpa is done, and tables[] has the
 * tables on the way from the root to walk->gpa. For speed, a visitor may do many
 * entries of one table in one call. It then moves walk->gpa into the last of them.
 */
#ifndef GST_ENGINE_WALK_H
#define GST_ENGINE_WALK_H

#include "table.h"

/* What a visitor returns. It may also return a negative error, which ends the walk. */
enum gst_walk_next {
	GST_WALK_NEXT,    /* continue after the entry that holds walk->gpa */
	GST_WALK_DESCEND, /* walk->pte points to a table: go down into it */
	GST_WALK_STOP,    /* end the walk without an error */
};

struct gst_walk;

/**
 * struct gst_visitor - what an operation does at the entries of its range
 * @hole: called at an entry that is zero. NULL: skip the entry.
 * @leaf: called at a leaf
 * @table: called at a pointer to a table, before the walk goes down. NULL: go down.
 * @leave: called when the walk goes up from the table walk->tables[walk->level]. NULL: do
 *	nothing. Return true if the table was unlinked. After false at the end of the
 *	range, @leave is not called for the tables above, because they keep an entry.
 *
 * A visitor may do several entries of the same table in one call. It then moves
 * walk->gpa into the last one. At a 64 KiB leaf it must do so, or break the leaf
 * into 4 KiB leaves first, because the walker itself steps by one entry.
 */
struct gst_visitor {
	int (*hole)(struct gst_walk *walk);
	int (*leaf)(struct gst_walk *walk);
	int (*table)(struct gst_walk *walk);
	bool (*leave)(struct gst_walk *walk);
};

/**
 * struct gst_walk - the state of a walk
 * @space: the space
 * @gather: the gather of the operation, or NULL for readers
 * @gpa: the first address of the range that is not done yet. Except in the first entry,
 *	this is the start of an entry.
 * @end: the end of the range, exclusive
 * @level: the level of the present entry
 * @top: the level of the root
 * @acquire: other threads may link tables during the walk
 * @ptep: the present entry
 * @pte: the value of the entry when the walk read it
 * @tables: the tables on the way down from the root, by level
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

/*
 * Check a range and start a walk of it at the root. A reader passes no gather.
 * Return: 0, -GST_EINVAL or -GST_ERANGE.
 */
int gst_walk_begin(struct gst_walk *walk, struct gst_space *space, struct gst_gather *gather,
		   gst_gpa_t gpa, uint64_t size);

/*
 * Go down from the root to the first entry that matters and read it: a hole, a leaf,
 * or an entry that the range covers whole. This is a fast start for operations that
 * do nothing at a table of which the range has only a part. An operation on one page
 * spends most of its time here.
 */
void gst_walk_descend(struct gst_walk *walk);

/* Walk the range and call @visitor. Return: 0, or the error that the visitor returned. */
int gst_walk_run(struct gst_walk *walk, const struct gst_visitor *visitor);

/* Is walk->gpa aligned to @size, and does the rest of the range have at least @size bytes? */
static inline bool gst_walk_has(const struct gst_walk *walk, uint64_t size)
{
	return !(walk->gpa & (size - 1)) && walk->end - walk->gpa >= size;
}

/* Does the range cover the whole entry? */
static inline bool gst_walk_covers(const struct gst_walk *walk)
{
	return gst_walk_has(walk, GST_LEVEL_SIZE(walk->level));
}

/* The size of the present leaf in bytes. For a hole or a table, the size of the entry. */
static inline uint64_t gst_walk_leaf_size(const struct gst_walk *walk)
{
	return gst_pte_is_napot(walk->pte) ? GST_NAPOT_SIZE : GST_LEVEL_SIZE(walk->level);
}

/* The first gpa of the present leaf, which may be before the range. */
static inline gst_gpa_t gst_walk_leaf_start(const struct gst_walk *walk)
{
	return walk->gpa & ~(gst_walk_leaf_size(walk) - 1);
}

/* How many entries the present leaf has: GST_NAPOT_ENTRIES for a 64 KiB leaf, otherwise 1. */
static inline unsigned int gst_walk_leaf_entries(const struct gst_walk *walk)
{
	return gst_pte_is_napot(walk->pte) ? GST_NAPOT_ENTRIES : 1;
}

/* The first entry of the present leaf. */
static inline gst_pte_t *gst_walk_leaf_ptep(const struct gst_walk *walk)
{
	return walk->ptep -
	       ((walk->gpa - gst_walk_leaf_start(walk)) >> GST_LEVEL_SHIFT(walk->level));
}

/* Tell the walk that the whole leaf is done. */
static inline void gst_walk_take_leaf(struct gst_walk *walk)
{
	walk->gpa = gst_walk_leaf_start(walk) + gst_walk_leaf_size(walk) - 1;
}

/* Is the rest of the range in one table of @level? */
static inline bool gst_walk_in_table(const struct gst_walk *walk, unsigned int level)
{
	return (walk->gpa ^ (walk->end - 1)) < GST_LEVEL_SIZE(level + 1);
}

/*
 * How many entries, from the present one on, the range covers whole. The run ends
 * with the page, because each of a root's pages has its own live count.
 */
static inline unsigned int gst_walk_run_length(const struct gst_walk *walk)
{
	unsigned int index = gst_pte_index(walk->gpa, walk->level, walk->top);
	unsigned int left = GST_TABLE_ENTRIES - (index & (GST_TABLE_ENTRIES - 1));
	uint64_t covered = (walk->end - walk->gpa) >> GST_LEVEL_SHIFT(walk->level);

	return covered < left ? (unsigned int)covered : left;
}

/* Tell the walk that @entries entries, from the present one on, are done. */
static inline void gst_walk_take(struct gst_walk *walk, unsigned int entries)
{
	walk->gpa += (uint64_t)(entries - 1) << GST_LEVEL_SHIFT(walk->level);
}

#endif /* GST_ENGINE_WALK_H */
