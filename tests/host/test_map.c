// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_map(), case by case.
 */
#include "snapshot.h"
#include "world.h"

#define PA_BITS (GST_XLEN == 64 ? 56 : 34)

static void every_level_holds_a_leaf(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level), pa = 5 * size;
		gst_gpa_t gpa = 3 * size;

		W_OK(w_map(w, gpa, size, pa, W_RWX, level));
		w_expect(w, gpa, level, pa, W_RWX);
		w_expect(w, gpa + size - W_PAGE, level, pa + size - W_PAGE, W_RWX);
		w_expect_none(w, gpa - W_PAGE);
		w_expect_none(w, gpa + size);
		CHECK_EQ("case", w->space.tables, w_top(w) - level, "tables");
		CHECK_EQ("case", w->space.leaves[level], 1, "leaves");
		w_check_all(w);
		W_OK(w_unmap(w, gpa, size, 0));
		CHECK_EQ("case", w->space.tables, 0, "tables");
	}
}

static void takes_the_largest_leaves_that_fit(struct world *w)
{
	unsigned int top = w_top(w);
	uint64_t size = w_size(w, top);
	gst_gpa_t lo = size - W_PAGE, hi = 3 * size + W_PAGE;

	W_OK(w_map(w, lo, hi - lo, lo, W_RW, top));
	w_expect(w, lo, 0, lo, W_RW);
	w_expect(w, size, top, size, W_RW);
	w_expect(w, 2 * size, top, 2 * size, W_RW);
	w_expect(w, 3 * size, 0, 3 * size, W_RW);
	CHECK_EQ("case", w->space.tables, 2 * top, "tables");
	w_check_all(w);

	/* The range begins and ends with pages, with larger and larger leaves in between. */
	lo = 5 * size + W_PAGE;
	W_OK(w_map(w, lo, size - W_PAGE, lo, W_RW, top));
	for (unsigned int level = 0; level < top; level++)
		w_expect(w, 5 * size + w_size(w, level), level, 5 * size + w_size(w, level), W_RW);
	CHECK_EQ("case", w->space.tables, 3 * top, "tables");
	w_check_all(w);
}

static void max_level_bounds_the_leaves(struct world *w)
{
	unsigned int top = w_top(w);

	for (unsigned int max = 0; max < top; max++) {
		gst_gpa_t gpa = 3 * w_size(w, max + 1);

		W_OK(w_map(w, gpa, w_size(w, max + 1), gpa, W_RW, max));
		w_expect(w, gpa, max, gpa, W_RW);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
	/* A max_level above the top level has no effect. */
	W_OK(w_map(w, 0, w_size(w, top), 0, W_RW, top + 1));
	w_expect(w, 0, top, 0, W_RW);
	W_OK(w_unmap(w, 0, w_limit(w), 0));
	W_OK(w_map(w, 0, w_size(w, top), 0, W_RW, ~0u));
	w_expect(w, 0, top, 0, W_RW);
}

static void a_misaligned_pa_takes_smaller_leaves(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		gst_gpa_t gpa = 4 * w_size(w, level);
		uint64_t pa = gpa + w_size(w, level - 1);

		W_OK(w_map(w, gpa, w_size(w, level), pa, W_RW, level));
		w_expect(w, gpa, level - 1, pa, W_RW);
		w_expect(w, gpa + w_size(w, level) - W_PAGE, level - 1,
			 pa + w_size(w, level) - W_PAGE, W_RW);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void the_last_page_of_the_format_can_be_mapped(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, w_limit(w) - size, size, 0, W_RW, level));
		w_expect(w, w_limit(w) - W_PAGE, level, size - W_PAGE, W_RW);
		CHECK_RET(w_map(w, w_limit(w) - size, size + W_PAGE, 0, W_RW, level), -GST_ERANGE);
		w_check_all(w);
		W_OK(w_unmap(w, w_limit(w) - W_PAGE, W_PAGE, GST_WHOLE_LEAVES));
		CHECK_EQ("case", w->space.tables, 0, "tables");
	}
}

static void the_quarters_of_the_root_are_apart(struct world *w)
{
	for (unsigned int q = 0; q < 4; q++)
		W_OK(w_map(w, w_limit(w) / 4 * q + 7 * W_PAGE, W_PAGE, (q + 1) * W_PAGE, W_RW, 0));
	for (unsigned int q = 0; q < 4; q++) {
		w_expect(w, w_limit(w) / 4 * q + 7 * W_PAGE, 0, (q + 1) * W_PAGE, W_RW);
		CHECK_EQ("case", testmem_meta(w->machine.root + q * W_PAGE)->live, 1,
			 "live entries of a page of the root");
	}
	w_check_all(w);
}

static void a_range_may_cross_the_pages_of_the_root(struct world *w)
{
	uint64_t size = w_size(w, w_top(w));

	for (unsigned int q = 1; q < 4; q++) {
		gst_gpa_t gpa = w_limit(w) / 4 * q - 2 * size;

		W_OK(w_map(w, gpa, 5 * size, 0, W_RW, ~0u));
		CHECK_EQ("case", testmem_meta(w->machine.root + (q - 1) * W_PAGE)->live, 2,
			 "live entries before the end of the page");
		CHECK_EQ("case", testmem_meta(w->machine.root + q * W_PAGE)->live, 3,
			 "live entries after the end of the page");
		w_check_all(w);
		W_OK(w_wrprotect(w, gpa + size, 3 * size, 0));
		W_OK(w_unmap(w, gpa + size, 3 * size, 0));
		CHECK_EQ("case", testmem_meta(w->machine.root + q * W_PAGE)->live, 1, "live");
		W_OK(w_unmap(w, gpa, 5 * size, 0));
	}
}

static void the_whole_space_can_be_mapped_at_once(struct world *w)
{
	uint64_t most = UINT64_C(1) << PA_BITS, size = w_limit(w) < most ? w_limit(w) : most;

	W_OK(w_map(w, 0, size, 0, W_RWX, ~0u));
	CHECK_EQ("case", w->space.leaves[w_top(w)], size / w_size(w, w_top(w)), "leaves");
	CHECK_EQ("case", w->space.tables, 0, "tables");
	w_expect(w, size - W_PAGE, w_top(w), size - W_PAGE, W_RWX);
	w_check_all(w);
	W_OK(w_unmap(w, 0, w_limit(w), 0));
}

static void refuses_what_is_not_a_range(struct world *w)
{
	uint64_t limit = w_limit(w), top_page = ~UINT64_C(0) - 4095;
	struct snapshot snap = { 0 };

	W_OK(w_map(w, 0, W_PAGE, 0, W_RW, 0));
	snapshot_take(&snap, w);
	/* w_map() checks the return value. Here it is checked again with explicit numbers. */
	CHECK_RET(w_map(w, 0, 0, 0, W_RW, 0), -GST_EINVAL);
	CHECK_RET(w_map(w, 1, W_PAGE, 0, W_RW, 0), -GST_EINVAL);
	CHECK_RET(w_map(w, 0, W_PAGE + 1, 0, W_RW, 0), -GST_EINVAL);
	CHECK_RET(w_map(w, 0, W_PAGE - 1, 0, W_RW, 0), -GST_EINVAL);
	CHECK_RET(w_map(w, 0, W_PAGE, 0x800, W_RW, 0), -GST_EINVAL);
	CHECK_RET(w_map(w, top_page, 2 * W_PAGE, 0, W_RW, 0), -GST_EINVAL);
	CHECK_RET(w_map(w, W_PAGE, top_page, 0, W_RW, 0), -GST_EINVAL);
	CHECK_RET(w_map(w, limit, W_PAGE, 0, W_RW, 0), -GST_ERANGE);
	CHECK_RET(w_map(w, limit - W_PAGE, 2 * W_PAGE, 0, W_RW, 0), -GST_ERANGE);
	CHECK_RET(w_map(w, 0, limit + W_PAGE, 0, W_RW, 0), -GST_ERANGE);
	CHECK_RET(w_map(w, top_page - W_PAGE, W_PAGE, 0, W_RW, 0), -GST_ERANGE);
	snapshot_check(&snap, w);
	snapshot_free(&snap);
}

static void refuses_what_is_no_attribute(struct world *w)
{
	CHECK_RET(w_map(w, 0, W_PAGE, 0, 0, 0), -GST_EINVAL);
	CHECK_RET(w_map(w, 0, W_PAGE, 0, GST_WRITE, 0), -GST_EINVAL);
	CHECK_RET(w_map(w, 0, W_PAGE, 0, GST_EXEC, 0), -GST_EINVAL);
	CHECK_RET(w_map(w, 0, W_PAGE, 0, W_RWX | GST_NC | GST_IO, 0), -GST_EINVAL);
	for (unsigned int bit = 7; bit < 32; bit++)
		CHECK_RET(w_map(w, 0, W_PAGE, 0, W_RWX | UINT32_C(1) << bit, 0), -GST_EINVAL);
	if (GST_XLEN == 32) {
		CHECK_RET(w_map(w, 0, W_PAGE, 0, W_RWX | GST_NC, 0), -GST_EINVAL);
		CHECK_RET(w_map(w, 0, W_PAGE, 0, W_RWX | GST_IO, 0), -GST_EINVAL);
		CHECK_RET(w_map(w, 0, W_PAGE, 0, W_RWX | GST_NAPOT, 0), -GST_EINVAL);
	}
}

static void refuses_a_pa_that_no_pte_can_hold(struct world *w)
{
	uint64_t end = UINT64_C(1) << PA_BITS;

	CHECK_RET(w_map(w, 0, W_PAGE, end, W_RW, 0), -GST_ERANGE);
	CHECK_RET(w_map(w, 0, 2 * W_PAGE, end - W_PAGE, W_RW, 0), -GST_ERANGE);
	CHECK_RET(w_map(w, 0, W_PAGE, ~UINT64_C(0) - 8191, W_RW, 0), -GST_ERANGE);
	CHECK_RET(w_map(w, 0, W_PAGE, ~UINT64_C(0) - 4095, W_RW, 0), -GST_EINVAL);
	CHECK_EQ("case", w->space.tables, 0, "tables");
	W_OK(w_map(w, 0, 2 * W_PAGE, end - 2 * W_PAGE, W_RW, 0));
	w_expect(w, W_PAGE, 0, end - W_PAGE, W_RW);
}

static void every_attribute_reaches_the_leaf(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++)
		for (gst_attr_t attr = 0; attr <= GST_ATTR_ALL; attr++) {
			if ((attr & ~GST_ATTR_ALL) || !(attr & GST_READ) ||
			    (attr & (GST_NC | GST_IO)) == (GST_NC | GST_IO))
				continue;
			W_OK(w_map(w, 0, w_size(w, level), w_size(w, level), attr, level));
			w_expect(w, 0, level, w_size(w, level), attr & ~(GST_NAPOT | GST_KEEP));
			W_OK(w_unmap(w, 0, w_size(w, level), 0));
		}
}

static const struct property properties[] = {
	{ "there can be a leaf at every level", every_level_holds_a_leaf },
	{ "a map takes the largest leaves that fit", takes_the_largest_leaves_that_fit },
	{ "max_level limits the size of leaves", max_level_bounds_the_leaves },
	{ "a pa that is not congruent to the gpa needs smaller leaves",
	  a_misaligned_pa_takes_smaller_leaves },
	{ "the last page of the format can be mapped, the one after it cannot",
	  the_last_page_of_the_format_can_be_mapped },
	{ "the four pages of the root translate different ranges",
	  the_quarters_of_the_root_are_apart },
	{ "a range may cross from one page of the root to the next",
	  a_range_may_cross_the_pages_of_the_root },
	{ "the whole space can be mapped at once", the_whole_space_can_be_mapped_at_once },
	{ "map refuses an invalid range", refuses_what_is_not_a_range },
	{ "map refuses invalid attributes", refuses_what_is_no_attribute },
	{ "map refuses a pa that no PTE can hold", refuses_a_pa_that_no_pte_can_hold },
	{ "every attribute reaches the leaf", every_attribute_reaches_the_leaf },
};

int main(void)
{
	return RUN(properties);
}
