// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: map a range.
 *
 * Mapping makes the largest leaves that gpa and pa allow. First it reserves all tables
 * that it may need. Usually an upper bound from the entry where the range begins is
 * enough. If the bound cannot be reserved, the plan visitor walks the range and
 * counts exactly. Then the map visitor walks the range and writes.
 *
 * What happens to an entry depends on what is there:
 * - a hole gets a leaf, or a table if the leaf would be too large;
 * - a leaf that already maps the same is kept, others are overwritten, or split if
 *   the range has only a part of them;
 * - a table is replaced by a leaf if one leaf can cover all of it, otherwise entered.
 */
#include "napot.h"

struct map_walk {
	struct gst_walk walk;
	uint64_t offset;   /* pa - gpa, modulo 2^64 */
	gst_pte_t bits;    /* the bits of every new leaf, without PPN and N */
	unsigned int best; /* the highest level at which a leaf can be made */
	gst_pte_t match;   /* the bits of a present leaf that must match to keep it */
	bool napot;        /* 64 KiB leaves are allowed, and gpa and pa are congruent for them */
	uint64_t tables;   /* plan: how many tables the map visitor will take */
};

#define map_walk_of(w) ((struct map_walk *)(w))

static gst_pte_t map_pte(const struct map_walk *map, gst_gpa_t gpa)
{
	return map->bits | gst_pte_of_pa(gpa + map->offset);
}

static bool map_fits(const struct gst_walk *walk)
{
	return walk->level <= map_walk_of(walk)->best && gst_walk_covers(walk);
}

static bool map_fits_napot(const struct gst_walk *walk)
{
	return walk->level == 0 && map_walk_of(walk)->napot && gst_walk_has(walk, GST_NAPOT_SIZE);
}

/* Does the present leaf, of any size, map what the caller wants? Its A bit does not matter. */
static bool map_is_same(const struct gst_walk *walk)
{
	const struct map_walk *map = map_walk_of(walk);
	gst_gpa_t start = gst_walk_leaf_start(walk);
	gst_pte_t pte = walk->pte;

	if (gst_pte_is_napot(pte))
		pte = gst_pte_napot_page(pte, 0);
	return !((start + map->offset) & (gst_walk_leaf_size(walk) - 1)) &&
	       ((pte | GST_PTE_A) & (map->match | map->bits)) == map_pte(map, start);
}

static int plan_entry(struct gst_walk *walk)
{
	struct map_walk *map = map_walk_of(walk);
	gst_gpa_t end = gst_walk_leaf_start(walk) + gst_walk_leaf_size(walk);

	if (map_fits(walk) || (gst_pte_valid(walk->pte) && map_is_same(walk)))
		return GST_WALK_NEXT;
	map->tables += gst_tables_for(walk->level, map->best, walk->gpa,
				      end < walk->end ? end : walk->end) -
		       gst_seeded(SHORT_RESERVE);
	return GST_WALK_NEXT;
}

static int plan_table(struct gst_walk *walk)
{
	return map_fits(walk) ? GST_WALK_NEXT : GST_WALK_DESCEND;
}

static const struct gst_visitor plan_visitor = {
	.hole = plan_entry,
	.leaf = plan_entry,
	.table = plan_table,
};

/* May harts keep using @old after the entry has become @new? */
static bool map_widens(gst_pte_t old, gst_pte_t new)
{
	const gst_pte_t may_come = GST_PTE_W | GST_PTE_X | GST_PTE_A;

	return (old | may_come) == (new | may_come) && !(old & ~new);
}

/* Record in the gather that @old, which may be 0, became @new. */
static void map_changed(struct gst_walk *walk, gst_gpa_t gpa, gst_pte_t old, gst_pte_t new)
{
	if (old && !map_widens(old, new) && !gst_seeded(STALE_REMAP)) {
		gst_gather_range(walk->gather, gpa, gpa + GST_LEVEL_SIZE(walk->level), walk->level);
		return;
	}
	walk->gather->fresh = true;
	walk->gather->gained |= !!old;
}

/* Make a 64 KiB leaf of 16 entries, whatever they have now. */
static int map_napot(struct gst_walk *walk)
{
	struct gst_space *space = walk->space;
	gst_pte_t *ptep = walk->ptep;
	gst_pte_t page = map_pte(map_walk_of(walk), walk->gpa);
	gst_pte_t new = gst_pte_napot(page);
	bool was_napot = gst_pte_is_napot(walk->pte);
	unsigned int plain = 0;

	if (walk->gather->shared)
		return -GST_EBUSY;
	for (unsigned int i = 0; i < GST_NAPOT_ENTRIES; i++) {
		gst_pte_t old = gst_pte_load(&ptep[i]);

		plain += !!old;
		if (was_napot)
			old = gst_pte_napot_page(old, i);
		gst_pte_store(&ptep[i], new);
		map_changed(walk, walk->gpa + i * GST_PAGE_SIZE, old, gst_pte_napot_page(new, i));
	}
	if (!was_napot) {
		gst_meta_of(space, ptep)->live += GST_NAPOT_ENTRIES - plain;
		gst_napot_made(space, ptep, plain);
		if (plain)
			gst_resized(space, GST_COLLAPSE, walk->gpa, GST_NAPOT_SIZE, 0);
	}
	gst_walk_take(walk, GST_NAPOT_ENTRIES);
	return GST_WALK_NEXT;
}

/* How many entries, from the present one on, may become leaves of the entry's size. */
static unsigned int map_run_length(const struct gst_walk *walk)
{
	unsigned int run = gst_walk_run_length(walk);
	unsigned int index = (walk->gpa >> GST_PAGE_SHIFT) & (GST_NAPOT_ENTRIES - 1);

	/* Stop where a 64 KiB leaf may begin. */
	if (walk->level == 0 && map_walk_of(walk)->napot && GST_NAPOT_ENTRIES - index < run)
		run = GST_NAPOT_ENTRIES - index;
	return run;
}

/*
 * May a table be linked into the present hole in shared entry? Other threads can use
 * up what was reserved, but a new table must not stay empty (INV-04). So all tables
 * down to the first new leaf must be reserved, and that leaf must not be a 64 KiB
 * leaf, which shared entry cannot make. Return: 0, -GST_EBUSY or -GST_EAGAIN.
 */
static int map_shared_hole(const struct gst_walk *walk)
{
	const struct map_walk *map = map_walk_of(walk);
	unsigned int level = map->best < walk->level ? map->best : walk->level - 1;

	while (level && !gst_walk_has(walk, GST_LEVEL_SIZE(level)))
		level--;
	if (level == 0 && map->napot && gst_walk_has(walk, GST_NAPOT_SIZE))
		return -GST_EBUSY;
	return walk->gather->reserved < walk->level - level ? -GST_EAGAIN : 0;
}

static int map_hole(struct gst_walk *walk)
{
	gst_pte_t pte, step = gst_pte_of_pa(GST_LEVEL_SIZE(walk->level));
	unsigned int run, n = 0;

	if (!map_fits(walk)) {
		int ret = walk->gather->shared ? map_shared_hole(walk) : 0;

		if (ret)
			return ret;
		walk->pte = gst_table_link(walk->space, walk->gather, walk->ptep);
		return walk->pte ? GST_WALK_DESCEND : -GST_EAGAIN;
	}
	if (map_fits_napot(walk))
		return map_napot(walk);

	run = map_run_length(walk);
	pte = map_pte(map_walk_of(walk), walk->gpa);
	/* A dense range spends most of its time in these loops: test for shared entry only once. */
	if (walk->gather->shared) {
		while (n < run && gst_pte_change(walk->gather, walk->ptep + n, 0, pte + n * step))
			n++;
	} else {
		gst_pte_t *ptep = walk->ptep, *end = ptep + run;

		do {
			gst_pte_store(ptep++, pte);
			pte += step;
		} while (ptep < end && !gst_pte_load(ptep));
		n = (unsigned int)(ptep - walk->ptep);
	}
	if (!n)
		return -GST_EAGAIN;

	gst_count(walk->gather, &gst_meta_of(walk->space, walk->ptep)->live, n);
	gst_count(walk->gather, &walk->space->leaves[walk->level], n);
	walk->gather->fresh = true;
	gst_walk_take(walk, n);
	return GST_WALK_NEXT;
}

/* Keep the present leaf. Make it young if it is not. */
static int map_refresh(struct gst_walk *walk)
{
	gst_pte_t *ptep = gst_walk_leaf_ptep(walk);

	for (unsigned int i = 0; i < gst_walk_leaf_entries(walk); i++) {
		/*
		 * In shared entry a huge leaf may have become a pointer to a table, in which
		 * A is reserved. So compare with the PTE that the walk read.
		 */
		gst_pte_t pte = gst_pte_is_napot(walk->pte) ? gst_pte_load(&ptep[i]) : walk->pte;

		if (pte & GST_PTE_A)
			continue;
		if (!gst_pte_change(walk->gather, &ptep[i], pte, pte | GST_PTE_A))
			return -GST_EAGAIN;
		walk->gather->fresh = true;
		walk->gather->gained = true;
	}
	gst_walk_take_leaf(walk);
	return GST_WALK_NEXT;
}

static int map_leaf(struct gst_walk *walk)
{
	gst_pte_t new;

	if (map_is_same(walk) && (gst_pte_is_napot(walk->pte) || !map_fits_napot(walk)))
		return map_refresh(walk);
	if (map_fits_napot(walk))
		return map_napot(walk);
	if (!map_fits(walk)) {
		walk->pte = gst_table_split(walk->space, walk->gather, walk->ptep, walk->pte,
					    walk->gpa, walk->level);
		return walk->pte ? GST_WALK_DESCEND : -GST_EAGAIN;
	}
	if (gst_pte_is_napot(walk->pte) && gst_napot_break(walk))
		return -GST_EBUSY;

	new = map_pte(map_walk_of(walk), walk->gpa);
	if (!gst_pte_change(walk->gather, walk->ptep, walk->pte, new))
		return -GST_EAGAIN;
	map_changed(walk, walk->gpa, walk->pte, new);
	return GST_WALK_NEXT;
}

/* At a table: replace it by one leaf if that is possible, otherwise go down. */
static int map_table(struct gst_walk *walk)
{
	if (!map_fits(walk))
		return GST_WALK_DESCEND;
	if (walk->gather->shared)
		return -GST_EBUSY;

	gst_pte_store(walk->ptep, map_pte(map_walk_of(walk), walk->gpa));
	gst_table_release(walk->space, walk->gather, gst_pte_next_table(walk->space, walk->pte),
			  walk->level - 1);
	walk->space->leaves[walk->level]++;
	gst_gather_range(walk->gather, walk->gpa, walk->gpa + GST_LEVEL_SIZE(walk->level), 0);
	gst_resized(walk->space, GST_COLLAPSE, walk->gpa, GST_LEVEL_SIZE(walk->level), walk->level);
	return GST_WALK_NEXT;
}

static const struct gst_visitor map_visitor = {
	.hole = map_hole,
	.leaf = map_leaf,
	.table = map_table,
};

/*
 * Reserve all tables before the first change. The bound assumes that the range is
 * empty. Usually it can be reserved, which saves the walk that finds the exact
 * number.
 */
static int map_reserve(struct map_walk *map, gst_gpa_t gpa, uint64_t size)
{
	struct gst_walk *walk = &map->walk;
	unsigned int level;
	uint64_t bound;
	int ret;

	/*
	 * All tables on the way down exist. Count from the lowest one that covers the
	 * whole range.
	 */
	gst_walk_descend(walk);
	level = walk->level;
	while (level < walk->top && !gst_walk_in_table(walk, level))
		level++;
	bound = gst_tables_for(level, map->best, gpa, gpa + size);
	if (bound <= GST_TABLE_ENTRIES && !gst_table_reserve(walk->space, walk->gather, bound))
		return 0;

	map->tables = 0;
	ret = gst_walk_run(walk, &plan_visitor);
	if (!ret)
		ret = gst_table_reserve(walk->space, walk->gather, map->tables);
	/* The plan has moved the walk to the end of the range: start again. */
	return ret ? ret : gst_walk_begin(walk, walk->space, walk->gather, gpa, size);
}

int gst_map(struct gst_space *space, gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr,
	    unsigned int max_level, struct gst_gather *gather)
{
	struct map_walk map;
	int ret = gst_walk_begin(&map.walk, space, gather, gpa, size);

	if (ret)
		return ret;
	if (!gst_attr_valid(attr) || (pa & (GST_PAGE_SIZE - 1)) || pa + size < pa)
		return -GST_EINVAL;
	if (pa + size > GST_PA_END)
		return -GST_ERANGE;

	map.offset = pa - gpa;
	map.bits = gst_pte_leaf(0, attr);
	map.match = ~(attr & GST_KEEP ? GST_PTE_W | GST_PTE_X : 0);
	map.best = 0;
	while (map.best < max_level && map.best < map.walk.top &&
	       !(map.offset & (GST_LEVEL_SIZE(map.best + 1) - 1)))
		map.best++;

	map.napot = (attr & GST_NAPOT) && !(map.offset & (GST_NAPOT_SIZE - 1));

	ret = map_reserve(&map, gpa, size);
	return ret ? ret : gst_walk_run(&map.walk, &map_visitor);
}
