// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_map() with GST_KEEP: a leaf that maps the same memory and allows more stays.
 */
#include "snapshot.h"
#include "world.h"

#define KEEP(attr) ((attr) | GST_KEEP)

/* Check that a map changes nothing, flushes nothing and makes nothing fresh. */
static void expect_kept(struct world *w, gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr,
			unsigned int max_level)
{
	struct snapshot snap = { 0 };

	snapshot_take(&snap, w);
	CHECK_RET(w_map(w, gpa, size, pa, KEEP(attr), max_level), 0);
	CHECK("case", !w->gather.fresh, "gather.fresh is set");
	CHECK("case", !w_finish(w), "an unexpected flush");
	snapshot_check(&snap, w);
	snapshot_free(&snap);
}

static void what_may_do_more_is_kept(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, size, size, 3 * size, W_RWX, level));
		expect_kept(w, size, size, 3 * size, GST_READ, level);
		expect_kept(w, size, size, 3 * size, W_RW, level);
		expect_kept(w, size, size, 3 * size, W_RWX, level);
		/* Map a part of it, without memory for a split. */
		w->mem.limit = 0;
		expect_kept(w, 2 * size - W_PAGE, W_PAGE, 4 * size - W_PAGE, GST_READ, 0);
		w->mem.limit = TESTMEM_TABLES;
		w_expect(w, size, level, 3 * size, W_RWX);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void an_old_one_is_kept_and_young(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, size, size, 0, W_RWX, level));
		CHECK_RET(w_young(w, size, size, true), 1);
		CHECK_RET(w_map(w, size, size, 0, KEEP(GST_READ), level), 0);
		CHECK("case", w->gather.fresh && !w_finish(w),
		      "an unexpected flush, or nothing is fresh");
		w_expect(w, size, level, 0, W_RWX);
		CHECK_RET(w_young(w, size, size, false), 1);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void what_it_lacks_it_gets(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, size, size, 0, GST_READ, level));
		CHECK_RET(w_map(w, size, size, 0, KEEP(W_RW), level), 0);
		CHECK("case", w->gather.fresh && !w_finish(w),
		      "an unexpected flush, or nothing is fresh");
		w_expect(w, size, level, 0, W_RW);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void of_other_memory_nothing_is_kept(struct world *w)
{
	W_OK(w_map(w, 0, W_PAGE, W_PAGE, W_RWX, 0));
	w_cache(w, 0);
	CHECK_RET(w_map(w, 0, W_PAGE, 2 * W_PAGE, KEEP(GST_READ), 0), 0);
	CHECK("case", w_finish(w), "a flush is missing");
	w_expect(w, 0, 0, 2 * W_PAGE, GST_READ);
	if (GST_XLEN == 32)
		return;
	W_OK(w_map(w, 0, W_PAGE, W_PAGE, W_RWX | GST_NC, 0));
	w_cache(w, 0);
	CHECK_RET(w_map(w, 0, W_PAGE, W_PAGE, KEEP(GST_READ), 0), 0);
	CHECK("case", w_finish(w), "a flush is missing");
	w_expect(w, 0, 0, W_PAGE, GST_READ);
}

static void a_hole_gets_what_is_asked_for(struct world *w)
{
	W_OK(w_map(w, W_PAGE, W_PAGE, W_PAGE, W_RWX, 0));
	W_OK(w_map(w, 0, 3 * W_PAGE, 0, KEEP(GST_READ), 0));
	w_expect(w, 0, 0, 0, GST_READ);
	w_expect(w, W_PAGE, 0, W_PAGE, W_RWX);
	w_expect(w, 2 * W_PAGE, 0, 2 * W_PAGE, GST_READ);
}

static void a_leaf_of_64_kib_is_kept(struct world *w)
{
	if (!W_HAS_NAPOT)
		return;
	W_OK(w_map(w, W_NAPOT, W_NAPOT, 0, W_RWX | GST_NAPOT, 0));
	expect_kept(w, W_NAPOT, W_NAPOT, 0, GST_READ | GST_NAPOT, 0);
	expect_kept(w, W_NAPOT + W_PAGE, W_PAGE, W_PAGE, W_RW, 0);
	w_expect_size(w, W_NAPOT, W_NAPOT, 0, W_RWX);
}

static const struct property properties[] = {
	{ "a leaf that allows more is kept, for all of it and for a part",
	  what_may_do_more_is_kept },
	{ "an old leaf is kept and becomes young", an_old_one_is_kept_and_young },
	{ "a leaf gains the permissions that it lacks", what_it_lacks_it_gets },
	{ "a leaf of other memory or another type is not kept", of_other_memory_nothing_is_kept },
	{ "a hole gets exactly the requested mapping", a_hole_gets_what_is_asked_for },
	{ "a 64 KiB leaf is kept", a_leaf_of_64_kib_is_kept },
};

int main(void)
{
	return RUN(properties);
}
