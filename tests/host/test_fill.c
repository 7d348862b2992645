// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_fill(), case by case.
 */
#include <string.h>

#include "snapshot.h"
#include "world.h"

#define COUNT 8

/* Pages with any addresses, in no order. */
static void some_pages(struct gst_page *pages)
{
	for (unsigned int i = 0; i < COUNT; i++)
		pages[i] = (struct gst_page){ (COUNT - i) * 3 * W_PAGE, i % 2 ? W_RW : GST_READ };
}

static void fills_holes_and_nothing_else(struct world *w)
{
	struct gst_page pages[COUNT];
	gst_gpa_t gpa = 3 * w_size(w, 1);

	some_pages(pages);
	pages[5].attr = 0;
	W_OK(w_map(w, gpa + 2 * W_PAGE, W_PAGE, 0x77000, W_RWX, 0));
	for (unsigned int shared = 0; shared < 2; shared++) {
		w_share(w, shared);
		CHECK_RET(w_fill(w, gpa, pages, COUNT), COUNT - 2);
		CHECK("case", w->gather.fresh && !w->gather.linked && !w_finish(w),
		      "an unexpected flush, or nothing is fresh");
		for (unsigned int i = 0; i < COUNT; i++)
			if (i == 2)
				w_expect(w, gpa + i * W_PAGE, 0, 0x77000, W_RWX);
			else if (i == 5)
				w_expect_none(w, gpa + i * W_PAGE);
			else
				w_expect(w, gpa + i * W_PAGE, 0, pages[i].pa, pages[i].attr);
		w_check_all(w);
		/* The second time there is nothing to fill. */
		CHECK_RET(w_fill(w, gpa, pages, COUNT), 0);
		CHECK("case", !w->gather.fresh && !w_finish(w),
		      "an unexpected flush, or something is fresh");
		w_share(w, false);
		W_OK(w_unmap(w, gpa, 2 * W_PAGE, 0));
		W_OK(w_unmap(w, gpa + 3 * W_PAGE, COUNT * W_PAGE, 0));
	}
}

static void makes_no_table(struct world *w)
{
	struct gst_page pages[COUNT];
	uint64_t size = w_size(w, 1);
	struct snapshot snap = { 0 };

	some_pages(pages);
	w->mem.limit = 0;
	snapshot_take(&snap, w);
	CHECK_RET(w_fill(w, 0, pages, COUNT), 0);
	snapshot_check(&snap, w);
	w->mem.limit = TESTMEM_TABLES;

	/* There is a table only for the first half of the range. */
	W_OK(w_map(w, size - 20 * W_PAGE, W_PAGE, 0, W_RW, 0));
	CHECK_RET(w_fill(w, size - 3 * W_PAGE, pages, COUNT), 3);
	w_finish(w);
	w_expect_none(w, size);
	/* There is a table only for the second half. */
	W_OK(w_unmap(w, 0, w_limit(w), 0));
	W_OK(w_map(w, size + 20 * W_PAGE, W_PAGE, 0, W_RW, 0));
	CHECK_RET(w_fill(w, size - 3 * W_PAGE, pages, COUNT), COUNT - 3);
	w_finish(w);
	w_expect(w, size, 0, pages[3].pa, pages[3].attr);
	w_check_all(w);
	snapshot_free(&snap);
}

static void larger_leaves_stay(struct world *w)
{
	struct gst_page pages[COUNT];
	uint64_t size = w_size(w, 1);
	struct snapshot snap = { 0 };

	some_pages(pages);
	W_OK(w_map(w, size, size, 0, W_RW, 1));
	if (W_HAS_NAPOT)
		W_OK(w_map(w, 5 * size, 2 * W_NAPOT, 0, W_RW | GST_NAPOT, 0));
	snapshot_take(&snap, w);
	CHECK_RET(w_fill(w, 2 * size - W_PAGE, pages, COUNT), 0);
	if (W_HAS_NAPOT)
		CHECK_RET(w_fill(w, 5 * size + W_NAPOT - 3 * W_PAGE, pages, COUNT), 0);
	CHECK("case", !w_finish(w), "an unexpected flush");
	snapshot_check(&snap, w);
	snapshot_free(&snap);
	/* Fill from inside a 64 KiB leaf into the hole after it. */
	if (W_HAS_NAPOT)
		CHECK_RET(w_fill(w, 5 * size + 2 * W_NAPOT - 3 * W_PAGE, pages, COUNT), COUNT - 3);
}

static void refuses_and_changes_nothing(struct world *w)
{
	struct gst_page good[COUNT], bad[COUNT];
	struct snapshot snap = { 0 };

	some_pages(good);
	W_OK(w_map(w, 40 * W_PAGE, W_PAGE, 0, W_RW, 0));
	W_OK(w_map(w, w_limit(w) - W_PAGE, W_PAGE, 0, W_RW, 0));
	snapshot_take(&snap, w);
	CHECK_RET(w_fill(w, 0, good, 0), -GST_EINVAL);
	CHECK_RET(w_fill(w, 4, good, COUNT), -GST_EINVAL);
	CHECK_RET(w_fill(w, ~UINT64_C(0) - 4095, good, COUNT), -GST_EINVAL);
	CHECK_RET(w_fill(w, w_limit(w) - 3 * W_PAGE, good, COUNT), -GST_ERANGE);
	CHECK_RET(w_fill(w, w_limit(w), good, COUNT), -GST_ERANGE);
	/* Only the last page is invalid. */
	memcpy(bad, good, sizeof(bad));
	bad[COUNT - 1].attr = GST_WRITE;
	CHECK_RET(w_fill(w, 0, bad, COUNT), -GST_EINVAL);
	bad[COUNT - 1] = (struct gst_page){ 0x800, W_RW };
	CHECK_RET(w_fill(w, 0, bad, COUNT), -GST_EINVAL);
	bad[COUNT - 1] = (struct gst_page){ UINT64_C(1) << (GST_XLEN == 64 ? 56 : 34), W_RW };
	CHECK_RET(w_fill(w, 0, bad, COUNT), -GST_ERANGE);
	CHECK("case", !w->gather.fresh && !w_finish(w),
	      "an unexpected flush, or something is fresh");
	snapshot_check(&snap, w);
	snapshot_free(&snap);
	/* A page that is left out may have any pa. */
	bad[COUNT - 1].attr = 0;
	CHECK_RET(w_fill(w, 0, bad, COUNT), COUNT - 1);
}

static const struct property properties[] = {
	{ "fill maps only holes, in exclusive and in shared entry", fills_holes_and_nothing_else },
	{ "fill makes no table and takes no memory", makes_no_table },
	{ "fill leaves larger leaves alone", larger_leaves_stay },
	{ "fill refuses invalid pages and changes nothing", refuses_and_changes_nothing },
};

int main(void)
{
	return RUN(properties);
}
