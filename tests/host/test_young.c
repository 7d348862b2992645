// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_young(), case by case.
 */
#include "world.h"

static void a_fresh_leaf_is_young_until_cleared(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, size, size, 0, W_RW, level));
		CHECK_RET(w_young(w, size, size, false), 1);
		CHECK_RET(w_young(w, size, size, false), 1);
		CHECK_RET(w_young(w, size, size, true), 1);
		CHECK_RET(w_young(w, size, size, false), 0);
		CHECK_RET(w_young(w, size, size, true), 0);
		w_expect(w, size, level, 0, W_RW);
		w_touch(w, 2 * size - 1);
		CHECK_RET(w_young(w, size, size, false), 1);
		CHECK("case", !w_finish(w), "an unexpected flush");
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void one_young_leaf_makes_a_range_young(struct world *w)
{
	uint64_t size = w_size(w, 1);
	gst_gpa_t base = 3 * size - 8 * W_PAGE;

	W_OK(w_map(w, base, 16 * W_PAGE, 0, W_RW, 0));
	for (unsigned int i = 0; i < 16; i++) {
		CHECK_RET(w_young(w, base, 16 * W_PAGE, true), 1);
		CHECK_RET(w_young(w, 0, w_limit(w), false), 0);
		w_touch(w, base + i * W_PAGE);
		CHECK_RET(w_young(w, base, 16 * W_PAGE, false), 1);
		CHECK_RET(w_young(w, 0, w_limit(w), false), 1);
		CHECK_RET(w_young(w, base + i * W_PAGE, W_PAGE, false), 1);
		if (i)
			CHECK_RET(w_young(w, base, i * W_PAGE, false), 0);
		if (i < 15)
			CHECK_RET(w_young(w, base + (i + 1) * W_PAGE, (15 - i) * W_PAGE, false), 0);
	}
}

static void clearing_takes_in_all_of_the_range_and_no_more(struct world *w)
{
	uint64_t size = w_size(w, 1);
	gst_gpa_t base = 3 * size - 8 * W_PAGE;

	W_OK(w_map(w, base, 16 * W_PAGE, 0, W_RW, 0));
	CHECK_RET(w_young(w, base + W_PAGE, 14 * W_PAGE, true), 1);
	CHECK_RET(w_young(w, base + W_PAGE, 14 * W_PAGE, false), 0);
	CHECK_RET(w_young(w, base, W_PAGE, false), 1);
	CHECK_RET(w_young(w, base + 15 * W_PAGE, W_PAGE, false), 1);
}

static void a_part_of_a_huge_leaf_is_as_young_as_all_of_it(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level), tables;

		W_OK(w_map(w, size, 2 * size, 0, W_RW, level));
		tables = w->space.tables;
		w->mem.limit = 0;
		CHECK_RET(w_young(w, 2 * size - W_PAGE, W_PAGE, true), 1);
		CHECK_RET(w_young(w, size, W_PAGE, false), 0);
		CHECK_RET(w_young(w, 2 * size, W_PAGE, false), 1);
		CHECK_RET(w_young(w, 2 * size - W_PAGE, 2 * W_PAGE, true), 1);
		CHECK_RET(w_young(w, size, 2 * size, false), 0);
		w->mem.limit = TESTMEM_TABLES;
		CHECK_EQ("case", w->space.tables, tables, "tables");
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void nothing_mapped_is_not_young(struct world *w)
{
	CHECK_RET(w_young(w, 0, w_limit(w), true), 0);
	W_OK(w_map(w, W_PAGE, W_PAGE, 0, W_RW, 0));
	CHECK_RET(w_young(w, 0, W_PAGE, false), 0);
	CHECK_RET(w_young(w, 2 * W_PAGE, w_limit(w) - 2 * W_PAGE, false), 0);
}

static void clearing_changes_the_a_bit_alone(struct world *w)
{
	struct spec_result res;
	const unsigned char *page;
	unsigned char before[8], after[8];

	W_OK(w_map(w, 0, W_PAGE, 0x123000, W_RWX, 0));
	spec_translate(&w->machine, 0, &res);
	page = testmem_page(res.pte_pa & ~UINT64_C(4095));
	for (unsigned int i = 0; i < w->fmt->pte_size; i++)
		before[i] = page[res.pte_pa % 4096 + i];
	CHECK_RET(w_young(w, 0, W_PAGE, true), 1);
	for (unsigned int i = 0; i < w->fmt->pte_size; i++)
		after[i] = page[res.pte_pa % 4096 + i];
	CHECK_EQ("case", before[0] ^ after[0], 1 << 6, "changed bits of the first byte");
	for (unsigned int i = 1; i < w->fmt->pte_size; i++)
		CHECK_EQ("case", after[i], before[i], "another byte of the entry");
}

static void refuses_what_is_not_a_range(struct world *w)
{
	CHECK_RET(w_young(w, 0, 0, true), -GST_EINVAL);
	CHECK_RET(w_young(w, 4, W_PAGE, true), -GST_EINVAL);
	CHECK_RET(w_young(w, 0, W_PAGE + 4, true), -GST_EINVAL);
	CHECK_RET(w_young(w, W_PAGE, ~UINT64_C(0) - 4095, false), -GST_EINVAL);
	CHECK_RET(w_young(w, w_limit(w), W_PAGE, false), -GST_ERANGE);
	CHECK_RET(w_young(w, 0, w_limit(w) + W_PAGE, false), -GST_ERANGE);
}

static const struct property properties[] = {
	{ "a leaf is young when mapped, old when cleared, young when used again",
	  a_fresh_leaf_is_young_until_cleared },
	{ "one young leaf makes a range young", one_young_leaf_makes_a_range_young },
	{ "clearing applies to all of the range and no more",
	  clearing_takes_in_all_of_the_range_and_no_more },
	{ "a part of a huge leaf has the age of the whole leaf",
	  a_part_of_a_huge_leaf_is_as_young_as_all_of_it },
	{ "a hole is not young", nothing_mapped_is_not_young },
	{ "clearing changes only the A bit", clearing_changes_the_a_bit_alone },
	{ "ageing refuses an invalid range", refuses_what_is_not_a_range },
};

int main(void)
{
	return RUN(properties);
}
