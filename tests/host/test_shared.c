// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Shared entry, case by case, in one thread. The embedder's functions run the operations of
 * another thread. test_interleave.c tests the other gaps.
 */
#include "snapshot.h"
#include "world.h"

/* The start of a leaf of the top level. */
static gst_gpa_t base(struct world *w)
{
	return 3 * w_size(w, w_top(w));
}

static void alone_it_does_what_exclusive_entry_does(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		w_share(w, true);
		CHECK_RET(w_map(w, size, 3 * size, 4 * size, W_RWX, level), 0);
		CHECK("case", w->gather.fresh && !w_finish(w),
		      "an unexpected flush, or nothing is fresh");
		/* Map the same again, then with fewer permissions, then other memory. */
		CHECK_RET(w_map(w, size, 3 * size, 4 * size, W_RWX, level), 0);
		CHECK("case", !w->gather.fresh && !w_finish(w),
		      "an unexpected flush, or something is fresh");
		CHECK_RET(w_map(w, size, size, 4 * size, W_RW, level), 0);
		CHECK("case", w_finish(w), "a flush is missing");
		CHECK_RET(w_map(w, size, size, 8 * size, W_RW, level), 0);
		CHECK("case", w_finish(w), "a flush is missing");
		w_expect(w, size, level, 8 * size, W_RW);
		CHECK_RET(w_wrprotect(w, 2 * size, size, 0), 0);
		CHECK("case", w_finish(w), "a flush is missing");
		w_expect(w, 2 * size, level, 5 * size, GST_READ | GST_EXEC);
		CHECK_RET(w_wrprotect_mask(w, 3 * size, 1), 0);
		w_expect(w, 3 * size, level, 6 * size, GST_READ | GST_EXEC);
		CHECK("case", w_finish(w), "a flush is missing");
		CHECK_RET(w_split(w, size, W_PAGE, 0), 0);
		CHECK_EQ("case", w_finish(w), level != 0, "flush");
		w_expect(w, size, 0, 8 * size, W_RW);
		w_check_all(w);
		w_share(w, false);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void a_cut_splits(struct world *w)
{
	uint64_t size = w_size(w, w_top(w));

	W_OK(w_map(w, base(w), size, size, W_RW, ~0u));
	w_share(w, true);
	CHECK_RET(w_wrprotect(w, base(w) + W_PAGE, W_PAGE, 0), 0);
	w_expect(w, base(w) + W_PAGE, 0, size + W_PAGE, GST_READ);
	w_expect(w, base(w), 0, size, W_RW);
	CHECK_RET(w_map(w, base(w) + 5 * W_PAGE, W_PAGE, 0x5000, W_RWX, 0), 0);
	CHECK_EQ("case", w->space.tables, w_top(w), "tables");
	CHECK("case", w_finish(w) && w->mem.last_flush.all, "a flush of everything is missing");
	w_check_all(w);
}

static void what_frees_is_refused(struct world *w)
{
	const struct gst_format *other = w_format(w->fmt == w_format(0) && w_format(1) ? 1 : 0);
	struct snapshot snap = { 0 };
	void *root = NULL;

	W_OK(w_map(w, base(w), w_size(w, 1), w_size(w, 1), W_RW, 0));
	w_share(w, true);
	snapshot_take(&snap, w);
	CHECK_RET(w_unmap(w, base(w), W_PAGE, 0), -GST_EINVAL);
	CHECK_RET(w_unmap(w, base(w), W_PAGE, GST_WHOLE_LEAVES), -GST_EINVAL);
	CHECK_RET(w_collapse(w, base(w), w_size(w, 1), 1, 0), -GST_EINVAL);
	CHECK_RET(gst_reformat(&w->space, other, &root, &w->gather), -GST_EINVAL);
	CHECK("case", !w_finish(w), "an unexpected flush");
	snapshot_check(&snap, w);
	snapshot_free(&snap);
}

static void a_table_in_the_way_is_busy(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, size + W_PAGE, W_PAGE, 0, W_RW, 0));
		w_share(w, true);
		CHECK_RET(w_map(w, size, size, size, W_RW, level), -GST_EBUSY);
		w_expect(w, size + W_PAGE, 0, 0, W_RW);
		/* The part of the range before the table may be done. */
		CHECK_RET(w_map(w, size - W_PAGE, size + W_PAGE, 2 * size - W_PAGE, W_RW, level),
			  -GST_EBUSY);
		w_expect(w, size - W_PAGE, 0, 2 * size - W_PAGE, W_RW);
		w_expect(w, size + W_PAGE, 0, 0, W_RW);
		/* With smaller leaves it is possible. */
		CHECK_RET(w_map(w, size, w_size(w, 1), size, W_RW, 0), 0);
		w_share(w, false);
		W_OK(w_map(w, size, size, size, W_RW, level));
		w_expect(w, size, level, size, W_RW);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void leaves_of_64_kib_are_busy(struct world *w)
{
	gst_gpa_t gpa = 4 * W_NAPOT;
	struct snapshot snap = { 0 };

	if (!W_HAS_NAPOT)
		return;
	/* A 64 KiB leaf would be made in a hole. No empty table must stay. */
	w_share(w, true);
	snapshot_take(&snap, w);
	CHECK_RET(w_map(w, gpa, W_NAPOT, 0, W_RW | GST_NAPOT, 0), -GST_EBUSY);
	w_finish(w);
	snapshot_check(&snap, w);
	/* A 64 KiB leaf would be made from pages. */
	CHECK_RET(w_map(w, gpa, W_NAPOT, 0, W_RW, 0), 0);
	CHECK_RET(w_map(w, gpa, W_NAPOT, 0, W_RW | GST_NAPOT, 0), -GST_EBUSY);
	w_share(w, false);
	W_OK(w_map(w, gpa, W_NAPOT, 0, W_RW | GST_NAPOT, 0));
	W_OK(w_map(w, gpa + W_NAPOT, W_NAPOT, 0, GST_READ | GST_NAPOT, 0));

	/* A 64 KiB leaf would be broken or replaced. */
	w_share(w, true);
	snapshot_take(&snap, w);
	CHECK_RET(w_map(w, gpa + W_PAGE, W_PAGE, 0x99000, W_RW, 0), -GST_EBUSY);
	CHECK_RET(w_wrprotect(w, gpa + W_PAGE, W_PAGE, 0), -GST_EBUSY);
	CHECK_RET(w_wrprotect(w, gpa + W_PAGE, W_PAGE, GST_WHOLE_LEAVES), -GST_EBUSY);
	CHECK_RET(w_wrprotect_mask(w, gpa, 1), -GST_EBUSY);
	CHECK_RET(w_split(w, gpa, W_PAGE, 0), -GST_EBUSY);
	/* Operations that keep the leaf are possible. */
	CHECK_RET(w_map(w, gpa, W_NAPOT, 0, W_RW, 0), 0);
	CHECK_RET(w_map(w, gpa + W_PAGE, W_PAGE, W_PAGE, W_RW, 0), 0);
	CHECK_RET(w_wrprotect(w, gpa + W_NAPOT + W_PAGE, W_PAGE, 0), 0);
	CHECK_RET(w_split(w, gpa, W_NAPOT, 1), 0);
	CHECK("case", !w_finish(w), "an unexpected flush");
	snapshot_check(&snap, w);
	/* A map may make the leaf young again. */
	CHECK_RET(w_young(w, gpa, W_NAPOT, true), 1);
	CHECK_RET(w_map(w, gpa + W_PAGE, W_PAGE, W_PAGE, W_RW, 0), 0);
	CHECK_RET(w_young(w, gpa, W_NAPOT, false), 1);
	snapshot_free(&snap);
	w_share(w, false);
}

/* The other thread, which runs inside ops.reserve or ops.alloc of the first. */
struct thread {
	struct world *w;
	struct gst_ops ops;
	struct gst_gather gather;
	struct testmem_source source;
	bool at_alloc;
	unsigned int after; /* how many calls to wait */
	void (*run)(struct thread *thread);
};

static struct thread thread;

static void meanwhile(bool at_alloc)
{
	if (thread.run && at_alloc == thread.at_alloc && !thread.after--) {
		void (*fn)(struct thread *thread) = thread.run;

		thread.run = NULL;
		fn(&thread);
		gst_gather_finish(&thread.w->space, &thread.gather);
	}
}

static int reserve(void *ctx, void *source, unsigned int n)
{
	int ret = testmem_ops.reserve(ctx, source, n);

	meanwhile(false);
	return ret;
}

static void *alloc(void *ctx, void *source)
{
	void *page = testmem_ops.alloc(ctx, source);

	meanwhile(true);
	return page;
}

static void have_meanwhile(struct world *w, bool at_alloc, unsigned int after,
			   void (*run)(struct thread *thread))
{
	thread = (struct thread){ w, testmem_ops, { 0 }, { 0 }, at_alloc, after, run };
	thread.ops.reserve = reserve;
	thread.ops.alloc = alloc;
	w->space.ops = &thread.ops;
	gst_gather_init_shared(&thread.gather, &thread.source);
	w->harts_run = false;
}

static void map_beside(struct thread *thread)
{
	struct world *w = thread->w;

	CHECK_RET(gst_map(&w->space, base(w) + W_PAGE, W_PAGE, 0x99000, W_RW, 0, &thread->gather),
		  0);
	model_map(&w->model, base(w) + W_PAGE, base(w) + 2 * W_PAGE, 0x99000, W_RW);
}

static void map_a_huge_leaf(struct thread *thread)
{
	struct world *w = thread->w;
	uint64_t size = w_size(w, w_top(w));

	CHECK_RET(gst_map(&w->space, base(w), size, size, W_RW, ~0u, &thread->gather), 0);
	model_map(&w->model, base(w), base(w) + size, size, W_RW);
}

/* Between the allocation of a table and its link, the other thread links a table there. */
static void a_table_that_came_too_late_is_freed(struct world *w)
{
	for (unsigned int at = 0; at < w_top(w); at++) {
		struct gst_gather gather;

		have_meanwhile(w, true, at, map_beside);
		gst_gather_init_shared(&gather, &w->source);
		CHECK_RET(gst_map(&w->space, base(w), W_PAGE, 0x77000, W_RW, 0, &gather),
			  -GST_EAGAIN);
		CHECK("case", gather.tables, "no table was dropped");
		CHECK("case", !gst_gather_finish(&w->space, &gather), "an unexpected flush");
		CHECK_EQ("leak", w->mem.live, w->space.tables + 4, "pages");
		CHECK_EQ("case", w->space.tables, w_top(w), "tables");
		CHECK_EQ("case", w->space.leaves[0], 1, "leaves");
		w_check_all(w);
		w_check_invariants(w);
		/* The second try has nothing to link. */
		CHECK_RET(gst_map(&w->space, base(w), W_PAGE, 0x77000, W_RW, 0, &gather), 0);
		gst_gather_finish(&w->space, &gather);
		model_map(&w->model, base(w), base(w) + W_PAGE, 0x77000, W_RW);
		CHECK_EQ("case", w->space.tables, w_top(w), "tables");
		w_check_all(w);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

/* The other thread maps a leaf into a hole. The table reserved for the hole can split it. */
static void what_was_reserved_for_a_hole_splits_a_leaf(struct world *w)
{
	struct gst_gather gather;
	uint64_t allocs = w->mem.allocs;

	have_meanwhile(w, false, 0, map_a_huge_leaf);
	gst_gather_init_shared(&gather, &w->source);
	CHECK_RET(gst_map(&w->space, base(w) + W_PAGE, W_PAGE, 0x77000, W_RW, 0, &gather), 0);
	CHECK_EQ("case", w->mem.allocs - allocs, w_top(w), "tables");
	model_map(&w->model, base(w) + W_PAGE, base(w) + 2 * W_PAGE, 0x77000, W_RW);
	gst_gather_finish(&w->space, &gather);
	w_check_all(w);
}

/* Map a leaf of level 1 at the end of a top-level entry. After it comes a hole. */
static gst_gpa_t edge(struct world *w)
{
	return base(w) + w_size(w, w_top(w)) - w_size(w, 1);
}

static void change_the_leaf(struct thread *thread)
{
	struct world *w = thread->w;
	uint64_t size = w_size(w, 1);

	CHECK_RET(gst_map(&w->space, edge(w), size, 5 * size, W_RW, 1, &thread->gather), 0);
	model_map(&w->model, edge(w), edge(w) + size, 5 * size, W_RW);
}

/*
 * The plan finds that the leaf can be kept, and reserves tables only for the hole. Then the other
 * thread changes the leaf, so that it must be split, which takes one of these tables.
 */
static void no_more_is_taken_than_was_reserved(struct world *w)
{
	uint64_t size = w_size(w, 1);
	gst_gpa_t gpa = edge(w) + size - W_PAGE;
	struct gst_gather gather;

	W_OK(w_map(w, edge(w), size, 3 * size, W_RW, 1));
	/* The first reservation is the bound, which fails. The second one is for the plan. */
	have_meanwhile(w, false, 1, change_the_leaf);
	w->mem.limit = w_top(w);
	gst_gather_init_shared(&gather, &w->source);
	CHECK_RET(gst_map(&w->space, gpa, 2 * W_PAGE, 4 * size - W_PAGE, W_RW, 0, &gather),
		  -GST_EAGAIN);
	CHECK("case", !thread.run, "the other thread did not run");
	w->mem.limit = TESTMEM_TABLES;
	gst_gather_finish(&w->space, &gather);
	/* The page in the split leaf is mapped, the other one is not, and no table is empty. */
	model_map(&w->model, gpa, gpa + W_PAGE, 4 * size - W_PAGE, W_RW);
	w_check_invariants(w);
	w_check_all(w);
	CHECK_EQ("leak", w->mem.live, w->space.tables + 4, "pages");

	CHECK_RET(gst_map(&w->space, gpa, 2 * W_PAGE, 4 * size - W_PAGE, W_RW, 0, &gather), 0);
	gst_gather_finish(&w->space, &gather);
	model_map(&w->model, gpa, gpa + 2 * W_PAGE, 4 * size - W_PAGE, W_RW);
	w_check_all(w);
}

static const struct property properties[] = {
	{ "without races, shared entry does the same as exclusive entry",
	  alone_it_does_what_exclusive_entry_does },
	{ "shared entry splits a huge leaf that the range cuts", a_cut_splits },
	{ "shared entry refuses operations that free tables", what_frees_is_refused },
	{ "a table in the way is EBUSY, and a part of the range may be done",
	  a_table_in_the_way_is_busy },
	{ "making or breaking a 64 KiB leaf is EBUSY", leaves_of_64_kib_are_busy },
	{ "a table that cannot be linked any more is freed", a_table_that_came_too_late_is_freed },
	{ "a table reserved for a hole can split a new leaf",
	  what_was_reserved_for_a_hole_splits_a_leaf },
	{ "only reserved tables are taken, and no empty table stays",
	  no_more_is_taken_than_was_reserved },
};

int main(void)
{
	return RUN(properties);
}
