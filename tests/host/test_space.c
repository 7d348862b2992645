// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Making, detaching and destroying a space.
 */
#include "world.h"

static void begins_empty(struct world *w)
{
	gst_root_t root = gst_root(&w->space);

	CHECK_EQ("case", gst_root_mode(root), w->fmt->mode, "mode of the root");
	CHECK_EQ("case", (uintptr_t)gst_root_table(root) % 16384, 0, "alignment of the root");
	CHECK_EQ("case", w->mem.live, 4, "pages");
	CHECK_EQ("case", w->space.tables, 0, "tables");
	CHECK_EQ("case", w->mem.flushes, 0, "flushes");
	w_expect_none(w, 0);
	w_expect_none(w, w_limit(w) - W_PAGE);
	w_check_gpa(w, w_limit(w));
	w_check_gpa(w, ~UINT64_C(0));
}

static void init_without_memory_is_enomem(struct world *w)
{
	struct gst_space space;

	w->mem.fail_root = 1;
	CHECK_RET(gst_init(&space, &testmem_ops, &w->mem, w->fmt), -GST_ENOMEM);
	CHECK_EQ("case", gst_root(&space), 0, "root");
	CHECK_EQ("leak", w->mem.live, 4, "pages");
	CHECK_RET(gst_lookup(&space, 0, NULL), -GST_EINVAL);
	gst_destroy(&space);
}

static void init_refuses_formats_of_another_xlen(struct world *w)
{
	struct gst_space space;

	for (unsigned int i = 0; i < GST_FORMATS; i++)
		if (gst_formats[i].xlen != GST_XLEN)
			CHECK_RET(gst_init(&space, &testmem_ops, &w->mem, &gst_formats[i]),
				  -GST_EINVAL);
	CHECK_RET(gst_init(&space, &testmem_ops, &w->mem, NULL), -GST_EINVAL);
	CHECK_EQ("leak", w->mem.live, 4, "pages");
}

/* An embedder whose roots are off by one page, in the virtual or the physical address. */
static void *shifted_root(void *ctx)
{
	return (char *)testmem_ops.alloc_root(ctx) + 4096;
}

static void shifted_free(void *ctx, void *page)
{
	testmem_ops.free(ctx, (char *)page - 4096);
}

static gst_pa_t shifted_pa(void *ctx, void *page)
{
	return testmem_ops.to_pa(ctx, page) + 8192;
}

static void init_refuses_a_misaligned_root(struct world *w)
{
	struct gst_ops virtually = testmem_ops, physically = testmem_ops;
	struct gst_space space;

	virtually.alloc_root = shifted_root;
	virtually.free = shifted_free;
	CHECK_RET(gst_init(&space, &virtually, &w->mem, w->fmt), -GST_ENOMEM);
	CHECK_EQ("leak", w->mem.live, 4, "pages");

	physically.to_pa = shifted_pa;
	CHECK_RET(gst_init(&space, &physically, &w->mem, w->fmt), -GST_ENOMEM);
	CHECK_EQ("leak", w->mem.live, 4, "pages");
}

static void two_spaces_do_not_meet(struct world *w)
{
	struct gst_space other;
	struct gst_gather gather;
	struct testmem_source source = { 0 };
	struct gst_leaf leaf;

	CHECK_RET(gst_init(&other, &testmem_ops, &w->mem, w->fmt), 0);
	gst_gather_init(&gather, &source);
	w->harts_run = false;
	CHECK_RET(gst_map(&other, 0, 8 * W_PAGE, 0x5000, GST_READ, 0, &gather), 0);
	gst_gather_finish(&other, &gather);
	w_expect_none(w, 0);
	CHECK_RET(w_map(w, 0, W_PAGE, 0x9000, W_RW, 0), 0);
	CHECK_RET(gst_lookup(&other, 0, &leaf), 0);
	CHECK_EQ("case", leaf.pa, 0x5000, "pa in the other space");
	CHECK_EQ("case", gst_check(&other, NULL, NULL), 0, "violations in the other space");
	gst_destroy(&other);
	w->harts_run = true;
	w_expect(w, 0, 0, 0x9000, W_RW);
}

/* Map leaves of every level all over the space. */
static void spread(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++)
		for (unsigned int quarter = 0; quarter < 4; quarter++)
			W_OK(w_map(w, w_limit(w) / 4 * quarter + (level + 1) * w_size(w, w_top(w)),
				   w_size(w, level), 0, W_RWX, level));
}

static void destroy_gives_back_every_page(struct world *w)
{
	spread(w);
	CHECK("case", w->space.tables >= 4 * w_top(w), "too few tables");
	w_end(w);
	CHECK_EQ("case", w->mem.allocs, w->mem.frees, "pages freed");
	CHECK_EQ("case", gst_root(&w->space), 0, "root");
	/* A second gst_destroy() does nothing. */
	gst_destroy(&w->space);
	CHECK_EQ("case", w->mem.allocs, w->mem.frees, "pages freed");
	w_begin(w, w->fmt, 1);
}

static void a_detached_space_refuses_everything(struct world *w)
{
	gst_root_t root;
	struct gst_gather gather;

	W_OK(w_map(w, 0, 2 * w_size(w, 1), 0, W_RWX, 1));
	w->harts_run = false;
	root = gst_detach(&w->space);
	CHECK_EQ("case", gst_root_mode(root), w->fmt->mode, "mode of the detached root");
	CHECK_EQ("case", gst_root(&w->space), 0, "root");
	CHECK_EQ("case", gst_detach(&w->space), 0, "return value of a second gst_detach()");
	CHECK("case", !gst_space_format(&w->space), "the detached space has a format");

	gst_gather_init(&gather, &w->source);
	CHECK_RET(gst_map(&w->space, 0, W_PAGE, 0, W_RW, 0, &gather), -GST_EINVAL);
	CHECK_RET(gst_unmap(&w->space, 0, W_PAGE, 0, &gather), -GST_EINVAL);
	CHECK_RET(gst_wrprotect(&w->space, 0, W_PAGE, 0, &gather), -GST_EINVAL);
	CHECK_RET(gst_wrprotect_mask(&w->space, 0, 1, &gather), -GST_EINVAL);
	CHECK_RET(gst_young(&w->space, 0, W_PAGE, true), -GST_EINVAL);
	CHECK_RET(gst_lookup(&w->space, 0, NULL), -GST_EINVAL);
	CHECK("case", !gst_gather_finish(&w->space, &gather), "an unexpected flush");

	gst_free_detached(&w->space, root, NULL);
	gst_free_detached(&w->space, 0, NULL);
	CHECK_EQ("leak", w->mem.live, 0, "pages");
	w_begin(w, w->fmt, 1);
}

static void detaching_reads_no_table(struct world *w)
{
	gst_root_t root;
	uint64_t to_va;

	spread(w);
	w->harts_run = false;
	to_va = w->mem.to_va_calls;
	root = gst_detach(&w->space);
	CHECK_EQ("case", w->mem.to_va_calls, to_va, "tables entered");
	gst_free_detached(&w->space, root, NULL);
	w_begin(w, w->fmt, 1);
}

static unsigned int pauses;
static uint64_t frees_at_pause, longest;

static void count_pause(void *ctx)
{
	struct testmem *mem = ctx;

	pauses++;
	if (mem->frees - frees_at_pause > longest)
		longest = mem->frees - frees_at_pause;
	frees_at_pause = mem->frees;
}

static void freeing_many_tables_pauses(struct world *w)
{
	gst_root_t root;

	w->quick = true;
	for (unsigned int i = 0; i < 1500; i++)
		W_OK(w_map(w, i * w_size(w, 1), W_PAGE, 0, W_RW, 0));
	w->harts_run = false;
	root = gst_detach(&w->space);
	pauses = 0;
	frees_at_pause = w->mem.frees;
	longest = 0;
	gst_free_detached(&w->space, root, count_pause);
	CHECK_EQ("leak", w->mem.live, 0, "pages");
	CHECK("case", pauses >= 3 && longest <= 512, "%u pauses, up to %llu tables between two",
	      pauses, (unsigned long long)longest);
	CHECK_EQ("case", w->space.tables, 0, "tables");
	w_begin(w, w->fmt, 1);
}

static void the_peak_of_tables_stays(struct world *w)
{
	uint64_t peak;

	spread(w);
	peak = w->space.tables;
	W_OK(w_unmap(w, 0, w_limit(w), 0));
	CHECK_EQ("case", w->space.tables, 0, "tables");
	CHECK_EQ("case", w->space.tables_peak, peak, "peak");
}

static const struct property properties[] = {
	{ "a new space maps nothing and has only its root", begins_empty },
	{ "init without memory is ENOMEM and keeps no page", init_without_memory_is_enomem },
	{ "init refuses a format of another XLEN", init_refuses_formats_of_another_xlen },
	{ "init refuses a root that is not aligned to 16 KiB", init_refuses_a_misaligned_root },
	{ "two spaces of one embedder are independent", two_spaces_do_not_meet },
	{ "destroy frees every page", destroy_gives_back_every_page },
	{ "a detached space refuses every operation", a_detached_space_refuses_everything },
	{ "detaching reads no table", detaching_reads_no_table },
	{ "freeing many tables pauses after every few hundred", freeing_many_tables_pauses },
	{ "tables_peak stays when tables are freed", the_peak_of_tables_stays },
};

int main(void)
{
	return RUN(properties);
}
