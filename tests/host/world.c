// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A space with everything that checks it (world.h): making it, and what all operations do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translate.h"
#include "world.h"
#include "world_check.h"

#define LL(x) ((unsigned long long)(x))

static uint64_t align_down(uint64_t x, uint64_t size)
{
	return x & ~(size - 1);
}

static uint64_t align_up(uint64_t x, uint64_t size)
{
	return align_down(x + size - 1, size);
}

/* A gpa near which something may go wrong. */
static gst_gpa_t near_gpa(struct world *w)
{
	gst_gpa_t gpa = w->hots ? w->hot[rng_below(&w->rng, w->hots)] : 0;

	switch (rng_below(&w->rng, 8)) {
	case 0:
		return gpa + W_PAGE;
	case 1:
		return gpa - W_PAGE;
	case 2:
		if (w->model.n)
			return w->model.run[rng_below(&w->rng, w->model.n)].lo;
		return gpa;
	case 3:
		if (w->before.n)
			return w->before.run[rng_below(&w->rng, w->before.n)].hi - W_PAGE;
		return gpa;
	case 4:
		if (w->hi > w->lo)
			return w->lo + align_down(rng_below(&w->rng, w->hi - w->lo), W_PAGE);
		return gpa;
	}
	return gpa;
}

static void on_busy(void *arg)
{
	struct world *w = arg;

	if (!w->harts_run || !(w->busy || w->finishing) || !rng_one_in(&w->rng, 4))
		return;
	tlb_fill(&w->tlb, near_gpa(w));
	if (w->busy)
		w_glance(w, near_gpa(w));
}

static void on_freeing(void *arg, uint64_t pa)
{
	struct world *w = arg;

	if (w->harts_run)
		tlb_check_freed(&w->tlb, pa);
}

static void on_flush(void *arg, const struct gst_flush *flush)
{
	struct world *w = arg;

	if (flush->old_root) {
		CHECK("embedder",
		      gst_root_table(flush->old_root) != gst_root_table(gst_root(&w->space)),
		      "the flush names the present root as the old one");
		/* Harts walk the old root until here. */
		w->machine.mode = gst_root_mode(gst_root(&w->space));
		w->machine.root = testmem_root_pa(&w->space);
	}
	if (flush->all)
		tlb_fence_all(&w->tlb);
	else
		tlb_fence_range(&w->tlb, flush->start, flush->end, w_size(w, flush->level));
}

void w_log_op(struct world *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->log[w->ops % W_LOG], sizeof(w->log[0]), fmt, ap);
	va_end(ap);
	w->ops++;
}

static void print_log(void *arg)
{
	struct world *w = arg;
	uint64_t from = w->ops > W_LOG ? w->ops - W_LOG : 0;

	printf("# %s, seed %llu, %llu operations; the last ones:\n", w->fmt->name, LL(w->seed),
	       LL(w->ops));
	for (uint64_t i = from; i < w->ops; i++)
		printf("#   %s\n", w->log[i % W_LOG]);
}

void w_begin(struct world *w, const struct gst_format *fmt, uint64_t seed)
{
	w->fmt = fmt;
	testmem_init(&w->mem);
	w->mem.watch = (struct testmem_watch){ w, on_busy, on_freeing, on_flush };
	model_clear(&w->model);
	model_clear(&w->before);
	w->rng.state = w->seed = seed;
	w->machine = (struct spec_machine){ .mode = fmt->mode, .page = testmem_page };
	tlb_init(&w->tlb, &w->machine, &w->rng);
	w->harts_run = false;
	w->quick = false;
	w->busy = false;
	w->finishing = false;
	w->lo = w->hi = 0;
	w->hots = 0;
	w->ops = 0;
	test_on_failure = print_log;
	test_on_failure_arg = w;

	CHECK_RET(gst_init(&w->space, &testmem_ops, &w->mem, fmt), 0);
	w->machine.root = testmem_root_pa(&w->space);
	w->source.promised = 0;
	gst_gather_init(&w->gather, &w->source);
	w->harts_run = true;
}

void w_end(struct world *w)
{
	w->harts_run = false;
	gst_destroy(&w->space);
	CHECK_EQ("counters", w->space.tables, 0, "tables after gst_destroy()");
	for (unsigned int level = 0; level < GST_LEVELS_MAX; level++)
		CHECK_EQ("counters", w->space.leaves[level], 0, "leaves after gst_destroy()");
	CHECK_EQ("counters", w->space.napots, 0, "64 KiB leaves after gst_destroy()");
	CHECK_EQ("leak", w->mem.live, 0, "pages in use after gst_destroy()");
	test_on_failure = NULL;
}

/* Record the range of an operation, and its edges on every level. */
void w_aim(struct world *w, gst_gpa_t lo, gst_gpa_t hi)
{
	w->lo = lo;
	w->hi = hi;
	w->hots = 0;
	w->hot[w->hots++] = lo;
	w->hot[w->hots++] = hi - W_PAGE;
	w->hot[w->hots++] = lo - W_PAGE;
	w->hot[w->hots++] = hi;
	w->hot[w->hots++] = align_down(lo, W_NAPOT);
	w->hot[w->hots++] = align_down(lo, W_NAPOT) - W_PAGE;
	w->hot[w->hots++] = align_up(hi, W_NAPOT);
	w->hot[w->hots++] = align_up(hi, W_NAPOT) - W_PAGE;
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		w->hot[w->hots++] = align_down(lo, size);
		w->hot[w->hots++] = align_down(lo, size) - W_PAGE;
		w->hot[w->hots++] = align_up(hi, size);
		w->hot[w->hots++] = align_up(hi, size) - W_PAGE;
	}
}

/* The error that the contract requires for a range, or 0. */
int w_range_error(const struct world *w, gst_gpa_t gpa, uint64_t size)
{
	if (!size || gpa % W_PAGE || size % W_PAGE || gpa + size < gpa)
		return -GST_EINVAL;
	return gpa + size > w_limit(w) ? -GST_ERANGE : 0;
}

/* Extend a range to whole leaves. */
void w_whole_leaves(struct world *w, gst_gpa_t *lo, gst_gpa_t *hi)
{
	struct spec_result res;
	gst_gpa_t last = *hi - W_PAGE;

	if (spec_translate(&w->machine, *lo, &res))
		*lo = res.gpa;
	if (spec_translate(&w->machine, last, &res))
		*hi = res.gpa + res.size;
}

void w_before_op(struct world *w)
{
	model_copy(&w->before, &w->model);
	for (unsigned int i = 0; w->harts_run && i < 4; i++)
		tlb_fill(&w->tlb, near_gpa(w));
	w->mem.failed = false;
}

/* Check the result. The model has the state after success: restore it after an error. */
int w_after_op(struct world *w, int ret, int want)
{
	w->busy = false;
	if (ret == -GST_ENOMEM && w->mem.failed) {
		model_copy(&w->model, &w->before);
	} else if (ret == -GST_EBUSY && w->gather.shared && !want) {
		w_adopt(w, false);
	} else {
		CHECK("return", ret == want, "the operation returned %d instead of %d", ret, want);
		if (ret < 0)
			model_copy(&w->model, &w->before);
	}
	if (!w->quick) {
		w_check_near(w);
		w_check_invariants(w);
	}
	return ret;
}

bool w_finish(struct world *w)
{
	uint64_t flushes = w->mem.flushes;
	bool flushed;

	w->finishing = true;
	flushed = gst_gather_finish(&w->space, &w->gather);
	w->finishing = false;

	CHECK_EQ("flush count", w->mem.flushes - flushes, flushed,
		 "flushes of a gather, compared with the return value");
	CHECK("gather",
	      !w->gather.tables && !w->gather.all && !w->gather.fresh &&
		      w->gather.end <= w->gather.start && w->gather.source == &w->source,
	      "a finished gather is not empty");
	CHECK_EQ("leak", w->mem.live, w->space.tables + 4,
		 "pages that are allocated and not linked");
	tlb_check(&w->tlb, &w->model);
	return flushed;
}

void w_share(struct world *w, bool shared)
{
	w_finish(w);
	if (shared)
		gst_gather_init_shared(&w->gather, &w->source);
	else
		gst_gather_init(&w->gather, &w->source);
}

void w_cache(struct world *w, gst_gpa_t gpa)
{
	/* Repeat it, so that most probably every hart caches it. */
	for (unsigned int i = 0; i < 4 * TLB_HARTS; i++)
		tlb_fill(&w->tlb, gpa);
}

void w_touch(struct world *w, gst_gpa_t gpa)
{
	struct spec_result res;
	char *page;

	w_log_op(w, "touch gpa=0x%llx", LL(gpa));
	tlb_fill(&w->tlb, gpa);
	if (!spec_translate(&w->machine, gpa, &res) || res.accessed)
		return;
	/* A hart may set A in any PTE of a 64 KiB leaf. */
	if (res.napot)
		res.pte_pa = (res.pte_pa & ~UINT64_C(127)) + rng_below(&w->rng, 16) * 8;
	page = testmem_page_mut(res.pte_pa & ~UINT64_C(4095));
	/* A is bit 6, in the first byte of a PTE of either XLEN. */
	page[res.pte_pa % 4096] |= 1 << 6;
	model_age(&w->model, res.gpa, res.gpa + res.size, MODEL_YOUNG);
}
