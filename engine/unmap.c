// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: unmap a range.
 *
 * Entries are cleared by storing 0. A table that the range covers whole is unlinked
 * from above. If it holds only leaves, it is not even read, because its meta has the
 * counts. On the way up, a table that has become empty is unlinked, and then perhaps
 * the table above it (INV-04).
 */
#include "cut.h"
#include "napot.h"

static void unlink_entry(struct gst_walk *walk, gst_pte_t *ptep)
{
	gst_pte_store(ptep, 0);
	gst_meta_of(walk->space, ptep)->live--;
}

/* Unmap the whole present leaf, also if the range cuts it. */
static int unmap_whole_leaf(struct gst_walk *walk)
{
	struct gst_space *space = walk->space;
	struct gst_meta *meta = gst_meta_of(space, walk->ptep);
	gst_pte_t *ptep = gst_walk_leaf_ptep(walk);
	unsigned int entries = gst_walk_leaf_entries(walk);
	gst_gpa_t start = gst_walk_leaf_start(walk);

	for (unsigned int i = 0; i < entries; i++)
		gst_pte_store(&ptep[i], 0);
	meta->live -= entries;
	if (gst_pte_is_napot(walk->pte)) {
		meta->napots--;
		space->napots--;
	} else {
		space->leaves[walk->level]--;
	}
	gst_gather_range(walk->gather, start, start + gst_walk_leaf_size(walk), walk->level);
	gst_walk_take_leaf(walk);
	return GST_WALK_NEXT;
}

/*
 * Unmap the leaves from the present entry on. Stop at the end of the range, at the
 * end of the page, at a pointer to a table, or at a 64 KiB leaf that the range cuts.
 */
static int unmap_leaves(struct gst_walk *walk)
{
	struct gst_space *space = walk->space;
	struct gst_meta *meta = gst_meta_of(space, walk->ptep);
	unsigned int run = gst_walk_run_length(walk), taken, n = 0, napot_entries = 0;
	gst_gpa_t start = walk->gpa;

	taken = 0;
	/* A fast loop for tables that have only 4 KiB leaves, as most do. */
	if (walk->level == 0 && !meta->napots) {
		unsigned int end = run - (gst_seeded(STALE) && run > 1 && run < GST_TABLE_ENTRIES);

		for (; taken < end; taken++) {
			n += !!gst_pte_load(walk->ptep + taken);
			gst_pte_store(walk->ptep + taken, 0);
		}
		taken = run;
	}
	for (; taken < run; taken++) {
		gst_pte_t pte = gst_pte_load(walk->ptep + taken);

		if (!pte)
			continue;
		if (gst_pte_is_table(pte) && walk->level)
			break;
		if (gst_pte_is_napot(pte)) {
			/* The range cuts this leaf. The walk calls unmap_leaf() for it next. */
			if (!(napot_entries % GST_NAPOT_ENTRIES) && run - taken < GST_NAPOT_ENTRIES)
				break;
			napot_entries++;
		}
		gst_pte_store(walk->ptep + taken, 0);
		n++;
	}
	meta->live -= gst_seeded(COUNT) && n > 1 ? n - 1 : n;
	meta->napots -= napot_entries / GST_NAPOT_ENTRIES;
	space->napots -= napot_entries / GST_NAPOT_ENTRIES;
	space->leaves[walk->level] -= n - napot_entries;
	gst_gather_range(walk->gather, start, start + taken * GST_LEVEL_SIZE(walk->level),
			 walk->level);
	gst_walk_take(walk, taken);
	return GST_WALK_NEXT;
}

static int unmap_leaf(struct gst_walk *walk)
{
	if (!gst_walk_has(walk, gst_walk_leaf_size(walk))) {
		if (gst_cut_walk_of(walk)->whole)
			return unmap_whole_leaf(walk);
		if (!gst_pte_is_napot(walk->pte))
			return gst_cut_split(walk);
		gst_napot_break(walk);
	}
	return unmap_leaves(walk);
}

/* Unlink a table that the range covers whole. */
static int unmap_table(struct gst_walk *walk)
{
	if (!gst_walk_covers(walk))
		return GST_WALK_DESCEND;

	unlink_entry(walk, walk->ptep);
	gst_table_release(walk->space, walk->gather, gst_pte_next_table(walk->space, walk->pte),
			  walk->level - 1);
	gst_gather_range(walk->gather, walk->gpa, walk->gpa + GST_LEVEL_SIZE(walk->level), 0);
	return GST_WALK_NEXT;
}

/* Unlink the table that the walk leaves, if it is empty (INV-04). Return: whether it was. */
static bool unmap_leave(struct gst_walk *walk)
{
	gst_pte_t *table = walk->tables[walk->level];
	unsigned int above = walk->level + 1;

	if (gst_meta_of(walk->space, table)->live)
		return false;
	unlink_entry(walk, &walk->tables[above][gst_pte_index(walk->gpa - 1, above, walk->top)]);
	gst_table_gather(walk->space, walk->gather, table);
	return true;
}

static const struct gst_visitor unmap_visitor = {
	.leaf = unmap_leaf,
	.table = unmap_table,
	.leave = unmap_leave,
};

int gst_unmap(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int flags,
	      struct gst_gather *gather)
{
	if (gather->shared)
		return -GST_EINVAL;
	return gst_cut_run(space, gpa, size, flags, gather, &unmap_visitor);
}
