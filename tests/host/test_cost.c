// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The cost of operations, in tables that they enter: each calls ops.to_va once. An operation that
 * walks from the root for every page fails here.
 */
#include "world.h"

/* How many tables the engine enters in one operation, without the checks of the tests. */
#define ENTERED(w, expr)                                                                           \
	({                                                                                         \
		uint64_t before_ = (w)->mem.to_va_calls;                                           \
		CHECK_RET(expr, 0);                                                                \
		(w)->mem.to_va_calls - before_;                                                    \
	})

static void at_most(uint64_t entered, uint64_t most, const char *what)
{
	CHECK("cost", entered <= most, "%s entered %llu tables, more than %llu", what,
	      (unsigned long long)entered, (unsigned long long)most);
}

static int on_leaf(void *arg, const struct gst_leaf *leaf)
{
	(void)arg;
	(void)leaf;
	return 0;
}

static int on_run(void *arg, const struct gst_run *run)
{
	(void)arg;
	(void)run;
	return 0;
}

static void an_empty_space_costs_nothing(struct world *w)
{
	uint64_t limit = w_limit(w);

	at_most(ENTERED(w, gst_unmap(&w->space, 0, limit, 0, &w->gather)), 0, "unmap");
	at_most(ENTERED(w, gst_wrprotect(&w->space, 0, limit, 0, &w->gather)), 0, "wrprotect");
	at_most(ENTERED(w, gst_young(&w->space, 0, limit, true)), 0, "young");
	at_most(ENTERED(w, gst_split(&w->space, 0, limit, 0, &w->gather)), 0, "split");
	at_most(ENTERED(w, gst_collapse(&w->space, 0, limit, ~0u, W_MAKE_NAPOT, &w->gather)), 0,
		"collapse");
	at_most(ENTERED(w, gst_iterate(&w->space, 0, limit, on_leaf, NULL)), 0, "iterate");
}

static void a_vast_range_with_few_tables_enters_just_those(struct world *w)
{
	uint64_t limit = w_limit(w), tables;

	/* Map one page at each end of a space of up to 2^59 bytes. */
	W_OK(w_map(w, 5 * W_PAGE, W_PAGE, 0, W_RW, 0));
	W_OK(w_map(w, limit - 5 * W_PAGE, W_PAGE, 0, W_RW, 0));
	tables = w->space.tables;
	CHECK_EQ("case", tables, 2 * w_top(w), "tables");

	at_most(ENTERED(w, gst_wrprotect(&w->space, 0, limit, 0, &w->gather)), tables, "wrprotect");
	CHECK_RET(gst_young(&w->space, 0, limit, true), 1);
	at_most(ENTERED(w, gst_young(&w->space, 0, limit, true)), tables, "young");
	at_most(ENTERED(w, gst_unmap(&w->space, W_PAGE, limit - 2 * W_PAGE, 0, &w->gather)), tables,
		"unmap");
	gst_gather_finish(&w->space, &w->gather);
	model_unmap(&w->model, 0, limit);
}

static void a_full_table_is_entered_once(struct world *w)
{
	uint64_t n = UINT64_C(1) << w->fmt->index_bits, size = w_size(w, 1);
	unsigned int top = w_top(w);

	/* One descent maps all pages of the table. A new table is not entered through to_va. */
	at_most(ENTERED(w, gst_map(&w->space, size, n * W_PAGE, 0, W_RW, 0, &w->gather)), 2 * top,
		"map");
	at_most(ENTERED(w, gst_map(&w->space, size, n * W_PAGE, 0, W_RW, 0, &w->gather)), 2 * top,
		"the same map again");
	at_most(ENTERED(w,
			gst_wrprotect(&w->space, size + W_PAGE, (n - 2) * W_PAGE, 0, &w->gather)),
		top, "wrprotect");
	at_most(ENTERED(w, gst_wrprotect_mask(&w->space, size, ~UINT64_C(0), &w->gather)), top,
		"wrprotect_mask");
	CHECK_RET(gst_young(&w->space, size, n * W_PAGE, true), 1);
	at_most(ENTERED(w, gst_young(&w->space, size, n * W_PAGE, true)), top, "young");
	at_most(ENTERED(w, gst_lookup(&w->space, size + W_PAGE, NULL)), top, "lookup");
	at_most(ENTERED(w, gst_iterate(&w->space, size, n * W_PAGE, on_leaf, NULL)), top,
		"iterate");
	at_most(ENTERED(w, gst_split(&w->space, size, n * W_PAGE, 0, &w->gather)), 2 * top,
		"split");
	at_most(ENTERED(w, gst_collapse(&w->space, size, n * W_PAGE, 0, 0, &w->gather)), 3 * top,
		"collapse");
	at_most(ENTERED(w, gst_unmap(&w->space, size + W_PAGE, (n - 2) * W_PAGE, 0, &w->gather)),
		top, "unmap");
	gst_gather_finish(&w->space, &w->gather);
	model_map(&w->model, size, size + W_PAGE, 0, GST_READ);
	model_map(&w->model, 2 * size - W_PAGE, 2 * size, size - W_PAGE, W_RW);
	model_age(&w->model, 0, w_limit(w), MODEL_OLD);
}

static void many_tables_are_entered_once_each(struct world *w)
{
	const unsigned int n = 300;
	uint64_t size = w_size(w, 1), tables;

	w->quick = true;
	for (unsigned int i = 0; i < n; i++)
		W_OK(w_map(w, i * size + (i % 100) * W_PAGE, 2 * W_PAGE, 0, W_RW, 0));
	tables = w->space.tables;
	at_most(ENTERED(w, gst_wrprotect(&w->space, W_PAGE, n * size, 0, &w->gather)), tables,
		"wrprotect");
	CHECK_RET(gst_young(&w->space, 0, n * size, true), 1);
	at_most(ENTERED(w, gst_young(&w->space, W_PAGE, n * size, true)), tables, "young");
	at_most(ENTERED(w, gst_iterate(&w->space, W_PAGE, n * size, on_leaf, NULL)), tables,
		"iterate");
	at_most(ENTERED(w, gst_dump(&w->space, W_PAGE, n * size, on_run, NULL)), tables, "dump");
	at_most(ENTERED(w, gst_split(&w->space, W_PAGE, n * size, 0, &w->gather)), 2 * tables,
		"split");
	/* Each table of level 0 is looked at once for its count, and once for 64 KiB leaves. */
	at_most(ENTERED(w,
			gst_collapse(&w->space, W_PAGE, n * size, ~0u, W_MAKE_NAPOT, &w->gather)),
		3 * tables, "collapse");
	at_most(ENTERED(w, gst_unmap(&w->space, W_PAGE, n * size, 0, &w->gather)), tables, "unmap");
	gst_gather_finish(&w->space, &w->gather);
	model_unmap(&w->model, W_PAGE, w_limit(w));
	model_age(&w->model, 0, W_PAGE, MODEL_OLD);
}

static void a_split_enters_the_way_to_the_cut(struct world *w)
{
	unsigned int top = w_top(w);
	uint64_t size = w_size(w, top);

	W_OK(w_map(w, size, size, 0, W_RW, top));
	/* The walks to both ends of the range, and the lookups before them. */
	at_most(ENTERED(w, gst_unmap(&w->space, size + 3 * W_PAGE, W_PAGE, 0, &w->gather)), 4 * top,
		"unmap");
	CHECK_EQ("case", w->space.tables, top, "tables");
	gst_gather_finish(&w->space, &w->gather);
	model_unmap(&w->model, size + 3 * W_PAGE, size + 4 * W_PAGE);
}

static void a_table_takes_as_much_memory_as_it_needs(struct world *w)
{
	uint64_t size = w_size(w, 1);

	/* Only the tables that the pages need are made. */
	W_OK(w_map(w, size - W_PAGE, 2 * W_PAGE, 0, W_RW, 0));
	CHECK_EQ("case", w->mem.allocs - 4, w_top(w) + 1, "tables made");
	W_OK(w_map(w, size - 2 * W_PAGE, 4 * W_PAGE, 0, W_RW, 0));
	CHECK_EQ("case", w->mem.allocs - 4, w_top(w) + 1, "tables made");
	CHECK_EQ("case", w->space.tables, w_top(w) + 1, "tables");
}

static const struct property properties[] = {
	{ "an operation on an empty space enters no table", an_empty_space_costs_nothing },
	{ "an operation on a vast range enters only existing tables",
	  a_vast_range_with_few_tables_enters_just_those },
	{ "a full table is entered once, not once for each page", a_full_table_is_entered_once },
	{ "many tables are entered once each", many_tables_are_entered_once_each },
	{ "a split enters the tables on the way to the cut", a_split_enters_the_way_to_the_cut },
	{ "no more tables are made than the pages need", a_table_takes_as_much_memory_as_it_needs },
};

int main(void)
{
	return RUN(properties);
}
