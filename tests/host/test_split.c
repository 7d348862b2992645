// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_split(), case by case. w_split() derives the expected leaves and the number of tables from
 * the contract. These tests check them again with explicit numbers.
 */
#include "snapshot.h"
#include "world.h"

static unsigned int entries(struct world *w)
{
	return 1u << w->fmt->index_bits;
}

static void expect_used(struct world *w, uint64_t allocs, uint64_t reserves, uint64_t tables)
{
	CHECK_EQ("case", w->mem.allocs - allocs, tables, "new tables");
	CHECK_EQ("case", w->mem.reserves - reserves, tables != 0, "calls of reserve");
	if (tables)
		CHECK_EQ("case", w->mem.reserved, tables, "tables reserved");
}

static void to_every_level(struct world *w)
{
	for (unsigned int from = 1; from <= w_top(w); from++)
		for (unsigned int to = 0; to < from; to++) {
			uint64_t size = w_size(w, from), allocs, reserves, tables = from - to;
			gst_gpa_t gpa = size, page = gpa + w_size(w, to) * 3;

			W_OK(w_map(w, gpa, size, 3 * size, W_RWX, from));
			w_cache(w, page);
			allocs = w->mem.allocs;
			reserves = w->mem.reserves;
			/* Split one leaf of the level, in the middle. */
			CHECK_RET(w_split(w, page, w_size(w, to), to), 0);
			CHECK("case", w_finish(w) && w->mem.last_flush.all,
			      "a flush of everything is missing");
			expect_used(w, allocs, reserves, tables);
			w_expect(w, page, to, 3 * size + (page - gpa), W_RWX);
			for (unsigned int l = to; l < from; l++)
				w_expect(w, gpa + w_size(w, l + 1) - W_PAGE, l,
					 3 * size + w_size(w, l + 1) - W_PAGE, W_RWX);
			w_check_all(w);
			/* It is already split. */
			allocs = w->mem.allocs;
			reserves = w->mem.reserves;
			CHECK_RET(w_split(w, page, w_size(w, to), to), 0);
			CHECK("case", !w_finish(w), "an unexpected flush");
			expect_used(w, allocs, reserves, 0);
			W_OK(w_unmap(w, 0, w_limit(w), 0));
		}
}

static void all_of_a_leaf(struct world *w)
{
	uint64_t size = w_size(w, 1), allocs, reserves;

	/* The range has three whole leaves, but not the fourth. */
	W_OK(w_map(w, size, 4 * size, size, W_RW, 1));
	allocs = w->mem.allocs;
	reserves = w->mem.reserves;
	W_OK(w_split(w, size, 3 * size, 0));
	expect_used(w, allocs, reserves, 3);
	CHECK_EQ("case", w->space.leaves[0], 3 * entries(w), "4 KiB leaves");
	CHECK_EQ("case", w->space.leaves[1], 1, "leaves of level 1");
	w_expect(w, 4 * size, 1, 4 * size, W_RW);
	w_check_all(w);
}

static void a_range_that_cuts_splits_what_it_touches(struct world *w)
{
	uint64_t size = w_size(w, 1), allocs, reserves;

	W_OK(w_map(w, size, 4 * size, size, W_RW, 1));
	allocs = w->mem.allocs;
	reserves = w->mem.reserves;
	W_OK(w_split(w, 3 * size - W_PAGE, 2 * W_PAGE, 0));
	expect_used(w, allocs, reserves, 2);
	w_expect(w, size, 1, size, W_RW);
	w_expect(w, 2 * size, 0, 2 * size, W_RW);
	w_expect(w, 4 * size - W_PAGE, 0, 4 * size - W_PAGE, W_RW);
	w_expect(w, 4 * size, 1, 4 * size, W_RW);
	w_check_all(w);
}

/* Split the largest leaf for one page at either end: that takes one table for each level. */
static void from_the_top_to_the_bottom(struct world *w)
{
	uint64_t size = w_size(w, w_top(w)), allocs, reserves;
	unsigned int top = w_top(w);

	W_OK(w_map(w, size, 2 * size, 0, W_RW, top));
	allocs = w->mem.allocs;
	reserves = w->mem.reserves;
	W_OK(w_split(w, 2 * size - W_PAGE, 2 * W_PAGE, 0));
	expect_used(w, allocs, reserves, 2 * top);
	for (unsigned int level = 0; level < top; level++) {
		/* Check the leaf next to the page. */
		w_expect(w, 2 * size + w_size(w, level + 1) - W_PAGE, level,
			 size + w_size(w, level + 1) - W_PAGE, W_RW);
		w_expect(w, 2 * size - w_size(w, level + 1), level, size - w_size(w, level + 1),
			 W_RW);
	}
	w_check_all(w);
}

static void keeps_permission_type_and_age(struct world *w)
{
	const gst_attr_t attr = GST_XLEN == 64 ? GST_READ | GST_IO : GST_READ | GST_EXEC;
	uint64_t size = w_size(w, 1);

	W_OK(w_map(w, size, size, 0, attr, 1));
	CHECK_RET(w_young(w, size, size, true), 1);
	W_OK(w_split(w, size, size, 0));
	w_expect(w, size + 7 * W_PAGE, 0, 7 * W_PAGE, attr);
	CHECK_RET(w_young(w, size, size, false), 0);
}

static void small_leaves_and_holes_are_left_alone(struct world *w)
{
	struct snapshot snap = { 0 };
	uint64_t size = w_size(w, 1);

	W_OK(w_map(w, size - 2 * W_PAGE, W_PAGE, 0, W_RW, 0));
	W_OK(w_map(w, size, size, 0, W_RW, 1));
	if (W_HAS_NAPOT)
		W_OK(w_map(w, 4 * size, 2 * W_NAPOT, 0, W_RW | GST_NAPOT, 0));
	snapshot_take(&snap, w);
	w->mem.limit = 0;
	CHECK_RET(w_split(w, 0, w_limit(w), 1), 0);
	CHECK_RET(w_split(w, 0, w_limit(w), w_top(w)), 0);
	CHECK_RET(w_split(w, 2 * size, size, 0), 0);
	w->mem.limit = TESTMEM_TABLES;
	CHECK("case", !w_finish(w), "an unexpected flush");
	snapshot_check(&snap, w);
	snapshot_free(&snap);
}

static void a_leaf_of_64_kib_breaks_whole_and_needs_no_memory(struct world *w)
{
	if (!W_HAS_NAPOT)
		return;
	W_OK(w_map(w, 4 * W_NAPOT, 3 * W_NAPOT, 0, W_RW | GST_NAPOT, 0));
	w_cache(w, 5 * W_NAPOT + W_PAGE);
	w->mem.limit = 0;
	CHECK_RET(w_split(w, 5 * W_NAPOT + 3 * W_PAGE, W_PAGE, 0), 0);
	w->mem.limit = TESTMEM_TABLES;
	w_finish(w);
	CHECK_EQ("case", w->space.napots, 2, "64 KiB leaves");
	CHECK_EQ("case", w->space.leaves[0], 16, "4 KiB leaves");
	for (unsigned int i = 0; i < 16; i++)
		w_expect_size(w, 5 * W_NAPOT + i * W_PAGE, W_PAGE, W_NAPOT + i * W_PAGE, W_RW);
	w_expect_size(w, 4 * W_NAPOT, W_NAPOT, 0, W_RW);
	w_expect_size(w, 6 * W_NAPOT, W_NAPOT, 2 * W_NAPOT, W_RW);
}

static void refuses_what_is_not_a_range_or_level(struct world *w)
{
	W_OK(w_map(w, 0, w_size(w, 1), 0, W_RW, 1));
	CHECK_RET(w_split(w, 0, 0, 0), -GST_EINVAL);
	CHECK_RET(w_split(w, 4, W_PAGE, 0), -GST_EINVAL);
	CHECK_RET(w_split(w, 0, 4, 0), -GST_EINVAL);
	CHECK_RET(w_split(w, W_PAGE, ~UINT64_C(0) - 4095, 0), -GST_EINVAL);
	CHECK_RET(w_split(w, 0, W_PAGE, w_top(w) + 1), -GST_EINVAL);
	CHECK_RET(w_split(w, w_limit(w), W_PAGE, 0), -GST_ERANGE);
	CHECK_RET(w_split(w, 0, w_limit(w) + W_PAGE, 0), -GST_ERANGE);
	w_expect(w, 0, 1, 0, W_RW);
}

static const struct property properties[] = {
	{ "a leaf of any level is split to any lower level", to_every_level },
	{ "leaves in the range are split whole, their neighbour is not", all_of_a_leaf },
	{ "a leaf that the range cuts is split only where the range is",
	  a_range_that_cuts_splits_what_it_touches },
	{ "the largest leaf is split for one page at either end", from_the_top_to_the_bottom },
	{ "a split keeps permission, memory type and age", keeps_permission_type_and_age },
	{ "small leaves and holes stay unchanged", small_leaves_and_holes_are_left_alone },
	{ "a 64 KiB leaf is broken whole and needs no memory",
	  a_leaf_of_64_kib_breaks_whole_and_needs_no_memory },
	{ "split refuses an invalid range and an invalid level",
	  refuses_what_is_not_a_range_or_level },
};

int main(void)
{
	return RUN(properties);
}
