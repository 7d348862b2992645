// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: map a range.
 */
#include "walk.h"

struct map_walk {
	struct gst_walk walk;
	uint64_t offset;   /* pa - gpa, modulo 2^64 */
	gst_pte_t bits;    /* of every leaf, but for the PPN */
	unsigned int best; /* the highest level that can hold a leaf */
	uint64_t tables;   /* plan: pages that the commit will take */
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

/* Is the leaf, of whatever size, just what is wanted? Its age does not matter. */
static bool map_is_same(const struct gst_walk *walk)
{
	const struct map_walk *map = map_walk_of(walk);
	gst_gpa_t start = gst_walk_entry(walk);

	return !((start + map->offset) & (GST_LEVEL_SIZE(walk->level) - 1)) &&
	       (walk->pte | GST_PTE_A) == map_pte(map, start);
}

static int plan_entry(struct gst_walk *walk)
{
	struct map_walk *map = map_walk_of(walk);
	gst_gpa_t end = gst_walk_entry(walk) + GST_LEVEL_SIZE(walk->level);

	if (map_fits(walk) || (gst_pte_valid(walk->pte) && map_is_same(walk)))
		return GST_WALK_NEXT;
	map->tables += gst_tables_for(walk->level, map->best, walk->gpa,
				      end < walk->end ? end : walk->end);
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

static int map_hole(struct gst_walk *walk)
{
	struct map_walk *map = map_walk_of(walk);
	gst_pte_t pte, step = gst_pte_of_pa(GST_LEVEL_SIZE(walk->level));
	unsigned int run, n;

	if (!map_fits(walk)) {
		walk->pte = gst_table_link(walk->space, walk->gather, walk->ptep);
		return GST_WALK_DESCEND;
	}

	run = gst_walk_run_length(walk);
	pte = map_pte(map, walk->gpa);
	n = 0;
	do {
		gst_pte_store(walk->ptep + n, pte);
		pte += step;
		n++;
	} while (n < run && !gst_pte_load(walk->ptep + n));

	gst_meta_of(walk->space, walk->ptep)->live += n;
	walk->space->leaves[walk->level] += n;
	walk->gather->fresh = true;
	gst_walk_take(walk, n);
	return GST_WALK_NEXT;
}

/* May harts go on using @old after the entry has become @new? */
static bool map_widens(gst_pte_t old, gst_pte_t new)
{
	const gst_pte_t may_come = GST_PTE_W | GST_PTE_X | GST_PTE_A;

	return (old | may_come) == (new | may_come) && !(old & ~new);
}

static int map_leaf(struct gst_walk *walk)
{
	struct map_walk *map = map_walk_of(walk);
	gst_pte_t new;

	if (map_is_same(walk)) {
		if (!(walk->pte & GST_PTE_A)) {
			gst_pte_set_bits(walk->ptep, GST_PTE_A);
			walk->gather->fresh = true;
		}
		return GST_WALK_NEXT;
	}
	if (!map_fits(walk)) {
		walk->pte = gst_table_split(walk->space, walk->gather, walk->ptep, walk->pte,
					    walk->gpa, walk->level);
		return GST_WALK_DESCEND;
	}

	new = map_pte(map, walk->gpa);
	gst_pte_store(walk->ptep, new);
	if (map_widens(walk->pte, new))
		walk->gather->fresh = true;
	else
		gst_gather_range(walk->gather, walk->gpa, walk->gpa + GST_LEVEL_SIZE(walk->level),
				 walk->level);
	return GST_WALK_NEXT;
}

/* Smaller leaves give way to one large one. */
static int map_table(struct gst_walk *walk)
{
	if (!map_fits(walk))
		return GST_WALK_DESCEND;

	gst_pte_store(walk->ptep, map_pte(map_walk_of(walk), walk->gpa));
	gst_table_release(walk->space, walk->gather, gst_pte_next_table(walk->space, walk->pte),
			  walk->level - 1);
	walk->space->leaves[walk->level]++;
	gst_gather_range(walk->gather, walk->gpa, walk->gpa + GST_LEVEL_SIZE(walk->level), 0);
	return GST_WALK_NEXT;
}

static const struct gst_visitor map_visitor = {
	.hole = map_hole,
	.leaf = map_leaf,
	.table = map_table,
};

/*
 * Take all memory before the first change. Most often the bound for an empty
 * space is at hand and spares the walk that finds the exact number.
 */
static int map_reserve(struct map_walk *map, gst_gpa_t gpa, uint64_t size)
{
	struct gst_space *space = map->walk.space;
	void *source = map->walk.gather->source;
	uint64_t bound = gst_tables_for(map->walk.top, map->best, gpa, gpa + size);
	int ret;

	if (!bound || (bound <= GST_TABLE_ENTRIES &&
		       !space->ops->reserve(space->ctx, source, (unsigned int)bound)))
		return 0;

	map->tables = 0;
	ret = gst_walk_run(&map->walk, &plan_visitor);
	if (ret || !map->tables)
		return ret;
	if (map->tables > UINT32_MAX)
		return -GST_ENOMEM;
	return space->ops->reserve(space->ctx, source, (unsigned int)map->tables);
}

int gst_map(struct gst_space *space, gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr,
	    unsigned int max_level, struct gst_gather *gather)
{
	struct map_walk map = {
		.offset = pa - gpa,
		.bits = gst_pte_leaf(0, attr),
	};
	int ret = gst_walk_begin(&map.walk, space, gather, gpa, size);

	if (ret)
		return ret;
	if (!gst_attr_valid(attr) || (pa & (GST_PAGE_SIZE - 1)) || pa + size < pa)
		return -GST_EINVAL;
	if (pa + size > GST_PA_END)
		return -GST_ERANGE;

	while (map.best < max_level && map.best < map.walk.top &&
	       !(map.offset & (GST_LEVEL_SIZE(map.best + 1) - 1)))
		map.best++;

	ret = map_reserve(&map, gpa, size);
	if (ret)
		return ret;

	/* The plan may have moved on. */
	ret = gst_walk_begin(&map.walk, space, gather, gpa, size);
	return ret ? ret : gst_walk_run(&map.walk, &map_visitor);
}
