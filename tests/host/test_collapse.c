// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_collapse(), case by case. w_collapse() derives the expected size of every leaf from the
 * contract. These tests check it again with explicit numbers.
 */
#include "snapshot.h"
#include "world.h"

#define ALL ~0u

static gst_gpa_t base(struct world *w)
{
	return 2 * w_size(w, w_top(w));
}

/* Map a full table of leaves of the level below @level. */
static void full_table(struct world *w, unsigned int level, gst_attr_t attr)
{
	W_OK(w_map(w, base(w), w_size(w, level), w_size(w, level), attr, level - 1));
}

static void expect_collapse(struct world *w, unsigned int level, gst_attr_t attr)
{
	uint64_t tables = w->space.tables;

	w_cache(w, base(w));
	CHECK_RET(w_collapse(w, base(w), w_size(w, level), level, 0), 0);
	CHECK("case", w_finish(w) && w->mem.last_flush.all, "a flush of everything is missing");
	w_expect(w, base(w), level, w_size(w, level), attr);
	CHECK("case", w->space.tables < tables, "no table was freed");
	w_check_all(w);
	W_OK(w_unmap(w, 0, w_limit(w), 0));
}

/* Check that a collapse changes and flushes nothing. */
static void expect_none(struct world *w, gst_gpa_t gpa, uint64_t size, unsigned int max_level)
{
	struct snapshot snap = { 0 };

	snapshot_take(&snap, w);
	CHECK_RET(w_collapse(w, gpa, size, max_level, 0), 0);
	CHECK("case", !w_finish(w), "an unexpected flush");
	snapshot_check(&snap, w);
	snapshot_free(&snap);
}

static void every_level(struct world *w)
{
	const gst_attr_t attr = GST_XLEN == 64 ? W_RW | GST_NC : W_RWX;

	for (unsigned int level = 1; level <= w_top(w); level++) {
		full_table(w, level, attr);
		expect_collapse(w, level, attr);
	}
}

/* A large leaf is split down to pages. Then all levels must collapse at once. */
static void many_levels_at_once(struct world *w)
{
	uint64_t size = w_size(w, w_top(w));
	unsigned int top = w_top(w);

	W_OK(w_map(w, base(w), size, size, W_RW, top));
	W_OK(w_split(w, base(w) + W_PAGE, W_PAGE, 0));
	W_OK(w_split(w, base(w) + size - W_PAGE, W_PAGE, 0));
	CHECK_EQ("case", w->space.tables, top > 1 ? 2 * top - 1 : 1, "tables");
	w_cache(w, base(w) + W_PAGE);
	w_cache(w, base(w) + size - W_PAGE);
	CHECK_RET(w_collapse(w, 0, w_limit(w), ALL, 0), 0);
	CHECK("case", w_finish(w) && w->mem.last_flush.all, "a flush of everything is missing");
	w_expect(w, base(w), top, size, W_RW);
	CHECK_EQ("case", w->space.tables, 0, "tables");
	CHECK_EQ("case", w->mem.live, 4, "pages");
	w_check_all(w);
}

static void no_further_than_max_level(struct world *w)
{
	for (unsigned int max = 0; max < w_top(w); max++) {
		uint64_t size = w_size(w, w_top(w));

		W_OK(w_map(w, base(w), size, size, W_RW, w_top(w)));
		W_OK(w_split(w, base(w) + W_PAGE, W_PAGE, 0));
		W_OK(w_collapse(w, 0, w_limit(w), max, 0));
		w_expect(w, base(w) + W_PAGE, max, size + W_PAGE, W_RW);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void unlike_leaves_do_not(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level), leaf = w_size(w, level - 1);
		const uint64_t at[] = { 0, leaf, size / 2, size - leaf };

		for (unsigned int i = 0; i < 4; i++) {
			gst_gpa_t odd = base(w) + at[i];

			/* One leaf has another permission. */
			full_table(w, level, W_RW);
			W_OK(w_wrprotect(w, odd, leaf, 0));
			expect_none(w, 0, w_limit(w), level);
			W_OK(w_map(w, odd, leaf, size + at[i], W_RWX, level - 1));
			expect_none(w, 0, w_limit(w), level);
			/* One leaf maps other memory. */
			W_OK(w_map(w, odd, leaf, 5 * size + at[i], W_RW, level - 1));
			expect_none(w, 0, w_limit(w), level);
			/* One leaf has another memory type. */
			if (GST_XLEN == 64) {
				W_OK(w_map(w, odd, leaf, size + at[i], W_RW | GST_IO, level - 1));
				expect_none(w, 0, w_limit(w), level);
			}
			/* One leaf is missing. */
			W_OK(w_unmap(w, odd, leaf, 0));
			expect_none(w, 0, w_limit(w), level);
			/* All leaves match again. */
			W_OK(w_map(w, odd, leaf, size + at[i], W_RW, level - 1));
			expect_collapse(w, level, W_RW);
		}
	}
}

static void a_smaller_leaf_among_them_prevents_it(struct world *w)
{
	for (unsigned int level = 2; level <= w_top(w); level++) {
		full_table(w, level, W_RW);
		W_OK(w_split(w, base(w) + W_PAGE, W_PAGE, 0));
		W_OK(w_wrprotect(w, base(w) + W_PAGE, W_PAGE, 0));
		expect_none(w, 0, w_limit(w), ALL);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void memory_that_is_not_aligned_does_not(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level), leaf = w_size(w, level - 1);

		W_OK(w_map(w, base(w), size, size + leaf, W_RW, level));
		w_expect(w, base(w), level - 1, size + leaf, W_RW);
		expect_none(w, 0, w_limit(w), level);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void the_range_must_hold_all_of_it(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		full_table(w, level, W_RW);
		expect_none(w, base(w) + W_PAGE, size - W_PAGE, level);
		expect_none(w, base(w), size - W_PAGE, level);
		expect_none(w, base(w) + W_PAGE, 2 * size, level);
		expect_collapse(w, level, W_RW);
	}
}

static void young_if_one_was(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		for (unsigned int touched = 0; touched < 2; touched++) {
			full_table(w, level, W_RW);
			CHECK_RET(w_young(w, base(w), size, true), 1);
			if (touched)
				w_touch(w, base(w) + size - W_PAGE);
			CHECK_RET(w_collapse(w, base(w), size, level, 0), 0);
			w_finish(w);
			w_expect(w, base(w), level, size, W_RW);
			CHECK_RET(w_young(w, base(w), W_PAGE, false), (int)touched);
			W_OK(w_unmap(w, 0, w_limit(w), 0));
		}
	}
}

static void pages_to_64_kib(struct world *w)
{
	gst_gpa_t gpa = 5 * W_NAPOT;

	if (!W_HAS_NAPOT)
		return;
	W_OK(w_map(w, gpa - W_PAGE, 3 * W_NAPOT, 3 * W_NAPOT - W_PAGE, W_RW, 0));
	W_OK(w_wrprotect(w, gpa + W_NAPOT + 7 * W_PAGE, W_PAGE, 0));
	w_cache(w, gpa);
	/* The range must not cut the new leaf. */
	CHECK_RET(w_collapse(w, gpa + W_PAGE, W_NAPOT, 0, GST_NAPOT), 0);
	CHECK_RET(w_collapse(w, gpa, W_NAPOT - W_PAGE, 0, GST_NAPOT), 0);
	CHECK("case", !w_finish(w), "an unexpected flush");
	CHECK_RET(w_collapse(w, 0, w_limit(w), 0, GST_NAPOT), 0);
	CHECK("case", w_finish(w) && !w->mem.last_flush.all,
	      "a flush is missing, or is one of everything");
	w_expect_size(w, gpa, W_NAPOT, 3 * W_NAPOT, W_RW);
	w_expect_size(w, gpa + W_NAPOT, W_PAGE, 4 * W_NAPOT, W_RW);
	CHECK_EQ("case", w->space.napots, 1, "64 KiB leaves");
	CHECK_EQ("case", w->space.leaves[0], 32, "4 KiB leaves");
	w_check_all(w);
}

static void young_64_kib_if_one_was(struct world *w)
{
	for (unsigned int i = 0; W_HAS_NAPOT && i < 16; i++) {
		W_OK(w_map(w, W_NAPOT, W_NAPOT, 0, W_RW, 0));
		CHECK_RET(w_young(w, W_NAPOT, W_NAPOT, true), 1);
		w_touch(w, W_NAPOT + i * W_PAGE);
		CHECK_RET(w_collapse(w, W_NAPOT, W_NAPOT, 0, GST_NAPOT), 0);
		w_finish(w);
		w_expect_size(w, W_NAPOT, W_NAPOT, 0, W_RW);
		CHECK_RET(w_young(w, W_NAPOT + 15 * W_PAGE, W_PAGE, false), 1);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void tables_of_64_kib_leaves_collapse_too(struct world *w)
{
	uint64_t size = w_size(w, 1);

	if (!W_HAS_NAPOT)
		return;
	W_OK(w_map(w, size, size, 3 * size, W_RW | GST_NAPOT, 0));
	W_OK(w_map(w, 2 * size, size, 4 * size, W_RW | GST_NAPOT, 0));
	/* Split some 64 KiB leaves of one of the two tables into pages. */
	W_OK(w_split(w, 2 * size + W_NAPOT, 3 * W_NAPOT, 0));
	w_cache(w, size);
	CHECK_RET(w_collapse(w, size, 2 * size, 1, GST_NAPOT), 0);
	CHECK("case", w_finish(w) && w->mem.last_flush.all, "a flush of everything is missing");
	w_expect(w, size, 1, 3 * size, W_RW);
	w_expect(w, 2 * size, 1, 4 * size, W_RW);
	CHECK_EQ("case", w->space.napots + w->space.leaves[0], 0, "small leaves");
	/* Collapse to 64 KiB first, then to 2 MiB. */
	W_OK(w_split(w, size, size, 0));
	W_OK(w_collapse(w, size, size, 0, GST_NAPOT));
	CHECK_EQ("case", w->space.napots, 32, "64 KiB leaves");
	W_OK(w_collapse(w, size, size, 1, 0));
	w_expect(w, size, 1, 3 * size, W_RW);
}

static void refuses_what_is_not_a_range(struct world *w)
{
	full_table(w, 1, W_RW);
	CHECK_RET(w_collapse(w, 0, 0, 1, 0), -GST_EINVAL);
	CHECK_RET(w_collapse(w, 4, W_PAGE, 1, 0), -GST_EINVAL);
	CHECK_RET(w_collapse(w, W_PAGE, ~UINT64_C(0) - 4095, 1, 0), -GST_EINVAL);
	CHECK_RET(w_collapse(w, 0, w_limit(w), 1, GST_READ), -GST_EINVAL);
	CHECK_RET(w_collapse(w, 0, w_limit(w), 1, GST_KEEP), -GST_EINVAL);
	CHECK_RET(w_collapse(w, 0, w_limit(w) + W_PAGE, 1, 0), -GST_ERANGE);
	w_expect(w, base(w), 0, w_size(w, 1), W_RW);
}

static const struct property properties[] = {
	{ "a table of matching leaves becomes one leaf, at every level", every_level },
	{ "many levels collapse at once", many_levels_at_once },
	{ "no leaf above max_level is made", no_further_than_max_level },
	{ "a leaf that differs or is missing prevents a collapse", unlike_leaves_do_not },
	{ "smaller leaves that do not match prevent a collapse",
	  a_smaller_leaf_among_them_prevents_it },
	{ "memory that is not aligned does not collapse", memory_that_is_not_aligned_does_not },
	{ "the range must have the whole new leaf", the_range_must_hold_all_of_it },
	{ "the new leaf is young if one of the old ones was", young_if_one_was },
	{ "16 pages become a 64 KiB leaf", pages_to_64_kib },
	{ "16 pages, one of them young, become a young leaf", young_64_kib_if_one_was },
	{ "tables of 64 KiB leaves collapse too", tables_of_64_kib_leaves_collapse_too },
	{ "collapse refuses what is not a range", refuses_what_is_not_a_range },
};

int main(void)
{
	return RUN(properties);
}
