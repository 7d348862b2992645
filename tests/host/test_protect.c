// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_wrprotect() and gst_wrprotect_mask(), case by case.
 */
#include "snapshot.h"
#include "world.h"

#define W_RX (GST_READ | GST_EXEC)

static void takes_write_and_nothing_else(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, size, 3 * size, 0, W_RWX, level));
		w_cache(w, 2 * size);
		CHECK_RET(w_wrprotect(w, 2 * size, size, 0), 0);
		CHECK("case", w_finish(w), "a flush is missing");
		CHECK_EQ("case", w->mem.last_flush.start, 2 * size, "start of the flush");
		CHECK_EQ("case", w->mem.last_flush.end, 3 * size, "end of the flush");
		CHECK_EQ("case", w->mem.last_flush.level, level, "level of the flush");
		CHECK_EQ("case", w->mem.last_flush.all, false, "flush of everything");
		w_expect(w, size, level, 0, W_RWX);
		w_expect(w, 2 * size, level, size, W_RX);
		w_expect(w, 3 * size, level, 2 * size, W_RWX);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void a_second_time_flushes_nothing(struct world *w)
{
	W_OK(w_map(w, 0, 2 * w_size(w, 1) + W_PAGE, 0, W_RWX, 1));
	W_OK(w_wrprotect(w, 0, w_limit(w), 0));
	CHECK_RET(w_wrprotect(w, 0, w_limit(w), 0), 0);
	CHECK_RET(w_wrprotect(w, W_PAGE, W_PAGE, 0), 0);
	CHECK_RET(w_wrprotect_mask(w, 0, ~UINT64_C(0)), 0);
	CHECK("case", !w_finish(w), "an unexpected flush");
}

static void cutting_a_huge_leaf_leaves_the_rest_writable(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, size, size, 0, W_RW, level));
		w_cache(w, size);
		CHECK_RET(w_wrprotect(w, 2 * size - W_PAGE, W_PAGE, 0), 0);
		CHECK("case", w_finish(w) && w->mem.last_flush.all,
		      "a flush of everything is missing");
		w_expect(w, size, level - 1, 0, W_RW);
		w_expect(w, 2 * size - 2 * W_PAGE, 0, size - 2 * W_PAGE, W_RW);
		w_expect(w, 2 * size - W_PAGE, 0, size - W_PAGE, GST_READ);
		w_check_all(w);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void whole_leaves_are_taken_whole_and_need_no_memory(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level), reserves;

		W_OK(w_map(w, size, 3 * size, 0, W_RW, level));
		w_cache(w, 2 * size);
		w->mem.limit = 0;
		reserves = w->mem.reserves;
		W_OK(w_wrprotect(w, 3 * size - W_PAGE, W_PAGE, GST_WHOLE_LEAVES));
		CHECK_EQ("case", w->mem.reserves, reserves, "calls of reserve");
		w->mem.limit = TESTMEM_TABLES;
		w_expect(w, size, level, 0, W_RW);
		w_expect(w, 2 * size, level, size, GST_READ);
		w_expect(w, 3 * size, level, 2 * size, W_RW);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void a_read_only_huge_leaf_is_not_split(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);
		struct snapshot snap = { 0 };

		W_OK(w_map(w, size, size, 0, W_RX, level));
		snapshot_take(&snap, w);
		CHECK_RET(w_wrprotect(w, size + W_PAGE, W_PAGE, 0), 0);
		CHECK("case", !w_finish(w), "an unexpected flush");
		snapshot_check(&snap, w);
		snapshot_free(&snap);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void no_table_is_made_or_freed(struct world *w)
{
	uint64_t allocs, frees;

	W_OK(w_map(w, w_size(w, 1) - 3 * W_PAGE, w_size(w, 1), 0, W_RW, 0));
	allocs = w->mem.allocs;
	frees = w->mem.frees;
	W_OK(w_wrprotect(w, 0, w_limit(w), 0));
	W_OK(w_wrprotect_mask(w, w_size(w, 1) - 32 * W_PAGE, ~UINT64_C(0)));
	CHECK_EQ("case", w->mem.allocs, allocs, "allocations");
	CHECK_EQ("case", w->mem.frees, frees, "pages freed");
}

static void a_mask_names_pages_one_by_one(struct world *w)
{
	/* The mask crosses from one table to the next. */
	gst_gpa_t base = 2 * w_size(w, 1) - 20 * W_PAGE;

	for (unsigned int bit = 0; bit < 64; bit++) {
		W_OK(w_map(w, base - W_PAGE, 66 * W_PAGE, W_PAGE, W_RW, 0));
		w_cache(w, base + bit * W_PAGE);
		W_OK(w_wrprotect_mask(w, base, UINT64_C(1) << bit));
		for (unsigned int i = 0; i < 66; i++)
			w_expect(w, base + i * W_PAGE - W_PAGE, 0, (i + 1) * W_PAGE,
				 i == bit + 1 ? GST_READ : W_RW);
	}
	W_OK(w_map(w, base, 64 * W_PAGE, W_PAGE, W_RW, 0));
	W_OK(w_wrprotect_mask(w, base, UINT64_C(0xa5a5a5a5a5a5a5a5)));
	for (unsigned int i = 0; i < 64; i++)
		w_expect(w, base + i * W_PAGE, 0, (i + 1) * W_PAGE,
			 UINT64_C(0xa5a5a5a5a5a5a5a5) >> i & 1 ? GST_READ : W_RW);
}

static void a_mask_takes_huge_leaves_whole(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);
		gst_gpa_t base = 2 * size - 32 * W_PAGE;

		for (unsigned int which = 1; which <= 3; which++) {
			uint64_t mask = (which & 1 ? UINT64_C(1) << 31 : 0) |
					(which & 2 ? UINT64_C(1) << 32 : 0);

			W_OK(w_map(w, size, 2 * size, size, W_RW, level));
			w_cache(w, base);
			w->mem.limit = 0;
			W_OK(w_wrprotect_mask(w, base, mask));
			w->mem.limit = TESTMEM_TABLES;
			w_expect(w, size, level, size, which & 1 ? GST_READ : W_RW);
			w_expect(w, 2 * size, level, 2 * size, which & 2 ? GST_READ : W_RW);
			W_OK(w_unmap(w, 0, w_limit(w), 0));
		}
	}
}

static void a_mask_may_reach_to_the_end_and_not_beyond(struct world *w)
{
	gst_gpa_t base = w_limit(w) - 8 * W_PAGE;

	W_OK(w_map(w, base, 8 * W_PAGE, 0, W_RW, 0));
	W_OK(w_wrprotect_mask(w, base, 0x80));
	w_expect(w, base + 7 * W_PAGE, 0, 7 * W_PAGE, GST_READ);
	w_expect(w, base + 6 * W_PAGE, 0, 6 * W_PAGE, W_RW);
	CHECK_RET(w_wrprotect_mask(w, base, 0x100), -GST_ERANGE);
	CHECK_RET(w_wrprotect_mask(w, base, 0x101), -GST_ERANGE);
	CHECK_RET(w_wrprotect_mask(w, base, ~UINT64_C(0)), -GST_ERANGE);
	CHECK_RET(w_wrprotect_mask(w, w_limit(w), 1), -GST_ERANGE);
	CHECK_RET(w_wrprotect_mask(w, 0, 0), -GST_EINVAL);
	CHECK_RET(w_wrprotect_mask(w, 1, 1), -GST_EINVAL);
	CHECK_RET(w_wrprotect_mask(w, ~UINT64_C(0) - 4095, 2), -GST_EINVAL);
	w_expect(w, base, 0, 0, W_RW);
}

static void refuses_what_is_not_a_range(struct world *w)
{
	uint64_t limit = w_limit(w);

	W_OK(w_map(w, 0, W_PAGE, 0, W_RW, 0));
	CHECK_RET(w_wrprotect(w, 0, 0, 0), -GST_EINVAL);
	CHECK_RET(w_wrprotect(w, 8, W_PAGE, 0), -GST_EINVAL);
	CHECK_RET(w_wrprotect(w, 0, 100, 0), -GST_EINVAL);
	CHECK_RET(w_wrprotect(w, W_PAGE, ~UINT64_C(0) - 4095, 0), -GST_EINVAL);
	CHECK_RET(w_wrprotect(w, 0, W_PAGE, 2), -GST_EINVAL);
	CHECK_RET(w_wrprotect(w, limit - W_PAGE, 2 * W_PAGE, 0), -GST_ERANGE);
	CHECK_RET(w_wrprotect(w, limit, W_PAGE, GST_WHOLE_LEAVES), -GST_ERANGE);
	w_expect(w, 0, 0, 0, W_RW);
}

static const struct property properties[] = {
	{ "write-protection removes W and nothing else", takes_write_and_nothing_else },
	{ "write-protection a second time flushes nothing", a_second_time_flushes_nothing },
	{ "write-protection that cuts a huge leaf keeps the rest writable",
	  cutting_a_huge_leaf_leaves_the_rest_writable },
	{ "write-protection of whole leaves needs no memory",
	  whole_leaves_are_taken_whole_and_need_no_memory },
	{ "protecting a part of a read-only huge leaf does not split it",
	  a_read_only_huge_leaf_is_not_split },
	{ "write-protection of pages makes and frees no table", no_table_is_made_or_freed },
	{ "a mask selects single pages", a_mask_names_pages_one_by_one },
	{ "a mask protects huge leaves whole and needs no memory", a_mask_takes_huge_leaves_whole },
	{ "a mask may reach to the end of the format but not beyond",
	  a_mask_may_reach_to_the_end_and_not_beyond },
	{ "write-protection refuses an invalid range", refuses_what_is_not_a_range },
};

int main(void)
{
	return RUN(properties);
}
