// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A space with everything that checks it (world.h): the operations that change the size of leaves
 * but no translation. The contract defines what becomes of every leaf. So the expected leaves are
 * listed before the operation and compared afterwards.
 */
#include <stdio.h>
#include <stdlib.h>

#include "translate.h"
#include "world.h"
#include "world_check.h"

#define LL(x) ((unsigned long long)(x))

/* The expected leaves, in order. */
static struct shape {
	struct shape_leaf {
		gst_gpa_t gpa;
		uint64_t size;
	} *leaf;
	size_t n, max;
	uint64_t splits; /* how many tables the splits take */
} shape;

static void add_leaf(gst_gpa_t gpa, uint64_t size)
{
	if (shape.n == shape.max) {
		shape.max = shape.max * 2 + 64;
		shape.leaf = realloc(shape.leaf, shape.max * sizeof(*shape.leaf));
		if (!shape.leaf) {
			fprintf(stderr, "no memory for a list of leaves\n");
			exit(2);
		}
	}
	shape.leaf[shape.n++] = (struct shape_leaf){ gpa, size };
}

/* Find the first leaf of [*gpa, end). If it starts after *gpa, move *gpa to its start. */
static bool next_leaf(struct world *w, gst_gpa_t *gpa, gst_gpa_t end, struct spec_result *res)
{
	while (*gpa < end) {
		if (spec_translate(&w->machine, *gpa, res)) {
			if (res->gpa > *gpa)
				*gpa = res->gpa;
			return true;
		}
		*gpa = res->gpa + res->size;
	}
	return false;
}

static void check_shape(struct world *w, gst_gpa_t lo, gst_gpa_t hi)
{
	struct spec_result res;
	gst_gpa_t gpa = lo;
	size_t n = 0;

	for (; next_leaf(w, &gpa, hi, &res); gpa = res.gpa + res.size, n++)
		CHECK("leaf size",
		      n < shape.n && res.gpa == shape.leaf[n].gpa && res.size == shape.leaf[n].size,
		      "the leaf at gpa 0x%llx has 0x%llx bytes; expected gpa 0x%llx with 0x%llx",
		      LL(res.gpa), LL(res.size), LL(n < shape.n ? shape.leaf[n].gpa : 0),
		      LL(n < shape.n ? shape.leaf[n].size : 0));
	CHECK_EQ("leaf size", n, shape.n, "leaves");
}

/* List the leaves that a leaf at @at becomes when the range is split to @target. */
static void shape_split(struct world *w, gst_gpa_t at, unsigned int level, bool napot,
			unsigned int target)
{
	uint64_t size = napot ? W_NAPOT : w_size(w, level), step;

	if (at + size <= w->lo || at >= w->hi || (level <= target && !(napot && !target))) {
		add_leaf(at, size);
		return;
	}
	step = napot ? W_PAGE : w_size(w, level - 1);
	shape.splits += !napot;
	for (gst_gpa_t gpa = at; gpa < at + size; gpa += step)
		shape_split(w, gpa, napot ? 0 : level - 1, false, target);
}

int w_split(struct world *w, gst_gpa_t gpa, uint64_t size, unsigned int level)
{
	int want = w_range_error(w, gpa, size), ret;
	gst_gpa_t lo = gpa, hi = gpa + size, at;
	uint64_t allocs = w->mem.allocs, reserves = w->mem.reserves, told = w->mem.splits;
	uint64_t napots = w->space.napots + w->mem.napot_splits;
	struct spec_result res;

	w_log_op(w, "split gpa=0x%llx size=0x%llx level=%u%s", LL(gpa), LL(size), level,
		 w->gather.shared ? " shared" : "");
	if (!want && level > w_top(w))
		want = -GST_EINVAL;
	w_aim(w, gpa, gpa + size);
	w_before_op(w);
	shape.n = shape.splits = 0;
	if (!want) {
		w_whole_leaves(w, &lo, &hi);
		for (at = lo; next_leaf(w, &at, hi, &res); at = res.gpa + res.size) {
			shape_split(w, res.gpa, res.level, res.napot, level);
			w_may_break(w, res.gpa);
		}
		w->busy = true;
	}
	ret = gst_split(&w->space, gpa, size, level, &w->gather);
	w->busy = false;
	if (!want && !ret) {
		CHECK_EQ("reserve", w->mem.reserves > reserves ? w->mem.reserved : 0, shape.splits,
			 "tables reserved");
		CHECK_EQ("reserve", w->mem.allocs - allocs, shape.splits, "tables taken");
		CHECK_EQ("told", w->mem.splits - told, shape.splits, "splits");
		CHECK_EQ("told", w->space.napots + w->mem.napot_splits, napots,
			 "64 KiB leaves, compared with reported splits");
		check_shape(w, lo, hi);
	}
	return w_after_op(w, ret, want);
}

/* Can the pages of the model in [lo, lo + size) be one leaf? */
static bool is_one(struct world *w, gst_gpa_t lo, uint64_t size)
{
	const struct model_run *run = model_at(&w->model, lo);
	gst_pa_t pa = run ? run->pa + (lo - run->lo) : 0;

	return run && lo >= w->lo && lo + size <= w->hi && pa % size == 0 &&
	       model_allows(&w->model, lo, lo + size, pa, run->attr, ~0u);
}

/* List the leaf that starts at @res: the largest that can be made, or the present one. */
static void shape_collapse(struct world *w, struct spec_result *res, unsigned int max_level,
			   bool napot)
{
	uint64_t size = res->size;

	if (napot && res->gpa % W_NAPOT == 0 && res->size < W_NAPOT && is_one(w, res->gpa, W_NAPOT))
		size = W_NAPOT;
	for (unsigned int level = 1; level <= w_top(w) && level <= max_level; level++)
		if (res->gpa % w_size(w, level) == 0 && res->size < w_size(w, level) &&
		    is_one(w, res->gpa, w_size(w, level)))
			size = w_size(w, level);
	add_leaf(res->gpa, size);
	if (size > res->size)
		/* The new leaf is young if one of the old ones was. */
		model_age(&w->model, res->gpa, res->gpa + size,
			  model_is_young(&w->model, res->gpa, res->gpa + size));
	res->size = size;
}

int w_collapse(struct world *w, gst_gpa_t gpa, uint64_t size, unsigned int max_level,
	       gst_attr_t napot)
{
	int want = w_range_error(w, gpa, size), ret;
	gst_gpa_t lo = gpa, hi = gpa + size, at;
	uint64_t reserves = w->mem.reserves, told = w->space.tables + w->mem.collapses;
	struct spec_result res;

	w_log_op(w, "collapse gpa=0x%llx size=0x%llx max_level=%u napot=0x%x", LL(gpa), LL(size),
		 max_level, napot);
	if (!want && (w->gather.shared || napot & ~(W_HAS_NAPOT ? GST_NAPOT : 0)))
		want = -GST_EINVAL;
	w_aim(w, gpa, gpa + size);
	w_before_op(w);
	shape.n = 0;
	if (!want) {
		w_whole_leaves(w, &lo, &hi);
		for (at = lo; next_leaf(w, &at, hi, &res); at = res.gpa + res.size)
			shape_collapse(w, &res, max_level, napot);
		w->busy = true;
	}
	ret = gst_collapse(&w->space, gpa, size, max_level, napot, &w->gather);
	w->busy = false;
	CHECK_EQ("reserve", w->mem.reserves, reserves, "calls of reserve");
	/* One table is freed for each new leaf. */
	CHECK_EQ("told", w->space.tables + w->mem.collapses, told,
		 "tables, compared with reported collapses");
	if (!want && !ret)
		check_shape(w, lo, hi);
	return w_after_op(w, ret, want);
}
