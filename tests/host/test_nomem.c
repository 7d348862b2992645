// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Allocations fail at every point at which they can. Then nothing that a walk can see has changed,
 * no page is lost, and the same operation succeeds when there is memory again.
 */
#include "snapshot.h"
#include "world.h"

/* The place of the operations: where two of the largest leaves meet. */
static gst_gpa_t place(struct world *w)
{
	return 3 * w_size(w, w_top(w));
}

/* The start states. */

static void nothing(struct world *w)
{
	(void)w;
}

static void a_leaf_of_the_top(struct world *w)
{
	w_map(w, place(w), 2 * w_size(w, w_top(w)), 0, W_RWX, ~0u);
}

static void leaves_of_level_1(struct world *w)
{
	w_map(w, place(w) - w_size(w, 1), 3 * w_size(w, 1), w_size(w, 1), W_RW, 1);
}

static void some_pages(struct world *w)
{
	w_map(w, place(w) - 3 * W_PAGE, 6 * W_PAGE, 0, W_RW, 0);
	w_map(w, place(w) + w_size(w, 1) - W_PAGE, 2 * W_PAGE, 0, W_RW, 0);
}

static void pages_and_huge_leaves(struct world *w)
{
	some_pages(w);
	w_map(w, place(w) + w_size(w, 1), w_size(w, 1), 0, W_RWX, 1);
	w_map(w, place(w) + w_size(w, w_top(w)), w_size(w, w_top(w)), 0, W_RW, ~0u);
}

static void old_and_protected(struct world *w)
{
	leaves_of_level_1(w);
	w_wrprotect(w, place(w), W_PAGE, 0);
	w_young(w, 0, w_limit(w), true);
}

static void leaves_of_64_kib(struct world *w)
{
	w_map(w, place(w) - W_NAPOT, w_size(w, 1) + W_NAPOT, 7 * W_NAPOT, W_RW | W_MAKE_NAPOT, 0);
	w_map(w, place(w) + w_size(w, 1), w_size(w, 1), 0, W_RWX, 1);
}

static void (*const states[])(struct world *w) = {
	nothing,           a_leaf_of_the_top, leaves_of_level_1, some_pages, pages_and_huge_leaves,
	old_and_protected, leaves_of_64_kib,
};

#define STATES (sizeof(states) / sizeof(states[0]))

/* The operations that may need memory. */

static int map_a_page(struct world *w)
{
	return w_map(w, place(w) + W_PAGE, W_PAGE, 0x77000, W_RW, 0);
}

static int map_two_branches(struct world *w)
{
	return w_map(w, place(w) - W_PAGE, 2 * W_PAGE, 0x77000, W_RWX, 0);
}

static int map_many_tables(struct world *w)
{
	return w_map(w, place(w) + W_PAGE, 9 * w_size(w, 1), 0x78000, GST_READ, 1);
}

static int map_leaves_of_all_levels(struct world *w)
{
	gst_gpa_t gpa = place(w) - W_PAGE;

	return w_map(w, gpa, w_size(w, w_top(w)) + 2 * W_PAGE, gpa, W_RW, ~0u);
}

/* If larger leaves are kept, the bound is much higher than the need. */
static int map_partly_the_same(struct world *w)
{
	return w_map(w, place(w) + W_PAGE, 2 * w_size(w, 1), 2 * w_size(w, 1) + W_PAGE, W_RW, 0);
}

static int unmap_a_page(struct world *w)
{
	return w_unmap(w, place(w) + W_PAGE, W_PAGE, 0);
}

static int unmap_from_leaf_to_leaf(struct world *w)
{
	return w_unmap(w, place(w) + W_PAGE, w_size(w, w_top(w)), 0);
}

static int unmap_the_head(struct world *w)
{
	return w_unmap(w, 0, place(w) + W_PAGE, 0);
}

static int wrprotect_a_page(struct world *w)
{
	return w_wrprotect(w, place(w) + 2 * W_PAGE, W_PAGE, 0);
}

static int wrprotect_from_leaf_to_leaf(struct world *w)
{
	return w_wrprotect(w, place(w) + W_PAGE, w_size(w, w_top(w)), 0);
}

static int map_64_kib(struct world *w)
{
	return w_map(w, place(w) - W_PAGE, 3 * W_NAPOT, 0xf000, W_RWX | W_MAKE_NAPOT, 0);
}

static int split_a_page(struct world *w)
{
	return w_split(w, place(w) + 3 * W_PAGE, W_PAGE, 0);
}

static int split_two_branches(struct world *w)
{
	return w_split(w, place(w) + w_size(w, 1) - W_PAGE, 2 * W_PAGE, 0);
}

static int split_to_level_1(struct world *w)
{
	return w_split(w, place(w) + W_PAGE, w_size(w, w_top(w)), w_top(w) > 1 ? w_top(w) - 1 : 0);
}

/* The same in shared entry. On -GST_EBUSY, run in exclusive entry as a caller would. */

static int shared(struct world *w, int (*op)(struct world *w))
{
	int ret;

	w_share(w, true);
	ret = op(w);
	w_share(w, false);
	return ret == -GST_EBUSY ? op(w) : ret;
}

static int map_two_branches_shared(struct world *w)
{
	return shared(w, map_two_branches);
}

static int wrprotect_from_leaf_to_leaf_shared(struct world *w)
{
	return shared(w, wrprotect_from_leaf_to_leaf);
}

static int split_two_branches_shared(struct world *w)
{
	return shared(w, split_two_branches);
}

typedef int (*operation)(struct world *w);

/* Make a start state, and let harts cache some of it. */
static void begin(struct world *w, unsigned int state)
{
	w_end(w);
	w_begin(w, w->fmt, state);
	w->quick = true;
	states[state](w);
	w_finish(w);
	w->quick = false;
}

/* Run an operation with an injected failure. Return: whether the failure has happened. */
static bool fails_cleanly(struct world *w, operation op)
{
	struct snapshot snap = { 0 };
	int ret;

	snapshot_take(&snap, w);
	ret = op(w);
	w->mem.fail_reserve = 0;
	w->mem.limit = TESTMEM_TABLES;
	if (!ret) {
		snapshot_free(&snap);
		w_finish(w);
		return false;
	}
	CHECK("case", ret == -GST_ENOMEM, "the operation returned %d", ret);
	CHECK("case",
	      !w->gather.tables && !w->gather.all && !w->gather.fresh && !w->gather.linked &&
		      w->gather.end <= w->gather.start,
	      "the gather of a failed operation is not empty");
	snapshot_check(&snap, w);
	CHECK("case", !w_finish(w), "an unexpected flush");
	snapshot_check(&snap, w);
	snapshot_free(&snap);
	w_check_all(w);

	/* Run it again, with memory. */
	CHECK("case", op(w) == 0, "the operation fails again, with memory");
	w_finish(w);
	w_check_all(w);
	return true;
}

static void try_everywhere(struct world *w, operation op)
{
	unsigned int failures = 0;

	for (unsigned int state = 0; state < STATES; state++) {
		/* Let the Nth call fail, for every N up to the last call. */
		for (unsigned int n = 1;; n++) {
			begin(w, state);
			w->mem.fail_reserve = n;
			failures += fails_cleanly(w, op);
			if (!w->mem.failed)
				break;
			CHECK("case", n < 10, "too many calls of reserve");
		}
		/* Limit the number of pages. */
		for (unsigned int limit = 0;; limit++) {
			begin(w, state);
			w->mem.limit = limit;
			if (!fails_cleanly(w, op))
				break;
			failures++;
			CHECK("case", limit < 64, "too many tables");
		}
		CHECK_EQ("leak", w->mem.live, 4 + w->space.tables, "pages");
	}
	CHECK("case", failures, "the operation never failed");
}

#define EVERYWHERE(op)                                                                             \
	static void op##_everywhere(struct world *w)                                               \
	{                                                                                          \
		try_everywhere(w, op);                                                             \
	}

EVERYWHERE(map_a_page)
EVERYWHERE(map_two_branches)
EVERYWHERE(map_many_tables)
EVERYWHERE(map_leaves_of_all_levels)
EVERYWHERE(map_partly_the_same)
EVERYWHERE(unmap_a_page)
EVERYWHERE(unmap_from_leaf_to_leaf)
EVERYWHERE(unmap_the_head)
EVERYWHERE(wrprotect_a_page)
EVERYWHERE(wrprotect_from_leaf_to_leaf)
EVERYWHERE(map_64_kib)
EVERYWHERE(split_a_page)
EVERYWHERE(split_two_branches)
EVERYWHERE(split_to_level_1)
EVERYWHERE(map_two_branches_shared)
EVERYWHERE(wrprotect_from_leaf_to_leaf_shared)
EVERYWHERE(split_two_branches_shared)

/* Operations that need no memory by contract reserve none, in every state. */
static void others_ask_for_none(struct world *w)
{
	gst_gpa_t gpa = place(w);

	for (unsigned int state = 0; state < STATES; state++) {
		uint64_t reserves;

		begin(w, state);
		w->mem.limit = 0;
		w->mem.fail_reserve = 1;
		reserves = w->mem.reserves;
		w_young(w, gpa + W_PAGE, W_PAGE, true);
		CHECK_RET(w_collapse(w, 0, w_limit(w), ~0u, W_MAKE_NAPOT), 0);
		CHECK_RET(w_iterate(w, 0, w_limit(w), 3), 0);
		CHECK_RET(w_wrprotect_mask(w, gpa + W_PAGE, 5), 0);
		CHECK_RET(w_wrprotect(w, gpa + W_PAGE, W_PAGE, GST_WHOLE_LEAVES), 0);
		CHECK_RET(w_unmap(w, gpa + W_PAGE, w_size(w, 1), GST_WHOLE_LEAVES), 0);
		CHECK_EQ("case", w->mem.reserves, reserves, "calls of reserve");
		w->mem.fail_reserve = 0;
		w->mem.limit = TESTMEM_TABLES;
		w_finish(w);
		w_check_all(w);
	}
}

/* An operation succeeds with exactly the pages that it uses. */
static void no_more_is_asked_for_than_is_needed(struct world *w)
{
	const operation operations[] = { map_a_page,         map_two_branches,
					 map_many_tables,    map_leaves_of_all_levels,
					 unmap_a_page,       unmap_from_leaf_to_leaf,
					 unmap_the_head,     wrprotect_a_page,
					 map_64_kib,         split_a_page,
					 split_two_branches, split_to_level_1 };

	for (unsigned int state = 0; state < STATES; state++)
		for (unsigned int i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
			uint64_t allocs;

			begin(w, state);
			allocs = w->mem.allocs;
			CHECK_RET(operations[i](w), 0);
			w_finish(w);
			allocs = w->mem.allocs - allocs;

			begin(w, state);
			w->mem.limit = allocs;
			CHECK("case", operations[i](w) == 0,
			      "state %u, operation %u: %llu pages are enough, but more were "
			      "reserved",
			      state, i, (unsigned long long)allocs);
			w->mem.limit = TESTMEM_TABLES;
			w_finish(w);
		}
}

/* Mapping the whole space in pages needs up to 2^35 tables. The engine must not even try. */
static void a_map_of_billions_of_tables_is_enomem(struct world *w)
{
	uint64_t most = UINT64_C(1) << (GST_XLEN == 64 ? 56 : 34), reserves = w->mem.reserves;
	uint64_t size = w_limit(w) < most ? w_limit(w) : most;
	struct snapshot snap = { 0 };

	W_OK(w_map(w, place(w), 4 * W_PAGE, 0, W_RW, 0));
	snapshot_take(&snap, w);
	w->mem.limit = 1000;
	CHECK_RET(gst_map(&w->space, 0, size, 0, W_RW, 0, &w->gather), -GST_ENOMEM);
	w->mem.limit = TESTMEM_TABLES;
	CHECK("case", w->mem.reserves - reserves < 10, "too many calls of reserve");
	snapshot_check(&snap, w);
	snapshot_free(&snap);
	CHECK("case", !w_finish(w), "an unexpected flush");
}

static const struct property properties[] = {
	{ "a map of one page without memory changes nothing", map_a_page_everywhere },
	{ "a map into two branches without memory changes nothing", map_two_branches_everywhere },
	{ "a map of many tables without memory changes nothing", map_many_tables_everywhere },
	{ "a map with leaves of all levels without memory changes nothing",
	  map_leaves_of_all_levels_everywhere },
	{ "a map of a partly mapped range without memory changes nothing",
	  map_partly_the_same_everywhere },
	{ "an unmap of one page without memory changes nothing", unmap_a_page_everywhere },
	{ "an unmap that cuts two leaves without memory changes nothing",
	  unmap_from_leaf_to_leaf_everywhere },
	{ "an unmap of a leaf's head without memory changes nothing", unmap_the_head_everywhere },
	{ "a write-protect of one page without memory changes nothing",
	  wrprotect_a_page_everywhere },
	{ "a write-protect that cuts two leaves without memory changes nothing",
	  wrprotect_from_leaf_to_leaf_everywhere },
	{ "a map with 64 KiB leaves without memory changes nothing", map_64_kib_everywhere },
	{ "a split to a page without memory changes nothing", split_a_page_everywhere },
	{ "a split of two leaves without memory changes nothing", split_two_branches_everywhere },
	{ "a split by one level without memory changes nothing", split_to_level_1_everywhere },
	{ "a shared map without memory changes nothing", map_two_branches_shared_everywhere },
	{ "a shared write-protect without memory changes nothing",
	  wrprotect_from_leaf_to_leaf_shared_everywhere },
	{ "a shared split without memory changes nothing", split_two_branches_shared_everywhere },
	{ "a map that needs billions of tables is ENOMEM at once",
	  a_map_of_billions_of_tables_is_enomem },
	{ "operations that need no memory reserve none", others_ask_for_none },
	{ "an operation succeeds with exactly the pages that it uses",
	  no_more_is_asked_for_than_is_needed },
};

int main(void)
{
	return RUN(properties);
}
