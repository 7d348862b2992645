// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_map() in exclusive entry: the range maps what the caller wants, in leaves as large as
 * possible, and the rest is unchanged.
 */
#include "engine.h"
#include "pte.h"

#include <engine/map.c>

static gst_pa_t pa;
static gst_attr_t attr;
static unsigned int max_level;

const bool op_empties = true;

void op_arguments(void)
{
	pa = nondet_u64();
	attr = nondet_u32();
	max_level = nondet_u8();
}

bool op_is_invalid(void)
{
	uint64_t size = range_end - range_start;

	return (pa & (PAGE - 1)) || pa + size < pa ||
	       pa + size > UINT64_C(1) << (44 + GST_PAGE_SHIFT) || !(attr & GST_READ) ||
	       (attr & ~GST_ATTR_ALL) || ((attr & GST_NC) && (attr & GST_IO));
}

/* May a leaf of @size be made around @gpa? It must be in the range, and gpa and pa congruent. */
static bool fits(gst_gpa_t gpa, uint64_t size)
{
	gst_gpa_t first = gpa & ~(size - 1);

	return !((pa ^ range_start) & (size - 1)) && first >= range_start &&
	       first + size <= range_end;
}

/* May a leaf of @level or above be made around @gpa? */
static bool fits_level(gst_gpa_t gpa, unsigned int level)
{
	bool yes = false;

	for (; level <= TOP; level++)
		yes = yes || (level <= max_level && fits(gpa, GST_LEVEL_SIZE(level)));
	return yes;
}

/* The size of the smallest leaf that may be around the probe afterwards. */
static uint64_t smallest(void)
{
	for (unsigned int level = TOP; level > 0; level--)
		if (level <= max_level && fits(probe, GST_LEVEL_SIZE(level)))
			return GST_LEVEL_SIZE(level);
	return (attr & GST_NAPOT) && fits(probe, GST_NAPOT_SIZE) ? GST_NAPOT_SIZE : PAGE;
}

static struct translation wanted_at(gst_gpa_t gpa)
{
	return (struct translation){
		.mapped = true,
		.pa = pa + (gpa - range_start),
		.r = true,
		.w = attr & GST_WRITE,
		.x = attr & GST_EXEC,
		.type = attr & GST_NC ? 1 :
			attr & GST_IO ? 2 :
					0,
	};
}

/* Will the present leaf @t at @gpa be kept? */
static bool will_do(const struct translation *t, gst_gpa_t gpa)
{
	struct translation wanted = wanted_at(gpa);

	if (t->mapped && (attr & GST_KEEP)) {
		wanted.w = wanted.w || t->w;
		wanted.x = wanted.x || t->x;
	}
	return same_translation(t, &wanted);
}

bool op_promises(const struct translation *now, gst_gpa_t done)
{
	/* The walk may already have changed tables on the way down to its position. */
	gst_gpa_t begun = done < range_end ? done + PAGE : done;
	struct translation wanted = wanted_at(probe);
	uint64_t size = leaf_size(now);

	if (in_range(probe, range_start, done))
		return now->accessed &&
		       ((same_translation(now, &wanted) && size == smallest()) ||
			(will_do(&before, probe) && same_translation(now, &before) &&
			 size == leaf_size(&before) && size >= smallest()));
	/* A leaf that is kept becomes young as a whole. Another one may have been split. */
	if (leaf_touches(&before, probe, range_start, begun))
		return same_translation(&before, now) && before.accessed <= now->accessed &&
		       (will_do(&before, probe) ? size == leaf_size(&before) :
						  size <= leaf_size(&before));
	return same_leaf(&before, now) && size == leaf_size(&before);
}

/* One table for each entry from @gpa on that needs one and has none. */
unsigned int op_needs(gst_gpa_t gpa)
{
	unsigned int tables = 0;

	for (unsigned int level = 1; level <= TOP && gpa < range_end; level++) {
		gst_gpa_t size = GST_LEVEL_SIZE(level);

		for (gst_gpa_t start = 0; start < SPACE_PAGES * PAGE; start += size) {
			struct translation t = hart_walk_to(space.root, start, level);

			tables += start < range_end && start + size > gpa &&
				  !pte_is_pointer(t.path[level]) && !will_do(&t, start) &&
				  !fits_level(start, level);
		}
	}
	return tables;
}

bool op_is_true(const struct gst_walk *walk)
{
	const struct map_walk *map = (const struct map_walk *)walk;
	struct translation wanted = wanted_at(range_start);
	bool yes = map->offset == pa - range_start &&
		   map->match == ~(attr & GST_KEEP ? (gst_pte_t)1 << W | (gst_pte_t)1 << X : 0) &&
		   map->napot ==
			   ((attr & GST_NAPOT) && !((pa ^ range_start) & (GST_NAPOT_SIZE - 1))) &&
		   map->bits ==
			   ((gst_pte_t)wanted.type << 61 | (gst_pte_t)wanted.w << W |
			    (gst_pte_t)wanted.x << X | 1 << V | 1 << R | 1 << U | 1 << A | 1 << D);

	for (unsigned int level = 1; level <= TOP; level++) {
		bool may =
			level <= max_level && !((pa ^ range_start) & (GST_LEVEL_SIZE(level) - 1));

		yes = yes && (level <= map->best) == may;
	}
	/*
	 * The walk does not go down where a leaf fits, nor into a 64 KiB leaf that will do. The
	 * walk that counts does.
	 */
	return yes && map->best <= TOP && !fits_level(walk->gpa, walk->level + 1) &&
	       (PROOF_PLAN || !map->napot || !(walk->gpa & (GST_NAPOT_SIZE - 1)) ||
		!fits(walk->gpa, GST_NAPOT_SIZE));
}

uint64_t *op_plan(struct gst_walk *walk)
{
	return &((struct map_walk *)walk)->tables;
}

static int op_walk(struct gst_walk *walk, const struct gst_visitor *visitor)
{
	return visitor == &plan_visitor ? midway_plan(walk) : midway_begun(walk);
}

static int op_call(uint64_t size)
{
	return gst_map(&space, range_start, size, pa, attr, max_level, &gather);
}

static int op_step(void)
{
	static struct map_walk map;

	map.offset = nondet_u64();
	map.bits = nondet_u64();
	map.best = nondet_u8();
	map.match = nondet_u64();
	map.napot = nondet_bool();
	map.tables = nondet_u32();
	midway_arbitrary(&map.walk, PROOF_LEVEL);
	/* Leaves map only memory that any_pte() can name. */
	assume(pa + (range_end - range_start) <= PAGE << PROOF_PPN_BITS);
	return gst_walk_run(&map.walk, PROOF_PLAN ? &plan_visitor : &map_visitor);
}

int main(void)
{
	prove_op(op_call, op_step);
	return 0;
}
