// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Tests of the tests: each kind of check that the other programs rely on gets something wrong,
 * and must fail.
 */
#include <string.h>

#include "world.h"
#include "world_check.h"

/* Forget the wrong state and start over. */
static void forget(struct world *w)
{
	w_begin(w, w->fmt, 1);
}

/* A flush that fences no hart. */
static void ignore_flush(void *arg, const struct gst_flush *flush)
{
	(void)arg;
	(void)flush;
}

/* A flush that fences only the range, although everything was requested. */
static void flush_the_range(void *arg, const struct gst_flush *flush)
{
	struct world *w = arg;

	tlb_fence_range(&w->tlb, flush->start, flush->end, w_size(w, flush->level));
}

static void finish(void *arg)
{
	w_finish(arg);
}

static gst_gpa_t base(struct world *w)
{
	return 2 * w_size(w, w_top(w));
}

static void cached(struct world *w, unsigned int level)
{
	W_OK(w_map(w, base(w), 2 * w_size(w, level), 0, W_RWX, level));
	for (unsigned int i = 0; i < 4; i++)
		w_cache(w, base(w));
}

static void a_flush_that_never_comes_is_caught(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		cached(w, level);
		w->mem.watch.flush = ignore_flush;
		w_unmap(w, base(w), w_size(w, level), 0);
		test_catches("TLB", finish, w);
		forget(w);

		cached(w, level);
		w->mem.watch.flush = ignore_flush;
		w_wrprotect(w, base(w), w_size(w, level), 0);
		test_catches("TLB", finish, w);
		forget(w);

		cached(w, level);
		w->mem.watch.flush = ignore_flush;
		w_map(w, base(w), w_size(w, level), 4 * w_size(w, level), W_RWX, level);
		test_catches("TLB", finish, w);
		forget(w);
	}
}

static void a_ranged_flush_for_freed_tables_is_caught(struct world *w)
{
	cached(w, 0);
	w->mem.watch.flush = flush_the_range;
	w_unmap(w, base(w), 2 * W_PAGE, 0);
	test_catches("TLB", finish, w);
	forget(w);
}

/* One fence for each huge leaf does not cover the small leaves in between. */
static void a_flush_of_too_high_a_level_is_caught(struct world *w)
{
	struct spec_result res;

	W_OK(w_map(w, base(w), w_size(w, 1), 0, W_RWX, 0));
	for (unsigned int i = 0; i < 8; i++)
		w_cache(w, base(w) + W_PAGE);
	CHECK("self-test", spec_translate(&w->machine, base(w) + W_PAGE, &res), "not mapped");
	model_unmap(&w->model, base(w) + W_PAGE, base(w) + 2 * W_PAGE);
	tlb_fence_range(&w->tlb, base(w), base(w) + w_size(w, 1), w_size(w, 1));
	test_catches("TLB", finish, w);
	tlb_fence_range(&w->tlb, base(w), base(w) + w_size(w, 1), W_PAGE);
	finish(w);
	forget(w);
}

/* Flip bits of a leaf's entry. */
static void change_leaf(struct world *w, gst_gpa_t gpa, uint64_t flip)
{
	struct spec_result res;
	char *pte;
	gst_pte_t word;

	CHECK("self-test", spec_translate(&w->machine, gpa, &res), "not mapped");
	pte = (char *)testmem_page_mut(res.pte_pa & ~UINT64_C(4095)) + res.pte_pa % 4096;
	memcpy(&word, pte, sizeof(word));
	word = flip ? word ^ (gst_pte_t)flip : 0;
	memcpy(pte, &word, sizeof(word));
}

static void check_base(void *arg)
{
	w_check_gpa(arg, base(arg));
}

static void check_all(void *arg)
{
	w_check_all(arg);
}

static void check_invariants(void *arg)
{
	w_check_invariants(arg);
}

struct look {
	struct world *w;
	gst_gpa_t gpa;
};

static void check_page(void *arg)
{
	const struct look *look = arg;

	w_check_gpa(look->w, look->gpa);
}

static gst_gpa_t unit(struct world *w)
{
	W_OK(w_map(w, base(w), 2 * W_NAPOT, 0, W_RWX | GST_NAPOT, 0));
	return base(w) + 5 * W_PAGE;
}

/* From one entry a hart may cache the translations of all 16 pages. */
static void harts_know_all_of_64_kib_from_any_of_it(struct world *w)
{
	for (unsigned int i = 0; W_HAS_NAPOT && i < 16; i++) {
		gst_gpa_t page = unit(w);

		/* The harts read only this entry. */
		for (unsigned int n = 0; n < 8; n++)
			w_cache(w, base(w) + i * W_PAGE);
		model_unmap(&w->model, page, page + W_PAGE);
		test_catches("TLB", finish, w);
		/* A fence for one page drops only that page. */
		tlb_fence_range(&w->tlb, page, page + W_PAGE, W_PAGE);
		finish(w);
		model_unmap(&w->model, page + W_PAGE, page + 2 * W_PAGE);
		test_catches("TLB", finish, w);
		forget(w);
	}
}

/* One entry of a 64 KiB leaf changes, but the others still map its page. */
static void a_torn_leaf_of_64_kib_is_caught(struct world *w)
{
	for (unsigned int i = 0; W_HAS_NAPOT && i < 16; i++) {
		gst_gpa_t page = unit(w) - 5 * W_PAGE + i * W_PAGE;

		change_leaf(w, page, 0);
		test_catches("model", check_page, &(struct look){ w, page });
		model_unmap(&w->model, page, page + W_PAGE);
		test_catches("spec walker", check_all, w);
		test_catches("gst_check", check_invariants, w);
		forget(w);

		/* One of the 16 entries is a 4 KiB leaf. */
		page = unit(w) - 5 * W_PAGE + i * W_PAGE;
		change_leaf(w, page, UINT64_C(1) << 63 | (8 ^ i) << 10);
		test_catches("spec walker", check_all, w);
		test_catches("gst_check", check_invariants, w);
		forget(w);
	}
}

static void leaves_of_64_kib_miscounted_are_caught(struct world *w)
{
	if (!W_HAS_NAPOT)
		return;
	unit(w);
	w->space.napots++;
	test_catches("counters", check_all, w);
	test_catches("gst_check", check_invariants, w);
	w->space.napots--;
}

static void check_largest(void *arg)
{
	w_check_largest(arg, base(arg), base(arg), w_size(arg, 1), 1, false);
}

static void leaves_of_a_wrong_size_are_caught(struct world *w)
{
	W_OK(w_map(w, base(w), w_size(w, 1), w_size(w, 1), W_RW, 0));
	test_catches("leaf size", check_largest, w);
	forget(w);
}

static void a_leaf_that_is_not_what_it_should_be_is_caught(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		cached(w, level);
		change_leaf(w, base(w), 0);
		test_catches("model", check_base, w);
		forget(w);

		cached(w, level);
		change_leaf(w, base(w), 1 << 2); /* W */
		test_catches("model", check_base, w);
		forget(w);

		cached(w, level);
		change_leaf(w, base(w), UINT64_C(1) << (10 + w->fmt->index_bits * level));
		test_catches("model", check_base, w);
		test_catches("model", check_all, w);
		forget(w);

		cached(w, level);
		change_leaf(w, base(w), 1 << 6); /* A */
		test_catches("ageing", check_base, w);
		forget(w);

		cached(w, level);
		change_leaf(w, base(w), 1 << 7); /* D */
		test_catches("spec walker", check_base, w);
		forget(w);

		cached(w, level);
		model_unmap(&w->model, base(w), base(w) + W_PAGE);
		test_catches("model", check_base, w);
		test_catches("model", check_all, w);
		forget(w);
	}
}

static void a_leaf_too_many_is_caught(struct world *w)
{
	W_OK(w_map(w, base(w) + 7 * W_PAGE, W_PAGE, 0, W_RW, 0));
	model_unmap(&w->model, base(w) + 7 * W_PAGE, base(w) + 8 * W_PAGE);
	test_catches("model", check_all, w);
	forget(w);
}

static void counters_that_are_wrong_are_caught(struct world *w)
{
	cached(w, 0);
	w->space.tables++;
	test_catches("leak", finish, w);
	test_catches("counters", check_all, w);
	w->space.tables--;
	w->space.leaves[0]++;
	test_catches("counters", check_all, w);
	w->space.leaves[0]--;
	testmem_meta(w->machine.root)->live++;
	test_catches("gst_check", check_invariants, w);
	testmem_meta(w->machine.root)->live--;
}

struct misuse {
	struct world *w;
	void *page;
};

static void alloc_without_reserve(void *arg)
{
	struct misuse *misuse = arg;

	testmem_ops.alloc(&misuse->w->mem, &misuse->w->source);
}

static void free_again(void *arg)
{
	struct misuse *misuse = arg;

	testmem_ops.free(&misuse->w->mem, misuse->page);
}

static void ask_pa(void *arg)
{
	struct misuse *misuse = arg;

	testmem_ops.to_pa(&misuse->w->mem, misuse->page);
}

static void ask_va(void *arg)
{
	struct misuse *misuse = arg;

	testmem_ops.to_va(&misuse->w->mem, (uintptr_t)misuse->page);
}

static void reserve_from_nowhere(void *arg)
{
	struct misuse *misuse = arg;

	testmem_ops.reserve(&misuse->w->mem, NULL, 1);
}

static void misuse_of_the_embedder_is_caught(struct world *w)
{
	struct misuse misuse = { .w = w };
	gst_pa_t pa;

	w->harts_run = false;
	test_catches("embedder", alloc_without_reserve, &misuse);
	test_catches("embedder", reserve_from_nowhere, &misuse);
	CHECK_RET(testmem_ops.reserve(&w->mem, &w->source, 1), 0);
	misuse.page = testmem_ops.alloc(&w->mem, &w->source);
	test_catches("embedder", alloc_without_reserve, &misuse);
	pa = testmem_ops.to_pa(&w->mem, misuse.page);
	CHECK("self-test", pa != (uintptr_t)misuse.page, "the pa is equal to the va");
	CHECK("self-test", testmem_ops.to_va(&w->mem, pa) == misuse.page,
	      "to_va is not the inverse of to_pa");
	/* Pass a virtual address as a physical one. */
	test_catches("embedder", ask_va, &misuse);
	testmem_ops.free(&w->mem, misuse.page);
	test_catches("embedder", free_again, &misuse);
	test_catches("embedder", ask_pa, &misuse);
	misuse.page = (void *)(uintptr_t)pa;
	test_catches("embedder", ask_va, &misuse);
	CHECK("self-test", !testmem_page(pa), "a hart can read a freed page");
}

static void unfinished_gather(void *arg)
{
	struct world *w = arg;

	gst_gather_init(&w->gather, &w->source);
	w_finish(w);
}

static void tables_that_are_forgotten_are_caught(struct world *w)
{
	cached(w, 0);
	w_unmap(w, 0, w_limit(w), 0);
	test_catches("leak", unfinished_gather, w);
	forget(w);
}

/* An unlinked table keeps its contents until the flush, for harts with a cached pointer to it. */
static void harts_walk_by_pointers_that_they_hold(struct world *w)
{
	struct spec_result res;
	unsigned int found = 0;

	cached(w, 0);
	spec_translate(&w->machine, base(w), &res);
	CHECK_RET(w_map(w, base(w), w_size(w, 1), 4 * w_size(w, 1), W_RWX, 1), 0);
	tlb_fence_range(&w->tlb, 0, w_limit(w), W_PAGE);
	for (unsigned int i = 0; i < 200; i++) {
		w_cache(w, base(w));
		for (unsigned int hart = 0; hart < TLB_HARTS; hart++)
			for (unsigned int k = 0; k < TLB_LEAVES; k++)
				found += w->tlb.hart[hart].leaf[k].size == W_PAGE;
	}
	CHECK("self-test", found, "no hart used a cached pointer to the unlinked table");
	w_finish(w);
}

static const struct property properties[] = {
	{ "a missing flush is caught", a_flush_that_never_comes_is_caught },
	{ "a flush of a range for freed tables is caught",
	  a_ranged_flush_for_freed_tables_is_caught },
	{ "a flush with too large steps is caught", a_flush_of_too_high_a_level_is_caught },
	{ "a wrong leaf is caught", a_leaf_that_is_not_what_it_should_be_is_caught },
	{ "an additional leaf is caught", a_leaf_too_many_is_caught },
	{ "wrong counters are caught", counters_that_are_wrong_are_caught },
	{ "a hart may cache a whole 64 KiB leaf from any of its entries",
	  harts_know_all_of_64_kib_from_any_of_it },
	{ "a torn 64 KiB leaf is caught", a_torn_leaf_of_64_kib_is_caught },
	{ "a wrong count of 64 KiB leaves is caught", leaves_of_64_kib_miscounted_are_caught },
	{ "leaves that could be larger are caught", leaves_of_a_wrong_size_are_caught },
	{ "misuse of the embedder is caught", misuse_of_the_embedder_is_caught },
	{ "tables that are never freed are caught", tables_that_are_forgotten_are_caught },
	{ "harts walk through cached pointers", harts_walk_by_pointers_that_they_hold },
};

int main(void)
{
	return RUN(properties);
}
