// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_map() over existing mappings, which are kept, replaced, split or merged.
 */
#include "snapshot.h"
#include "world.h"

static void expect_flush(struct world *w, gst_gpa_t start, gst_gpa_t end, unsigned int level)
{
	const struct gst_flush *flush = &w->mem.last_flush;

	CHECK("case", w_finish(w), "a flush is missing");
	CHECK_EQ("case", flush->start, start, "start of the flush");
	CHECK_EQ("case", flush->end, end, "end of the flush");
	CHECK_EQ("case", flush->level, level, "level of the flush");
	CHECK_EQ("case", flush->all, false, "flush of everything");
}

static void a_fresh_map_flushes_nothing(struct world *w)
{
	CHECK_RET(w_map(w, 0, 3 * w_size(w, 1) + W_PAGE, 0, W_RW, 1), 0);
	CHECK("case", w->gather.fresh, "gather.fresh is not set");
	CHECK("case", w->gather.linked, "gather.linked is not set");
	CHECK("case", !w_finish(w), "an unexpected flush");
}

static void a_leaf_in_a_table_that_is_there_links_none(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, 5 * size, size, 0, W_RW, level));
		CHECK_RET(w_map(w, 6 * size, size, 0, W_RW, level), 0);
		CHECK("case", w->gather.fresh, "gather.fresh is not set");
		CHECK("case", !w->gather.linked, "gather.linked is set");
		CHECK("case", !w_finish(w), "an unexpected flush");
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void the_same_again_changes_nothing(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);
		struct snapshot snap = { 0 };

		W_OK(w_map(w, size, 2 * size, 3 * size, W_RWX, level));
		snapshot_take(&snap, w);
		CHECK_RET(w_map(w, size, 2 * size, 3 * size, W_RWX, level), 0);
		/* Map a part of it again, with max_level 0. */
		CHECK_RET(w_map(w, 2 * size - W_PAGE, W_PAGE, 4 * size - W_PAGE, W_RWX, 0), 0);
		CHECK_RET(w_map(w, 2 * size, W_PAGE, 4 * size, W_RWX, w_top(w)), 0);
		CHECK("case", !w->gather.fresh, "gather.fresh is set");
		CHECK("case", !w_finish(w), "an unexpected flush");
		snapshot_check(&snap, w);
		snapshot_free(&snap);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void the_same_again_needs_no_memory(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, size, 2 * size, 3 * size, W_RWX, level));
		w->mem.limit = 0;
		CHECK_RET(w_map(w, size, 2 * size, 3 * size, W_RWX, level), 0);
		CHECK_RET(w_map(w, 3 * size - W_PAGE, W_PAGE, 5 * size - W_PAGE, W_RWX, 0), 0);
		w->mem.limit = TESTMEM_TABLES;
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void another_pa_replaces_and_flushes_just_that(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, size, 3 * size, size, W_RW, level));
		w_cache(w, 2 * size);
		CHECK_RET(w_map(w, 2 * size, size, 5 * size, W_RW, level), 0);
		expect_flush(w, 2 * size, 3 * size, level);
		w_expect(w, size, level, size, W_RW);
		w_expect(w, 2 * size, level, 5 * size, W_RW);
		w_expect(w, 3 * size, level, 3 * size, W_RW);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void a_permission_more_flushes_nothing(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, size, size, 0, GST_READ, level));
		w_cache(w, size);
		CHECK_RET(w_map(w, size, size, 0, W_RW, level), 0);
		CHECK("case", w->gather.fresh, "gather.fresh is not set");
		CHECK("case", !w_finish(w), "an unexpected flush after adding W");
		CHECK_RET(w_map(w, size, size, 0, W_RWX, level), 0);
		CHECK("case", w->gather.fresh, "gather.fresh is not set");
		CHECK("case", !w_finish(w), "an unexpected flush after adding X");
		w_expect(w, size, level, 0, W_RWX);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void a_permission_less_flushes(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, size, size, 0, W_RWX, level));
		w_cache(w, size);
		CHECK_RET(w_map(w, size, size, 0, GST_READ | GST_EXEC, level), 0);
		expect_flush(w, size, 2 * size, level);
		CHECK_RET(w_map(w, size, size, 0, GST_READ, level), 0);
		expect_flush(w, size, 2 * size, level);
		/* Add one permission and remove another. */
		CHECK_RET(w_map(w, size, size, 0, W_RW, level), 0);
		w_finish(w);
		CHECK_RET(w_map(w, size, size, 0, GST_READ | GST_EXEC, level), 0);
		expect_flush(w, size, 2 * size, level);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void another_memory_type_flushes(struct world *w)
{
	const gst_attr_t types[] = { 0, GST_NC, GST_IO };

	for (unsigned int a = 0; GST_XLEN == 64 && a < 3; a++)
		for (unsigned int b = 0; b < 3; b++) {
			W_OK(w_map(w, 0, W_PAGE, 0, W_RW | types[a], 0));
			w_cache(w, 0);
			CHECK_RET(w_map(w, 0, W_PAGE, 0, W_RW | types[b], 0), 0);
			CHECK_EQ("case", w_finish(w), a != b, "flush");
		}
}

static void a_page_in_a_huge_leaf_leaves_the_rest_mapped(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level), pa = 6 * size;
		const gst_gpa_t pages[] = { size, size + w_size(w, level - 1), 2 * size - W_PAGE };

		for (unsigned int i = 0; i < 3; i++) {
			W_OK(w_map(w, size, size, pa, W_RWX, level));
			w_cache(w, pages[i]);
			w_cache(w, size + size / 2);
			CHECK_RET(w_map(w, pages[i], W_PAGE, 0x7000, W_RW, 0), 0);
			CHECK("case", w_finish(w) && w->mem.last_flush.all,
			      "a flush of everything is missing");
			w_expect(w, pages[i], 0, 0x7000, W_RW);
			CHECK_EQ("case", w->space.tables, w_top(w), "tables");
			w_check_all(w);
			W_OK(w_unmap(w, 0, w_limit(w), 0));
		}
	}
}

static void a_split_keeps_memory_type_and_age(struct world *w)
{
	const gst_attr_t attr = GST_XLEN == 64 ? W_RW | GST_NC : GST_READ | GST_EXEC;

	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, 0, size, size, attr, level));
		CHECK_RET(w_young(w, 0, size, true), 1);
		W_OK(w_unmap(w, W_PAGE, W_PAGE, 0));
		w_expect(w, 0, 0, size, attr);
		w_expect(w, size - W_PAGE, level - 1, 2 * size - W_PAGE, attr);
		CHECK_RET(w_young(w, 0, size, false), 0);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void a_huge_leaf_frees_the_tables_under_it(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		/* Other leaves keep the upper tables alive. */
		W_OK(w_map(w, size - W_PAGE, 2 * W_PAGE, 0, W_RW, 0));
		for (unsigned int below = 0; below < level; below++)
			W_OK(w_map(w, size + 3 * w_size(w, below), w_size(w, below), 0, W_RW,
				   below));
		W_OK(w_map(w, 2 * size - W_PAGE, 2 * W_PAGE, W_PAGE, W_RW, 0));
		w_cache(w, size + 3 * W_PAGE);
		w_cache(w, 2 * size - W_PAGE);
		CHECK_RET(w_map(w, size, size, 3 * size, W_RWX, level), 0);
		CHECK("case", w_finish(w) && w->mem.last_flush.all,
		      "a flush of everything is missing");
		w_expect(w, size, level, 3 * size, W_RWX);
		w_expect(w, size - W_PAGE, 0, 0, W_RW);
		w_expect(w, 2 * size, 0, 2 * W_PAGE, W_RW);
		w_check_all(w);
		W_OK(w_unmap(w, size, size, 0));
		W_OK(w_unmap(w, 0, w_limit(w), 0));
		CHECK_EQ("case", w->space.tables, 0, "tables");
	}
}

static void small_leaves_give_way_to_one_of_the_same_memory(struct world *w)
{
	for (unsigned int level = 1; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, size, size, 3 * size, W_RW, level - 1));
		CHECK_EQ("case", w->space.tables, w_top(w) - level + 1, "tables");
		w_cache(w, size + W_PAGE);
		CHECK_RET(w_map(w, size, size, 3 * size, W_RW, level), 0);
		CHECK("case", w_finish(w) && w->mem.last_flush.all,
		      "a flush of everything is missing");
		w_expect(w, size, level, 3 * size, W_RW);
		CHECK_EQ("case", w->space.tables, w_top(w) - level, "tables");
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void an_old_leaf_mapped_again_is_young(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t size = w_size(w, level);

		W_OK(w_map(w, size, size, 0, W_RW, level));
		CHECK_RET(w_young(w, size, size, true), 1);
		CHECK_RET(w_map(w, 2 * size - W_PAGE, W_PAGE, size - W_PAGE, W_RW, 0), 0);
		CHECK("case", w->gather.fresh, "gather.fresh is not set");
		CHECK("case", !w_finish(w), "an unexpected flush");
		w_expect(w, size, level, 0, W_RW);
		CHECK_RET(w_young(w, 2 * size - W_PAGE, W_PAGE, false), 1);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static const struct property properties[] = {
	{ "a new mapping sets gather.fresh and flushes nothing", a_fresh_map_flushes_nothing },
	{ "a new leaf in an existing table does not set gather.linked",
	  a_leaf_in_a_table_that_is_there_links_none },
	{ "mapping the same again, or a part of it, changes and flushes nothing",
	  the_same_again_changes_nothing },
	{ "mapping the same again needs no memory", the_same_again_needs_no_memory },
	{ "a map to another pa flushes exactly the leaf",
	  another_pa_replaces_and_flushes_just_that },
	{ "adding a permission flushes nothing", a_permission_more_flushes_nothing },
	{ "removing a permission flushes exactly the leaf", a_permission_less_flushes },
	{ "another memory type flushes", another_memory_type_flushes },
	{ "mapping a page inside a huge leaf keeps the rest mapped",
	  a_page_in_a_huge_leaf_leaves_the_rest_mapped },
	{ "a split keeps memory type and age", a_split_keeps_memory_type_and_age },
	{ "a huge leaf frees the tables under it", a_huge_leaf_frees_the_tables_under_it },
	{ "a huge leaf replaces small leaves that map the same",
	  small_leaves_give_way_to_one_of_the_same_memory },
	{ "mapping an old leaf again makes it young", an_old_leaf_mapped_again_is_young },
};

int main(void)
{
	return RUN(properties);
}
