// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_unmap(), case by case.
 */
#include "snapshot.h"
#include "world.h"

/* Ranges that cut a huge leaf of a given size: offset and length. */
struct cut {
	uint64_t offset, length;
};

#define CUTS 7

static void cuts_of(struct world *w, unsigned int level, struct cut cuts[CUTS])
{
	uint64_t size = w_size(w, level), piece = w_size(w, level - 1);

	cuts[0] = (struct cut){ 0, W_PAGE };
	cuts[1] = (struct cut){ size - W_PAGE, W_PAGE };
	cuts[2] = (struct cut){ size / 2, W_PAGE };
	cuts[3] = (struct cut){ W_PAGE, size - W_PAGE };
	cuts[4] = (struct cut){ 0, size - W_PAGE };
	cuts[5] = (struct cut){ W_PAGE, size - 2 * W_PAGE };
	cuts[6] = (struct cut){ piece, size - 2 * piece };
}

static void cutting_a_huge_leaf_leaves_the_rest_mapped(struct world *w)
{
	struct cut cuts[CUTS];

	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level), pa = 3 * size;

		cuts_of(w, level, cuts);
		for (unsigned int i = 0; i < CUTS; i++) {
			gst_gpa_t lo = size + cuts[i].offset, hi = lo + cuts[i].length;

			W_OK(w_map(w, size, size, pa, W_RWX, level));
			w_cache(w, lo);
			CHECK_RET(w_unmap(w, lo, hi - lo, 0), 0);
			CHECK("case", w_finish(w) && w->mem.last_flush.all,
			      "a flush of everything is missing");
			w_expect_none(w, lo);
			w_expect_none(w, hi - W_PAGE);
			CHECK_EQ("case", model_bytes(&w->model), size - (hi - lo), "bytes left");
			w_check_all(w);
			W_OK(w_unmap(w, size, size, 0));
			CHECK_EQ("case", w->space.tables, 0, "tables");
		}
	}
}

static void whole_leaves_go_whole_and_need_no_memory(struct world *w)
{
	struct cut cuts[CUTS];

	w->mem.limit = 0;
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level), reserves;

		cuts_of(w, level, cuts);
		for (unsigned int i = 0; i < CUTS; i++) {
			w->mem.limit = TESTMEM_TABLES;
			W_OK(w_map(w, size, 3 * size, 0, W_RWX, level));
			w->mem.limit = 0;
			reserves = w->mem.reserves;
			w_cache(w, 2 * size);
			W_OK(w_unmap(w, 2 * size + cuts[i].offset, cuts[i].length,
				     GST_WHOLE_LEAVES));
			CHECK_EQ("case", w->mem.reserves, reserves, "calls of reserve");
			w_expect(w, size, level, 0, W_RWX);
			w_expect_none(w, 2 * size);
			w_expect_none(w, 3 * size - W_PAGE);
			w_expect(w, 3 * size, level, 2 * size, W_RWX);
			W_OK(w_unmap(w, 0, w_limit(w), GST_WHOLE_LEAVES));
		}
	}
	w->mem.limit = TESTMEM_TABLES;
}

static void whole_leaves_may_do_without_a_source(struct world *w)
{
	struct gst_gather gather;

	W_OK(w_map(w, 0, 2 * w_size(w, 1), 0, W_RWX, 1));
	w->harts_run = false;
	gst_gather_init(&gather, NULL);
	CHECK_RET(gst_unmap(&w->space, W_PAGE, w_size(w, 1), GST_WHOLE_LEAVES, &gather), 0);
	CHECK("case", gst_gather_finish(&w->space, &gather), "a flush is missing");
	model_clear(&w->model);
	w->harts_run = true;
}

static void a_range_across_two_huge_leaves_cuts_both(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, size, 3 * size, 0, W_RW, level));
		W_OK(w_unmap(w, 2 * size - W_PAGE, size + 2 * W_PAGE, 0));
		w_expect(w, 2 * size - 2 * W_PAGE, 0, size - 2 * W_PAGE, W_RW);
		w_expect_none(w, 2 * size - W_PAGE);
		w_expect_none(w, 2 * size);
		w_expect_none(w, 3 * size);
		w_expect(w, 3 * size + W_PAGE, 0, 2 * size + W_PAGE, W_RW);
		w_check_all(w);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void empty_tables_go_at_once(struct world *w)
{
	unsigned int top = w_top(w);

	/* Map a page with its own tables, and one that shares all tables except the last. */
	W_OK(w_map(w, w_size(w, top), W_PAGE, 0, W_RW, 0));
	W_OK(w_map(w, 2 * w_size(w, top), W_PAGE, 0, W_RW, 0));
	W_OK(w_map(w, 2 * w_size(w, top) + w_size(w, 1), W_PAGE, 0, W_RW, 0));
	CHECK_EQ("case", w->space.tables, 2 * top + 1, "tables");

	W_OK(w_unmap(w, 2 * w_size(w, top) + w_size(w, 1), W_PAGE, 0));
	CHECK_EQ("case", w->space.tables, 2 * top, "tables");
	CHECK("case", w->mem.last_flush.all, "tables were unlinked without a flush of everything");
	W_OK(w_unmap(w, w_size(w, top), W_PAGE, 0));
	CHECK_EQ("case", w->space.tables, top, "tables");
	w_expect(w, 2 * w_size(w, top), 0, 0, W_RW);
	W_OK(w_unmap(w, 2 * w_size(w, top), W_PAGE, 0));
	CHECK_EQ("case", w->space.tables, 0, "tables");
	CHECK_EQ("case", w->mem.live, 4, "pages");
}

static void the_last_leaf_of_a_table_takes_it_along(struct world *w)
{
	unsigned int n = 1u << w->fmt->index_bits;

	/* Unmap pages one by one, upwards and downwards. The table is unlinked with the last. */
	for (unsigned int down = 0; down < 2; down++) {
		W_OK(w_map(w, 0, w_size(w, 1), W_PAGE, W_RW, 0));
		for (unsigned int i = 0; i < n; i++) {
			CHECK_EQ("case", w->space.tables, w_top(w), "tables");
			W_OK(w_unmap(w, (down ? n - 1 - i : i) * W_PAGE, W_PAGE, 0));
		}
		CHECK_EQ("case", w->space.tables, 0, "tables");
	}
}

static void nothing_mapped_is_no_error_and_no_flush(struct world *w)
{
	CHECK_RET(w_unmap(w, 0, w_limit(w), 0), 0);
	CHECK_RET(w_unmap(w, W_PAGE, W_PAGE, 0), 0);
	CHECK("case", !w_finish(w), "an unexpected flush");
	W_OK(w_map(w, w_size(w, 1), W_PAGE, 0, W_RW, 0));
	CHECK_RET(w_unmap(w, 0, w_size(w, 1), 0), 0);
	CHECK_RET(w_unmap(w, w_size(w, 1) + W_PAGE, w_limit(w) - w_size(w, 1) - W_PAGE, 0), 0);
	CHECK("case", !w_finish(w), "an unexpected flush");
	w_expect(w, w_size(w, 1), 0, 0, W_RW);
}

static void refuses_what_is_not_a_range(struct world *w)
{
	uint64_t limit = w_limit(w);
	struct snapshot snap = { 0 };

	W_OK(w_map(w, 0, W_PAGE, 0, W_RW, 0));
	snapshot_take(&snap, w);
	for (unsigned int flags = 0; flags <= GST_WHOLE_LEAVES; flags++) {
		CHECK_RET(w_unmap(w, 0, 0, flags), -GST_EINVAL);
		CHECK_RET(w_unmap(w, 8, W_PAGE, flags), -GST_EINVAL);
		CHECK_RET(w_unmap(w, 0, W_PAGE + 8, flags), -GST_EINVAL);
		CHECK_RET(w_unmap(w, W_PAGE, ~UINT64_C(0) - 4095, flags), -GST_EINVAL);
		CHECK_RET(w_unmap(w, limit - W_PAGE, 2 * W_PAGE, flags), -GST_ERANGE);
		CHECK_RET(w_unmap(w, limit, W_PAGE, flags), -GST_ERANGE);
		CHECK_RET(w_unmap(w, 0, limit + W_PAGE, flags), -GST_ERANGE);
	}
	for (unsigned int bit = 1; bit < 32; bit++)
		CHECK_RET(w_unmap(w, 0, W_PAGE, 1u << bit), -GST_EINVAL);
	CHECK("case", !w_finish(w), "an unexpected flush");
	snapshot_check(&snap, w);
	snapshot_free(&snap);
}

static void the_top_of_the_space_can_be_unmapped(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, w_limit(w) - size, size, 0, W_RW, level));
		W_OK(w_unmap(w, w_limit(w) - W_PAGE, W_PAGE, 0));
		w_expect(w, w_limit(w) - 2 * W_PAGE, 0, size - 2 * W_PAGE, W_RW);
		w_expect_none(w, w_limit(w) - W_PAGE);
		W_OK(w_unmap(w, w_limit(w) - size, size, 0));
		CHECK_EQ("case", w->space.tables, 0, "tables");
	}
}

static void one_call_takes_leaves_of_all_levels(struct world *w)
{
	unsigned int top = w_top(w);

	for (unsigned int level = 0; level <= top; level++)
		W_OK(w_map(w, (level + 1) * w_size(w, top), w_size(w, level), 0, W_RW, level));
	CHECK_RET(w_unmap(w, w_size(w, top), (top + 1) * w_size(w, top), 0), 0);
	CHECK("case", w_finish(w), "a flush is missing");
	CHECK_EQ("case", w->mem.flushes, 1, "flushes");
	CHECK_EQ("case", w->space.tables, 0, "tables");
	CHECK_EQ("case", model_bytes(&w->model), 0, "bytes mapped");
}

static const struct property properties[] = {
	{ "an unmap that cuts a huge leaf keeps the rest mapped",
	  cutting_a_huge_leaf_leaves_the_rest_mapped },
	{ "GST_WHOLE_LEAVES unmaps huge leaves whole and needs no memory",
	  whole_leaves_go_whole_and_need_no_memory },
	{ "GST_WHOLE_LEAVES works without a source of memory",
	  whole_leaves_may_do_without_a_source },
	{ "an unmap across two huge leaves cuts both", a_range_across_two_huge_leaves_cuts_both },
	{ "empty tables are unlinked at once", empty_tables_go_at_once },
	{ "a table is unlinked with its last leaf", the_last_leaf_of_a_table_takes_it_along },
	{ "unmapping a hole is no error and flushes nothing",
	  nothing_mapped_is_no_error_and_no_flush },
	{ "unmap refuses an invalid range", refuses_what_is_not_a_range },
	{ "the end of the space can be unmapped", the_top_of_the_space_can_be_unmapped },
	{ "one unmap removes leaves of all levels with one flush",
	  one_call_takes_leaves_of_all_levels },
};

int main(void)
{
	return RUN(properties);
}
