// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Shared entry: for many pairs of operations, one runs in each gap between the accesses of the
 * other. Afterwards each page must be as if one had run after the other, and every table must be
 * linked once or be freed.
 */
#include <stdio.h>

#include "interleave.h"
#include "translate.h"
#include "world.h"
#include "world_check.h"

static gst_gpa_t base(struct world *w)
{
	return 3 * w_size(w, w_top(w));
}

/* The pa that the large leaves of the start states map base() to. */
static gst_pa_t base_pa(struct world *w)
{
	return w_size(w, w_top(w));
}

/* The start states. */

static void nothing(struct world *w)
{
	(void)w;
}

static void a_leaf_of_the_top(struct world *w)
{
	w_map(w, base(w), w_size(w, w_top(w)), base_pa(w), W_RW, ~0u);
}

static void an_old_leaf_of_the_top(struct world *w)
{
	a_leaf_of_the_top(w);
	w_young(w, base(w), W_PAGE, true);
}

static void leaves_of_level_1(struct world *w)
{
	w_map(w, base(w), 2 * w_size(w, 1), base_pa(w), W_RW, 1);
}

static void pages(struct world *w)
{
	w_map(w, base(w), 4 * W_PAGE, base_pa(w), W_RW, 0);
}

static void a_page_elsewhere_in_the_table(struct world *w)
{
	w_map(w, base(w) + 40 * W_PAGE, W_PAGE, 0x5000, W_RW, 0);
}

static void a_leaf_of_64_kib(struct world *w)
{
	w_map(w, base(w), W_NAPOT, base_pa(w), W_RW | W_MAKE_NAPOT, 0);
}

static void (*const states[])(struct world *w) = {
	nothing, a_leaf_of_the_top, an_old_leaf_of_the_top,        leaves_of_level_1,
	pages,   a_leaf_of_64_kib,  a_page_elsewhere_in_the_table,
};

#define STATES (sizeof(states) / sizeof(states[0]))

/* The operations. Each is done on the space and on the model. */
enum kind { MAP, FILL, PROTECT, MASK, SPLIT, AGE };

struct op {
	enum kind kind;
	int64_t from;   /* pages from base() */
	uint64_t pages; /* 0: a leaf of level 1; ~0: a leaf of the top level */
	uint64_t what;  /* pa, flags, mask or level */
	unsigned int max_level;
	gst_attr_t attr;
};

#define SAME UINT64_MAX /* as pa: the pa of the start states */

static const struct op ops[] = {
	{ MAP, 1, 1, 0x77000, 0, W_RW },
	{ MAP, 2, 1, 0x99000, 0, W_RWX },
	{ MAP, -1, 2, 0x33000, 0, GST_READ },
	{ MAP, 1, 1, SAME, 0, GST_READ },
	{ MAP, 0, 0, 0, 1, W_RWX },
	{ MAP, 0, ~UINT64_C(0), SAME, ~0u, W_RW },
	{ FILL, 0, 6, 0x200000, 0, GST_READ },
	{ PROTECT, 1, 1, 0, 0, 0 },
	{ PROTECT, 0, 3, GST_WHOLE_LEAVES, 0, 0 },
	{ PROTECT, 2, 0, 0, 0, 0 },
	{ MASK, 0, 6, 0x21, 0, 0 },
	{ SPLIT, 0, 2, 0, 0, 0 },
	{ SPLIT, 0, 0, 1, 0, 0 },
	{ AGE, 1, 20, 0, 0, 0 },
};

#define OPS (sizeof(ops) / sizeof(ops[0]))

static gst_gpa_t op_gpa(struct world *w, const struct op *op)
{
	return base(w) + (uint64_t)op->from * W_PAGE;
}

static uint64_t op_size(struct world *w, const struct op *op)
{
	if (!op->pages)
		return w_size(w, 1);
	return op->pages == ~UINT64_C(0) ? w_size(w, w_top(w)) : op->pages * W_PAGE;
}

static gst_pa_t op_pa(struct world *w, const struct op *op)
{
	return op->what == SAME ? base_pa(w) + (uint64_t)op->from * W_PAGE : op->what;
}

static int fill(struct world *w, const struct op *op, struct gst_gather *gather)
{
	struct gst_page page[8] = { 0 };
	int ret;

	for (unsigned int i = 0; i < op->pages; i++)
		page[i] = (struct gst_page){ op->what + i * 2 * W_PAGE, op->attr };
	ret = gst_fill(&w->space, op_gpa(w, op), page, (unsigned int)op->pages, gather);
	return ret > 0 ? 0 : ret;
}

static int run(struct world *w, const struct op *op, struct gst_gather *gather)
{
	gst_gpa_t gpa = op_gpa(w, op);
	uint64_t size = op_size(w, op);

	switch (op->kind) {
	case MAP:
		return gst_map(&w->space, gpa, size, op_pa(w, op), op->attr, op->max_level, gather);
	case FILL:
		return fill(w, op, gather);
	case PROTECT:
		return gst_wrprotect(&w->space, gpa, size, (unsigned int)op->what, gather);
	case MASK:
		return gst_wrprotect_mask(&w->space, gpa, op->what, gather);
	case AGE:
		return gst_young(&w->space, gpa, size, true) < 0;
	case SPLIT:
		return gst_split(&w->space, gpa, size, (unsigned int)op->what, gather);
	}
	return 0;
}

/*
 * If an operation takes leaves whole, the range that it changes depends on what the other one has
 * done: the range that was asked for, the leaf of the start state, or a leaf of level 1 or of the
 * top level. A fill maps all its holes, or nothing if there is no table yet.
 */
enum reach { ASKED, LEAF, LEVEL_1, TOP, REACHES };

static bool may_differ(const struct op *op)
{
	return op->kind == FILL || op->kind == MASK ||
	       (op->kind == PROTECT && op->what & GST_WHOLE_LEAVES);
}

static void run_model(struct world *w, struct model *m, const struct op *op, enum reach reach)
{
	gst_gpa_t lo = op_gpa(w, op), hi = lo + op_size(w, op);

	if (op->kind == MAP)
		model_map(m, lo, hi, op_pa(w, op), op->attr);
	for (unsigned int i = 0; op->kind == FILL && reach == ASKED && i < op->pages; i++)
		if (!model_at(m, lo + i * W_PAGE))
			model_map(m, lo + i * W_PAGE, lo + (i + 1) * W_PAGE,
				  op->what + i * 2 * W_PAGE, op->attr);
	if (op->kind == MAP || op->kind == FILL || op->kind == SPLIT || op->kind == AGE)
		return;
	if (reach == LEAF && model_at(&w->before, lo)) {
		hi = model_at(&w->before, lo)->hi;
	} else if (reach != ASKED && reach != LEAF) {
		lo = base(w);
		hi = lo + w_size(w, reach == TOP ? w_top(w) : 1);
	} else if (op->kind == MASK) {
		for (unsigned int bit = 0; bit < 64; bit++)
			if (op->what >> bit & 1)
				model_forbid(m, lo + bit * W_PAGE, lo + (bit + 1) * W_PAGE,
					     GST_WRITE);
		return;
	}
	model_forbid(m, lo, hi, GST_WRITE);
}

/* The operation that fills the gap. */
struct other {
	struct world *w;
	const struct op *op;
	struct gst_gather gather;
	struct testmem_source source;
	int ret;
};

static void run_other(void *arg)
{
	struct other *other = arg;

	/* This may return -GST_EAGAIN, too, because the first operation is not finished. */
	other->ret = run(other->w, other->op, &other->gather);
}

/* What has happened so far. */
static struct seen {
	uint64_t cases;
	uint64_t again; /* -GST_EAGAIN */
	uint64_t busy;
	uint64_t dropped; /* new tables that could not be linked */
} seen;

/* Repeat an operation in shared entry until it is done, or run it in exclusive entry. */
static void run_to_the_end(struct world *w, const struct op *op, struct gst_gather *gather, int ret)
{
	for (unsigned int tries = 0; ret == -GST_EAGAIN; tries++) {
		CHECK("case", tries < 3, "too many tries");
		seen.again++;
		seen.dropped += gather->tables != NULL;
		gst_gather_finish(&w->space, gather);
		ret = run(w, op, gather);
	}
	CHECK("case", ret == 0 || ret == -GST_EBUSY, "the operation returned %d", ret);
	gst_gather_finish(&w->space, gather);
	if (ret == -GST_EBUSY) {
		seen.busy++;
		gst_gather_init(gather, gather->source);
		CHECK_RET(run(w, op, gather), 0);
		gst_gather_finish(&w->space, gather);
	}
}

/* All possible results of two operations, in either order. */
static struct model results[2 * REACHES * REACHES];

static unsigned int all_results(struct world *w, const struct op *a, const struct op *b)
{
	unsigned int n = 0;

	for (unsigned int swapped = 0; swapped < 2; swapped++)
		for (enum reach ra = 0; ra < (may_differ(a) ? REACHES : 1); ra++)
			for (enum reach rb = 0; rb < (may_differ(b) ? REACHES : 1); rb++) {
				struct model *m = &results[n++];

				model_copy(m, &w->before);
				if (swapped)
					run_model(w, m, b, rb);
				run_model(w, m, a, ra);
				if (!swapped)
					run_model(w, m, b, rb);
			}
	return n;
}

/* Check that the leaf or hole at a gpa agrees with one of the results. Return: where it ends. */
static gst_gpa_t judge_leaf(struct world *w, gst_gpa_t gpa, unsigned int n)
{
	struct spec_result res;
	bool found = spec_translate(&w->machine, gpa, &res), fits = false;
	gst_gpa_t end = res.gpa + res.size;

	for (unsigned int i = 0; i < n && !fits; i++) {
		const struct model_run *run = model_from(&results[i], res.gpa);

		if (found)
			fits = model_allows(&results[i], res.gpa, end, res.pa,
					    attr_of_perm(res.perm), ~0u);
		else
			fits = !run || run >= model_end(&results[i]) || run->lo >= end;
	}
	CHECK("interleaving", fits, "gpa 0x%llx (0x%llx bytes): no order leaves it so",
	      (unsigned long long)res.gpa, (unsigned long long)res.size);
	return end;
}

/* Check each leaf in the ranges of the operations, but only some of those that a split made. */
static void judge(struct world *w, const struct op *a, const struct op *b)
{
	gst_gpa_t gpa = base(w) - W_PAGE, hi = base(w) + 20 * W_PAGE;
	unsigned int n = all_results(w, a, b);

	while (gpa < hi)
		gpa = judge_leaf(w, gpa, n);
	judge_leaf(w, base(w) + w_size(w, 1) - W_PAGE, n);
	judge_leaf(w, base(w) + w_size(w, 1) + W_PAGE, n);
	judge_leaf(w, base(w) + w_size(w, 1) + 2 * W_PAGE, n);
	judge_leaf(w, base(w) + w_size(w, w_top(w)) - W_PAGE, n);
	w_check_invariants(w);
	CHECK_EQ("leak", w->mem.live, w->space.tables + 4,
		 "pages that are allocated and not linked");
}

/* Run @b in a gap of @a. Return: whether @a has that many gaps. */
static bool pair(struct world *w, unsigned int state, const struct op *a, const struct op *b,
		 unsigned int point)
{
	struct other other = { .w = w, .op = b };
	struct gst_gather gather;
	bool ran;
	int ret;

	w_begin(w, w->fmt, 1);
	w->harts_run = false;
	w->quick = true;
	states[state](w);
	w_finish(w);
	model_copy(&w->before, &w->model);
	w_log_op(w, "state %u, operations %u and %u, gap %u", state, (unsigned int)(a - ops),
		 (unsigned int)(b - ops), point);

	gst_gather_init_shared(&gather, &w->source);
	gst_gather_init_shared(&other.gather, &other.source);
	interleave_at(point, run_other, &other);
	ret = run(w, a, &gather);
	ran = interleave_end();
	if (!ran)
		run_other(&other);
	run_to_the_end(w, a, &gather, ret);
	run_to_the_end(w, b, &other.gather, other.ret);
	judge(w, a, b);
	seen.cases++;
	return ran;
}

static void no_order_loses_anything(struct world *w)
{
	seen = (struct seen){ 0 };
	for (unsigned int state = 0; state < STATES; state++)
		for (unsigned int a = 0; a < OPS; a++)
			for (unsigned int b = 0; b < OPS; b++)
				/* Try the first gaps one by one, and some of those in long runs. */
				for (unsigned int point = 0;
				     pair(w, state, &ops[a], &ops[b], point);)
					point += point < 48 ? 1 : 11;
	w_end(w);
	for (unsigned int i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		model_free(&results[i]);
	printf("# %llu cases, %llu times EAGAIN, %llu times EBUSY, %llu tables dropped\n",
	       (unsigned long long)seen.cases, (unsigned long long)seen.again,
	       (unsigned long long)seen.busy, (unsigned long long)seen.dropped);
	CHECK("case", seen.again && seen.busy && seen.dropped, "no race has happened");
	w_begin(w, w->fmt, 1);
}

static const struct property properties[] = {
	{ "of two operations in shared entry none is lost, in any interleaving",
	  no_order_loses_anything },
};

int main(void)
{
	return RUN(properties);
}
