// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The gather: what is flushed, how often, and when tables are freed.
 */
#include "world.h"

static void expect_flush(struct world *w, gst_gpa_t start, gst_gpa_t end, unsigned int level,
			 bool all)
{
	const struct gst_flush *flush = &w->mem.last_flush;

	CHECK_EQ("case", flush->start, start, "start of the flush");
	CHECK_EQ("case", flush->end, end, "end of the flush");
	CHECK_EQ("case", flush->level, level, "level of the flush");
	CHECK_EQ("case", flush->all, all, "flush of everything");
}

static void an_empty_gather_flushes_nothing(struct world *w)
{
	CHECK("case", !w_finish(w), "an unexpected flush");
	CHECK("case", !w_finish(w), "an unexpected flush");
	CHECK_EQ("case", w->mem.flushes, 0, "flushes");
}

static void many_operations_share_one_flush(struct world *w)
{
	uint64_t size = w_size(w, 1);

	W_OK(w_map(w, 0, 4 * size, 0, W_RWX, 0));
	CHECK_EQ("case", w->mem.flushes, 0, "flushes");
	w_cache(w, size);
	w_cache(w, 2 * size);
	CHECK_RET(w_wrprotect(w, size + W_PAGE, 3 * W_PAGE, 0), 0);
	CHECK_RET(w_map(w, 2 * size, W_PAGE, 0x9000, W_RW, 0), 0);
	CHECK_RET(w_unmap(w, size + 7 * W_PAGE, W_PAGE, 0), 0);
	CHECK_RET(w_wrprotect_mask(w, 2 * size + 8 * W_PAGE, 5), 0);
	CHECK_EQ("case", w->mem.flushes, 0, "flushes before the gather is finished");
	CHECK("case", w_finish(w), "a flush is missing");
	CHECK_EQ("case", w->mem.flushes, 1, "flushes");
	/* The range goes from the first page that lost something to the last. */
	expect_flush(w, size + W_PAGE, 2 * size + 11 * W_PAGE, 0, false);
	CHECK("case", !w_finish(w), "the gather is not empty");
}

static void the_level_is_that_of_the_smallest_leaf(struct world *w)
{
	uint64_t size = w_size(w, 1);

	/* Huge ones alone. */
	W_OK(w_map(w, size, 3 * size, 0, W_RW, 1));
	w_cache(w, size);
	CHECK_RET(w_wrprotect(w, size, 3 * size, 0), 0);
	w_finish(w);
	expect_flush(w, size, 4 * size, 1, false);

	/* Huge and small, in either order. */
	W_OK(w_map(w, 4 * size, W_PAGE, 0, W_RW, 0));
	W_OK(w_map(w, size, 3 * size, 0, W_RW, 1));
	CHECK_RET(w_wrprotect(w, size, 3 * size + W_PAGE, 0), 0);
	w_finish(w);
	expect_flush(w, size, 4 * size + W_PAGE, 0, false);

	W_OK(w_map(w, size, 3 * size, 0, W_RW, 1));
	W_OK(w_map(w, size - W_PAGE, W_PAGE, 0, W_RW, 0));
	CHECK_RET(w_wrprotect(w, size - W_PAGE, size + W_PAGE, 0), 0);
	w_finish(w);
	expect_flush(w, size - W_PAGE, 2 * size, 0, false);
}

static void whole_leaves_are_flushed_whole(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		/* Other leaves keep the table alive. */
		W_OK(w_map(w, size, 3 * size, 0, W_RW, level));
		w_cache(w, 2 * size);
		CHECK_RET(w_unmap(w, 2 * size + W_PAGE, W_PAGE, GST_WHOLE_LEAVES), 0);
		w_finish(w);
		expect_flush(w, 2 * size, 3 * size, level, false);
		CHECK_RET(w_wrprotect(w, 2 * size - W_PAGE, W_PAGE, GST_WHOLE_LEAVES), 0);
		w_finish(w);
		expect_flush(w, size, 2 * size, level, false);
		CHECK_RET(w_wrprotect_mask(w, 3 * size, 1), 0);
		w_finish(w);
		expect_flush(w, 3 * size, 4 * size, level, false);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void a_page_is_flushed_alone(struct world *w)
{
	W_OK(w_map(w, 0, 16 * W_PAGE, 0, W_RW, 0));
	w_cache(w, 5 * W_PAGE);
	CHECK_RET(w_unmap(w, 5 * W_PAGE, W_PAGE, 0), 0);
	w_finish(w);
	expect_flush(w, 5 * W_PAGE, 6 * W_PAGE, 0, false);
}

static void the_end_of_the_space_is_flushed(struct world *w)
{
	W_OK(w_map(w, w_limit(w) - 2 * W_PAGE, 2 * W_PAGE, 0, W_RW, 0));
	w_cache(w, w_limit(w) - W_PAGE);
	CHECK_RET(w_unmap(w, w_limit(w) - W_PAGE, W_PAGE, 0), 0);
	w_finish(w);
	expect_flush(w, w_limit(w) - W_PAGE, w_limit(w), 0, false);
}

static void tables_that_go_flush_everything(struct world *w)
{
	W_OK(w_map(w, W_PAGE, W_PAGE, 0, W_RW, 0));
	w_cache(w, W_PAGE);
	CHECK_RET(w_unmap(w, W_PAGE, W_PAGE, 0), 0);
	w_finish(w);
	CHECK("case", w->mem.last_flush.all, "a flush of everything is missing");
	CHECK("case", w->mem.last_flush.start <= W_PAGE && w->mem.last_flush.end >= 2 * W_PAGE,
	      "the range is not set");
}

static void tables_are_freed_after_the_flush(struct world *w)
{
	uint64_t held;

	W_OK(w_map(w, 0, W_PAGE, 0, W_RW, 0));
	W_OK(w_map(w, w_size(w, w_top(w)), W_PAGE, 0, W_RW, 0));
	held = w->mem.live;
	CHECK_RET(w_unmap(w, 0, w_limit(w), 0), 0);
	CHECK_EQ("case", w->space.tables, 0, "linked tables");
	CHECK_EQ("case", w->mem.live, held, "pages in use before the flush");
	CHECK_EQ("case", w->mem.flushes, 0, "flushes");
	w_finish(w);
	CHECK_EQ("case", w->mem.flushes, 1, "flushes");
	CHECK_EQ("case", w->mem.live, 4, "pages");
}

/* A new table may replace an unlinked one before the flush. The old one must still wait. */
static void a_table_gathered_is_not_used_again(struct world *w)
{
	W_OK(w_map(w, 0, W_PAGE, 0x1000, W_RW, 0));
	w_cache(w, 0);
	CHECK_RET(w_unmap(w, 0, W_PAGE, 0), 0);
	CHECK_RET(w_map(w, 0, W_PAGE, 0x2000, W_RW, 0), 0);
	w_cache(w, 0);
	CHECK_RET(w_unmap(w, 0, W_PAGE, 0), 0);
	CHECK_RET(w_map(w, 0, W_PAGE, 0x3000, W_RW, 0), 0);
	CHECK("case", w_finish(w), "a flush is missing");
	CHECK_EQ("case", w->mem.flushes, 1, "flushes");
	w_expect(w, 0, 0, 0x3000, W_RW);
	CHECK_EQ("case", w->mem.frees, 2 * w_top(w), "tables freed");
}

static void a_split_flushes_everything(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		/* This map removes no permission, but it splits the leaf. */
		W_OK(w_map(w, 0, size, 0, GST_READ, level));
		w_cache(w, 0);
		CHECK_RET(w_map(w, W_PAGE, W_PAGE, W_PAGE, W_RW, 0), 0);
		w_finish(w);
		CHECK("case", w->mem.last_flush.all, "a flush of everything is missing");
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void a_range_can_be_flushed_in_any_case(struct world *w)
{
	/* A new leaf in an existing table: a fence of its page is enough. */
	W_OK(w_map(w, 0, W_PAGE, 0, W_RW, 0));
	CHECK_RET(w_map(w, 8 * W_PAGE, W_PAGE, 0, W_RW, 0), 0);
	gst_gather_stale(&w->gather, 8 * W_PAGE, 9 * W_PAGE);
	CHECK("case", w_finish(w), "a flush is missing");
	expect_flush(w, 8 * W_PAGE, 9 * W_PAGE, 0, false);

	/* A new leaf in new tables: a fence of everything is needed. */
	CHECK_RET(w_map(w, w_size(w, w_top(w)), W_PAGE, 0, W_RW, 0), 0);
	gst_gather_stale(&w->gather, w_size(w, w_top(w)), w_size(w, w_top(w)) + W_PAGE);
	CHECK("case", w_finish(w), "a flush is missing");
	expect_flush(w, w_size(w, w_top(w)), w_size(w, w_top(w)) + W_PAGE, 0, true);

	/* A huge leaf is flushed whole, together with the rest of the gather. */
	W_OK(w_map(w, 0, 2 * w_size(w, 1), 0, W_RW, 1));
	CHECK_RET(w_unmap(w, 0, w_size(w, 1), 0), 0);
	gst_gather_stale(&w->gather, 5 * w_size(w, 1), 6 * w_size(w, 1));
	CHECK("case", w_finish(w), "a flush is missing");
	CHECK_EQ("case", w->mem.last_flush.start, 0, "start of the flush");
	CHECK_EQ("case", w->mem.last_flush.end, 6 * w_size(w, 1), "end of the flush");
	CHECK_EQ("case", w->mem.last_flush.level, 0, "level of the flush");
}

static const struct property properties[] = {
	{ "an empty gather flushes nothing", an_empty_gather_flushes_nothing },
	{ "many operations share one flush", many_operations_share_one_flush },
	{ "the level of a flush is that of the smallest leaf",
	  the_level_is_that_of_the_smallest_leaf },
	{ "leaves that are taken whole are flushed whole", whole_leaves_are_flushed_whole },
	{ "for one page only that page is flushed", a_page_is_flushed_alone },
	{ "the last page of the space is flushed", the_end_of_the_space_is_flushed },
	{ "unlinking a table flushes everything", tables_that_go_flush_everything },
	{ "tables are freed after the flush and not before", tables_are_freed_after_the_flush },
	{ "a table that waits for the flush is not used again",
	  a_table_gathered_is_not_used_again },
	{ "a split flushes everything", a_split_flushes_everything },
	{ "a flush can be requested for a range that needs none",
	  a_range_can_be_flushed_in_any_case },
};

int main(void)
{
	return RUN(properties);
}
