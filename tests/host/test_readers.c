// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Readers without a lock: lookup, iterate, dump and ageing run in each gap of an operation in
 * exclusive entry, and the operation in each of their gaps. Their answers must be the state
 * before or after the operation, and ageing must not damage anything.
 */
#include "interleave.h"
#include "translate.h"
#include "world.h"
#include "world_check.h"

static gst_gpa_t base(struct world *w)
{
	return 3 * w_size(w, w_top(w));
}

/* The start states. */

static void pages(struct world *w)
{
	w_map(w, base(w), w_size(w, 1), w_size(w, w_top(w)), W_RW, 0);
}

static void leaves_of_64_kib(struct world *w)
{
	w_map(w, base(w), w_size(w, 1), w_size(w, w_top(w)), W_RW | W_MAKE_NAPOT, 0);
}

static void a_leaf_of_the_top(struct world *w)
{
	w_map(w, base(w), w_size(w, w_top(w)), w_size(w, w_top(w)), W_RW, ~0u);
}

static void (*const states[])(struct world *w) = { pages, leaves_of_64_kib, a_leaf_of_the_top };

#define STATES (sizeof(states) / sizeof(states[0]))

/* The operations, on the space and on the model. */

static int unmap_a_page(struct world *w)
{
	model_unmap(&w->model, base(w) + W_PAGE, base(w) + 2 * W_PAGE);
	return gst_unmap(&w->space, base(w) + W_PAGE, W_PAGE, 0, &w->gather);
}

static int unmap_all(struct world *w)
{
	model_unmap(&w->model, 0, w_limit(w));
	return gst_unmap(&w->space, 0, w_limit(w), 0, &w->gather);
}

static int unmap_most_of_a_table(struct world *w)
{
	model_unmap(&w->model, base(w) + W_PAGE, base(w) + w_size(w, 1));
	return gst_unmap(&w->space, base(w) + W_PAGE, w_size(w, 1) - W_PAGE, 0, &w->gather);
}

static int map_another_page(struct world *w)
{
	model_map(&w->model, base(w) + W_PAGE, base(w) + 2 * W_PAGE, 0x77000, GST_READ);
	return gst_map(&w->space, base(w) + W_PAGE, W_PAGE, 0x77000, GST_READ, 0, &w->gather);
}

static int map_larger_leaves(struct world *w)
{
	gst_gpa_t gpa = base(w);

	model_map(&w->model, gpa, gpa + w_size(w, 1), w_size(w, 1), W_RWX);
	return gst_map(&w->space, gpa, w_size(w, 1), w_size(w, 1), W_RWX, 1, &w->gather);
}

static int map_other_leaves_of_64_kib(struct world *w)
{
	gst_gpa_t gpa = base(w);

	model_map(&w->model, gpa, gpa + 3 * W_NAPOT, 0, W_RWX);
	return gst_map(&w->space, gpa, 3 * W_NAPOT, 0, W_RWX | W_MAKE_NAPOT, 0, &w->gather);
}

static int protect_some(struct world *w)
{
	gst_gpa_t gpa = base(w) + 3 * W_PAGE;

	model_forbid(&w->model, gpa, gpa + 30 * W_PAGE, GST_WRITE);
	return gst_wrprotect(&w->space, gpa, 30 * W_PAGE, 0, &w->gather);
}

static int split_all(struct world *w)
{
	return gst_split(&w->space, base(w), w_size(w, 1), 0, &w->gather);
}

static int collapse_all(struct world *w)
{
	return gst_collapse(&w->space, 0, w_limit(w), ~0u, W_MAKE_NAPOT, &w->gather);
}

static int collapse_to_64_kib(struct world *w)
{
	return gst_collapse(&w->space, 0, w_limit(w), 0, W_MAKE_NAPOT, &w->gather);
}

static int (*const ops[])(struct world *w) = {
	unmap_a_page,          unmap_all,         map_another_page,
	unmap_most_of_a_table, map_larger_leaves, map_other_leaves_of_64_kib,
	protect_some,          split_all,         collapse_all,
	collapse_to_64_kib,
};

#define OPS (sizeof(ops) / sizeof(ops[0]))

/* Check a reader's answer for [lo, hi). */
static void judge(struct world *w, gst_gpa_t lo, gst_gpa_t hi, gst_pa_t pa, gst_attr_t attr)
{
	CHECK("reader",
	      model_allows(&w->before, lo, hi, pa, attr, ~0u) ||
		      model_allows(&w->model, lo, hi, pa, attr, ~0u),
	      "a reader finds gpa 0x%llx to 0x%llx neither as before nor as after",
	      (unsigned long long)lo, (unsigned long long)hi);
}

static gst_gpa_t told; /* everything before this was reported */

static void judge_hole(struct world *w, gst_gpa_t lo, gst_gpa_t hi)
{
	for (const struct model_run *run = model_from(&w->model, lo);
	     run && run < model_end(&w->model) && run->lo < hi; run++) {
		gst_gpa_t from = run->lo > lo ? run->lo : lo;
		const struct model_run *was = model_from(&w->before, from);

		CHECK("reader", !was || was >= model_end(&w->before) || was->lo >= hi,
		      "gpa 0x%llx is always mapped, but was not reported",
		      (unsigned long long)from);
	}
}

static int on_leaf(void *arg, const struct gst_leaf *leaf)
{
	/* Its start may have been reported already, as a part of a larger leaf. */
	CHECK("reader", leaf->gpa + leaf->size > told, "a leaf is reported twice");
	if (leaf->gpa > told)
		judge_hole(arg, told, leaf->gpa);
	judge(arg, leaf->gpa, leaf->gpa + leaf->size, leaf->pa, leaf->attr);
	told = leaf->gpa + leaf->size;
	return 0;
}

static int on_run(void *arg, const struct gst_run *run)
{
	for (gst_gpa_t gpa = run->gpa; gpa < run->end; gpa += run->leaf)
		judge(arg, gpa, gpa + run->leaf, run->pa + (gpa - run->gpa), run->attr);
	return 0;
}

static void look_up(struct world *w)
{
	static const unsigned int at[] = { 0, 1, 2, 5, 17 };

	for (unsigned int i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		gst_gpa_t gpa = base(w) + at[i] * W_PAGE;
		struct gst_leaf leaf;
		int ret = gst_lookup(&w->space, gpa, &leaf);

		CHECK("reader", !ret || ret == -GST_ENOENT, "gst_lookup() returned %d", ret);
		if (ret)
			judge_hole(w, gpa, gpa + W_PAGE);
		else
			judge(w, leaf.gpa, leaf.gpa + leaf.size, leaf.pa, leaf.attr);
	}
}

static void iterate(struct world *w)
{
	/* The range starts in the middle of a leaf. */
	told = base(w) + W_PAGE;
	CHECK_RET(gst_iterate(&w->space, told, w_size(w, 1) - W_PAGE, on_leaf, w), 0);
	if (told < base(w) + w_size(w, 1))
		judge_hole(w, told, base(w) + w_size(w, 1));
}

static void dump(struct world *w)
{
	CHECK_RET(gst_dump(&w->space, base(w), w_size(w, 1), on_run, w), 0);
}

static void age(struct world *w)
{
	CHECK("reader", gst_young(&w->space, base(w), 40 * W_PAGE, true) >= 0,
	      "gst_young() failed");
}

static void (*const readers[])(struct world *w) = { look_up, iterate, dump, age };

#define READERS (sizeof(readers) / sizeof(readers[0]))

struct gap {
	struct world *w;
	unsigned int op;
	unsigned int reader;
};

static void run_reader(void *arg)
{
	const struct gap *gap = arg;

	readers[gap->reader](gap->w);
}

static void run_op(void *arg)
{
	const struct gap *gap = arg;

	CHECK_RET(ops[gap->op](gap->w), 0);
}

/* Run one inside the other. Return: whether the outer one has that many gaps. */
static bool pair(struct world *w, unsigned int state, struct gap *gap, bool reader_first,
		 unsigned int point)
{
	bool ran;

	w_begin(w, w->fmt, 1);
	w->harts_run = false;
	w->quick = true;
	states[state](w);
	w_finish(w);
	model_copy(&w->before, &w->model);
	w_log_op(w, "state %u, operation %u, reader %u, %s first, gap %u", state, gap->op,
		 gap->reader, reader_first ? "reader" : "operation", point);
	if (!reader_first) {
		/*
		 * Apply the operation to the model first: it is compared with readers in the
		 * gaps.
		 */
		struct gst_space space = w->space;

		w->space.root = 0;
		(void)ops[gap->op](w);
		w->space = space;
		gst_gather_init(&w->gather, &w->source);
	}
	interleave_at(point, reader_first ? run_op : run_reader, gap);
	if (reader_first)
		run_reader(gap);
	else
		run_op(gap);
	ran = interleave_end();
	if (!ran && reader_first)
		run_op(gap);
	/* Unlinked tables are freed only here, as if after a grace period. */
	w_finish(w);
	model_age(&w->model, 0, w_limit(w), MODEL_EITHER);
	w_check_invariants(w);
	w_check_gpa(w, base(w));
	w_check_gpa(w, base(w) + W_PAGE);
	w_check_gpa(w, base(w) + 16 * W_PAGE);
	w_check_gpa(w, base(w) + w_size(w, 1) - W_PAGE);
	return ran;
}

static void try_all(struct world *w, bool reader_first)
{
	unsigned int cases = 0;

	for (unsigned int state = 0; state < STATES; state++)
		for (unsigned int op = 0; op < OPS; op++)
			for (unsigned int reader = 0; reader < READERS; reader++) {
				struct gap gap = { w, op, reader };

				for (unsigned int point = 0;
				     pair(w, state, &gap, reader_first, point);
				     point += point < 48 ? 1 : 37)
					cases++;
			}
	CHECK("case", cases > 1000, "only %u cases", cases);
}

static void readers_in_an_operation(struct world *w)
{
	try_all(w, false);
}

static void an_operation_in_readers(struct world *w)
{
	try_all(w, true);
}

static const struct property properties[] = {
	{ "readers in any gap of an operation see the state before or after it",
	  readers_in_an_operation },
	{ "an operation in any gap of a reader does not mislead it", an_operation_in_readers },
};

int main(void)
{
	return RUN(properties);
}
