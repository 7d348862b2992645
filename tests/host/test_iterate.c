// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_iterate() and gst_dump(), case by case. w_iterate() compares both with a walk for every
 * leaf. These tests check the reports again with explicit numbers.
 */
#include "world.h"

#define MOST 64

struct list {
	struct gst_leaf leaf[MOST];
	unsigned int n;
	unsigned int end_after; /* 0: never */
};

static int on_leaf(void *arg, const struct gst_leaf *leaf)
{
	struct list *list = arg;

	CHECK("case", list->n < MOST, "too many leaves");
	list->leaf[list->n++] = *leaf;
	return list->n == list->end_after ? 5 : 0;
}

struct dump {
	struct gst_run run[MOST];
	unsigned int n;
	unsigned int end_after;
};

static int on_run(void *arg, const struct gst_run *run)
{
	struct dump *dump = arg;

	CHECK("case", dump->n < MOST, "too many runs");
	dump->run[dump->n++] = *run;
	return dump->n == dump->end_after ? -7 : 0;
}

static void expect_run(const struct gst_run *run, gst_gpa_t gpa, uint64_t size, gst_pa_t pa,
		       uint64_t leaf, gst_attr_t attr, uint64_t young)
{
	CHECK_EQ("case", run->gpa, gpa, "gpa of the run");
	CHECK_EQ("case", run->end - run->gpa, size, "size of the run");
	CHECK_EQ("case", run->pa, pa, "pa of the run");
	CHECK_EQ("case", run->leaf, leaf, "leaves of the run");
	CHECK_EQ("case", run->attr, attr, "attr of the run");
	CHECK_EQ("case", run->young, young, "young leaves of the run");
}

/* Map a leaf of each level, the smallest first, and the last page of the space. */
static void lay_out(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++)
		W_OK(w_map(w, 5 * w_size(w, level), w_size(w, level), w_size(w, level), W_RW,
			   level));
	W_OK(w_map(w, w_limit(w) - W_PAGE, W_PAGE, 0, W_RWX, 0));
}

static void tells_of_every_leaf_in_order(struct world *w)
{
	struct list list = { 0 };

	CHECK_RET(gst_iterate(&w->space, 0, w_limit(w), on_leaf, &list), 0);
	CHECK_EQ("case", list.n, 0, "leaves of an empty space");
	lay_out(w);
	CHECK_RET(gst_iterate(&w->space, 0, w_limit(w), on_leaf, &list), 0);
	CHECK_EQ("case", list.n, w_top(w) + 2, "leaves");
	for (unsigned int level = 0; level <= w_top(w); level++) {
		CHECK_EQ("case", list.leaf[level].gpa, 5 * w_size(w, level), "gpa");
		CHECK_EQ("case", list.leaf[level].size, w_size(w, level), "size");
		CHECK_EQ("case", list.leaf[level].pa, w_size(w, level), "pa");
		CHECK_EQ("case", list.leaf[level].level, level, "level");
		CHECK_EQ("case", list.leaf[level].attr, W_RW, "attr");
		CHECK("case", list.leaf[level].young, "an old leaf");
	}
	CHECK_EQ("case", list.leaf[w_top(w) + 1].gpa, w_limit(w) - W_PAGE, "gpa");
	CHECK_RET(w_iterate(w, 0, w_limit(w), 0), 0);
}

static void ends_early_and_goes_on(struct world *w)
{
	lay_out(w);
	for (unsigned int n = 1; n <= w_top(w) + 2; n++) {
		struct list list = { .end_after = n };
		gst_gpa_t behind;

		CHECK_RET(gst_iterate(&w->space, 0, w_limit(w), on_leaf, &list), 5);
		CHECK_EQ("case", list.n, n, "leaves");
		behind = list.leaf[n - 1].gpa + list.leaf[n - 1].size;
		list.end_after = 0;
		if (behind < w_limit(w))
			CHECK_RET(
				gst_iterate(&w->space, behind, w_limit(w) - behind, on_leaf, &list),
				0);
		CHECK_EQ("case", list.n, w_top(w) + 2, "number of leaves");
		CHECK_RET(w_iterate(w, 0, w_limit(w), n), 0);
	}
}

static void a_range_that_cuts_a_leaf_tells_of_all_of_it(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);
		struct list list = { 0 };

		W_OK(w_map(w, size, 2 * size, 4 * size, W_RW, level));
		CHECK_RET(gst_iterate(&w->space, 2 * size - W_PAGE, 2 * W_PAGE, on_leaf, &list), 0);
		CHECK_EQ("case", list.n, 2, "leaves");
		CHECK_EQ("case", list.leaf[0].gpa, size, "gpa");
		CHECK_EQ("case", list.leaf[1].gpa, 2 * size, "gpa");
		CHECK_EQ("case", list.leaf[1].size, size, "size");
		list.n = 0;
		CHECK_RET(gst_iterate(&w->space, size - W_PAGE, W_PAGE, on_leaf, &list), 0);
		CHECK_RET(gst_iterate(&w->space, 3 * size, W_PAGE, on_leaf, &list), 0);
		CHECK_EQ("case", list.n, 0, "leaves outside of the range");
		CHECK_RET(w_iterate(w, 2 * size - W_PAGE, 2 * W_PAGE, 1), 0);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void leaves_of_64_kib_are_one_each(struct world *w)
{
	struct list list = { 0 };

	if (!W_HAS_NAPOT)
		return;
	W_OK(w_map(w, W_NAPOT - W_PAGE, 2 * W_NAPOT + 2 * W_PAGE, 3 * W_NAPOT - W_PAGE,
		   W_RW | GST_NAPOT, 0));
	CHECK_RET(gst_iterate(&w->space, 0, w_limit(w), on_leaf, &list), 0);
	CHECK_EQ("case", list.n, 4, "leaves");
	CHECK_EQ("case", list.leaf[1].gpa, W_NAPOT, "gpa");
	CHECK_EQ("case", list.leaf[1].size, W_NAPOT, "size");
	CHECK_EQ("case", list.leaf[1].pa, 3 * W_NAPOT, "pa");
	CHECK_EQ("case", list.leaf[1].attr, W_RW, "attr");
	/* The range goes from the middle of one leaf to the middle of another. */
	list.n = 0;
	CHECK_RET(gst_iterate(&w->space, W_NAPOT + 9 * W_PAGE, W_NAPOT, on_leaf, &list), 0);
	CHECK_EQ("case", list.n, 2, "leaves");
	CHECK_EQ("case", list.leaf[0].gpa, W_NAPOT, "gpa");
	CHECK_EQ("case", list.leaf[1].gpa, 2 * W_NAPOT, "gpa");
	CHECK_RET(w_iterate(w, W_NAPOT + 9 * W_PAGE, W_NAPOT, 1), 0);
}

static void a_dump_merges_what_is_alike(struct world *w)
{
	uint64_t size = w_size(w, 1);
	gst_gpa_t gpa = 7 * size - 5 * W_PAGE;
	struct dump dump = { 0 };

	/* A run may cross from one table to the next. */
	W_OK(w_map(w, gpa, 10 * W_PAGE, 0x40000, W_RW, 0));
	CHECK_RET(gst_dump(&w->space, 0, w_limit(w), on_run, &dump), 0);
	CHECK_EQ("case", dump.n, 1, "runs");
	expect_run(&dump.run[0], gpa, 10 * W_PAGE, 0x40000, W_PAGE, W_RW, 10);
	/* A run may have young and old leaves. */
	CHECK_RET(w_young(w, gpa + W_PAGE, 3 * W_PAGE, true), 1);
	dump.n = 0;
	CHECK_RET(gst_dump(&w->space, 0, w_limit(w), on_run, &dump), 0);
	CHECK_EQ("case", dump.n, 1, "runs");
	expect_run(&dump.run[0], gpa, 10 * W_PAGE, 0x40000, W_PAGE, W_RW, 7);
	/* Another permission, other memory and a hole end a run. */
	W_OK(w_wrprotect(w, gpa + 2 * W_PAGE, W_PAGE, 0));
	W_OK(w_map(w, gpa + 5 * W_PAGE, W_PAGE, 0x99000, W_RW, 0));
	W_OK(w_unmap(w, gpa + 8 * W_PAGE, W_PAGE, 0));
	dump.n = 0;
	CHECK_RET(gst_dump(&w->space, 0, w_limit(w), on_run, &dump), 0);
	CHECK_EQ("case", dump.n, 6, "runs");
	expect_run(&dump.run[0], gpa, 2 * W_PAGE, 0x40000, W_PAGE, W_RW, 1);
	expect_run(&dump.run[1], gpa + 2 * W_PAGE, W_PAGE, 0x42000, W_PAGE, GST_READ, 0);
	expect_run(&dump.run[2], gpa + 3 * W_PAGE, 2 * W_PAGE, 0x43000, W_PAGE, W_RW, 1);
	expect_run(&dump.run[3], gpa + 5 * W_PAGE, W_PAGE, 0x99000, W_PAGE, W_RW, 1);
	expect_run(&dump.run[4], gpa + 6 * W_PAGE, 2 * W_PAGE, 0x46000, W_PAGE, W_RW, 2);
	expect_run(&dump.run[5], gpa + 9 * W_PAGE, W_PAGE, 0x49000, W_PAGE, W_RW, 1);
	CHECK_RET(w_iterate(w, 0, w_limit(w), 3), 0);
}

static void a_dump_parts_leaves_of_other_sizes(struct world *w)
{
	uint64_t size = w_size(w, 1);
	struct dump dump = { 0 };

	W_OK(w_map(w, size - W_PAGE, 3 * size + 2 * W_PAGE, 3 * size - W_PAGE, W_RW, 1));
	CHECK_RET(gst_dump(&w->space, 0, w_limit(w), on_run, &dump), 0);
	CHECK_EQ("case", dump.n, 3, "runs");
	expect_run(&dump.run[0], size - W_PAGE, W_PAGE, 3 * size - W_PAGE, W_PAGE, W_RW, 1);
	expect_run(&dump.run[1], size, 3 * size, 3 * size, size, W_RW, 3);
	expect_run(&dump.run[2], 4 * size, W_PAGE, 6 * size, W_PAGE, W_RW, 1);
	/* The range cuts leaves at both ends. */
	dump.n = 0;
	CHECK_RET(gst_dump(&w->space, size + W_PAGE, size, on_run, &dump), 0);
	CHECK_EQ("case", dump.n, 1, "runs");
	expect_run(&dump.run[0], size, 2 * size, 3 * size, size, W_RW, 2);
	/* The callback can end the dump at each run. */
	for (unsigned int n = 1; n <= 3; n++) {
		dump = (struct dump){ .end_after = n };
		CHECK_RET(gst_dump(&w->space, 0, w_limit(w), on_run, &dump), -7);
		CHECK_EQ("case", dump.n, n, "runs");
	}
}

static void neither_takes_memory_or_gathers(struct world *w)
{
	uint64_t reserves, flushes;

	lay_out(w);
	reserves = w->mem.reserves;
	flushes = w->mem.flushes;
	CHECK_RET(w_iterate(w, 0, w_limit(w), 1), 0);
	CHECK_EQ("case", w->mem.reserves, reserves, "calls of reserve");
	CHECK_EQ("case", w->mem.flushes, flushes, "flushes");
}

static void both_refuse_what_is_not_a_range(struct world *w)
{
	lay_out(w);
	CHECK_RET(w_iterate(w, 0, 0, 0), -GST_EINVAL);
	CHECK_RET(w_iterate(w, 4, W_PAGE, 0), -GST_EINVAL);
	CHECK_RET(w_iterate(w, 0, W_PAGE + 4, 0), -GST_EINVAL);
	CHECK_RET(w_iterate(w, W_PAGE, ~UINT64_C(0) - 4095, 0), -GST_EINVAL);
	CHECK_RET(w_iterate(w, w_limit(w), W_PAGE, 0), -GST_ERANGE);
	CHECK_RET(w_iterate(w, 0, w_limit(w) + W_PAGE, 0), -GST_ERANGE);
}

static const struct property properties[] = {
	{ "iterate reports every leaf in order", tells_of_every_leaf_in_order },
	{ "iterate can end early and continue", ends_early_and_goes_on },
	{ "a leaf that the range cuts is reported whole",
	  a_range_that_cuts_a_leaf_tells_of_all_of_it },
	{ "each 64 KiB leaf is reported once", leaves_of_64_kib_are_one_each },
	{ "a dump merges equal leaves and no others", a_dump_merges_what_is_alike },
	{ "a dump separates leaves of different sizes, and can end early",
	  a_dump_parts_leaves_of_other_sizes },
	{ "iterate and dump take no memory and flush nothing", neither_takes_memory_or_gathers },
	{ "iterate and dump refuse an invalid range", both_refuse_what_is_not_a_range },
};

int main(void)
{
	return RUN(properties);
}
