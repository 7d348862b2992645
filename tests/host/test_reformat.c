// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Changes of format while harts use the space.
 *
 * Each property starts in the format of the test case. w_reformat() checks what harts see before,
 * during and after a change.
 */
#include "world.h"

static bool narrower(const struct gst_format *a, const struct gst_format *b)
{
	return a->gpa_bits < b->gpa_bits;
}

static gst_gpa_t limit(const struct gst_format *fmt)
{
	return UINT64_C(1) << spec_gpa_bits(fmt->mode);
}

/* Map leaves of every level below @top in each quarter of [0, @end). */
static void spread(struct world *w, gst_gpa_t end, unsigned int top)
{
	for (unsigned int level = 0; level <= top; level++)
		for (unsigned int quarter = 0; quarter < 4; quarter++)
			W_OK(w_map(w, end / 4 * quarter + (level + 1) * w_size(w, top),
				   w_size(w, level), 0, W_RWX, level));
}

static void an_empty_space_takes_any_format(struct world *w)
{
	const struct gst_format *fmt;

	for (unsigned int i = 0; (fmt = w_format(i)); i++) {
		uint64_t root = w->machine.root;
		bool same = fmt == w->fmt;
		void *none = NULL;

		/*
		 * An empty space needs a new root, too. If the flush named the present root as
		 * the old one, harts would drop it.
		 */
		CHECK_RET(gst_reformat(&w->space, fmt, &none, &w->gather), same ? 0 : -GST_ENOMEM);
		CHECK_EQ("flush count", w_finish(w), 0, "flushes without a root");
		CHECK_EQ("case", w->machine.root, root, "the root after the refused change");
		CHECK("case", gst_space_format(&w->space) == w->fmt, "the format has changed");
		w_check_all(w);
		CHECK_RET(w_reformat(w, fmt), 0);
		CHECK_EQ("case", w->machine.root == root, same,
			 "the root is kept only with the format");
		W_OK(w_map(w, w_limit(w) - W_PAGE, W_PAGE, 0, W_RW, 0));
		CHECK_EQ("case", w->space.tables, w_top(w), "tables");
		w_check_all(w);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void the_present_format_is_no_change(struct world *w)
{
	uint64_t root = w->machine.root;

	spread(w, w_limit(w), w_top(w));
	CHECK_RET(w_reformat(w, w->fmt), 0);
	CHECK_EQ("case", w->machine.root, root, "root");
	w_check_all(w);
}

static void there_and_back_every_mapping_stays(struct world *w)
{
	const struct gst_format *from = w->fmt, *to;

	for (unsigned int i = 0; (to = w_format(i)); i++) {
		const struct gst_format *small = narrower(to, from) ? to : from;
		uint64_t tables;

		spread(w, limit(small), small->levels - 1);
		tables = w->space.tables;
		for (unsigned int turn = 0; turn < 3; turn++) {
			CHECK_RET(w_reformat(w, to), 0);
			w_check_all(w);
			CHECK_RET(w_reformat(w, from), 0);
			w_check_all(w);
		}
		CHECK_EQ("case", w->space.tables, tables, "tables");
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void widening_links_the_pages_that_are_used(struct world *w)
{
	const struct gst_format *from = w->fmt, *to;

	for (unsigned int i = 0; (to = w_format(i)); i++) {
		unsigned int up = to->levels - from->levels;

		if (!narrower(from, to))
			continue;
		for (unsigned int quarters = 1; quarters < 16; quarters++) {
			uint64_t tables;

			for (unsigned int q = 0; q < 4; q++)
				if (quarters >> q & 1)
					W_OK(w_map(w, w_limit(w) / 4 * q, W_PAGE, 0, W_RW, 0));
			tables = w->space.tables + (unsigned int)__builtin_popcount(quarters);
			CHECK_RET(w_reformat(w, to), 0);
			CHECK_EQ("case", w->space.tables, tables + up - 1, "tables");
			W_OK(w_unmap(w, 0, w_limit(w), 0));
			CHECK_EQ("case", w->space.tables, 0, "tables");
			CHECK_RET(w_reformat(w, from), 0);
		}
	}
}

static void what_lies_above_keeps_a_space_wide(struct world *w)
{
	const struct gst_format *from = w->fmt, *to;

	for (unsigned int i = 0; (to = w_format(i)) && narrower(to, from); i++) {
		const gst_gpa_t above[] = { limit(to), 2 * limit(to), limit(from) / 4,
					    limit(from) / 2, limit(from) - W_PAGE };

		for (unsigned int k = 0; k < sizeof(above) / sizeof(above[0]); k++) {
			W_OK(w_map(w, limit(to) - W_PAGE, W_PAGE, 0x5000, W_RW, 0));
			W_OK(w_map(w, above[k], W_PAGE, 0x9000, W_RW, 0));
			CHECK_RET(w_reformat(w, to), -GST_ERANGE);
			w_expect(w, above[k], 0, 0x9000, W_RW);
			w_check_all(w);
			W_OK(w_unmap(w, above[k], W_PAGE, 0));
			CHECK_RET(w_reformat(w, to), 0);
			w_expect(w, limit(to) - W_PAGE, 0, 0x5000, W_RW);
			CHECK_RET(w_reformat(w, from), 0);
			W_OK(w_unmap(w, 0, w_limit(w), 0));
		}
	}
}

/* A leaf one level above the entries of the narrower root becomes one page of that root. */
static void narrowing_splits_a_leaf_that_is_too_large(struct world *w)
{
	const struct gst_format *from = w->fmt, *to;

	for (unsigned int i = 0; (to = w_format(i)) && narrower(to, from); i++) {
		unsigned int level = to->levels;

		for (unsigned int q = 0; q < 4; q++) {
			gst_gpa_t gpa = q * w_size(w, level);

			W_OK(w_map(w, gpa, w_size(w, level), 0, W_RWX, level));
			w_expect(w, gpa, level, 0, W_RWX);
			CHECK_RET(w_reformat(w, to), 0);
			w_expect(w, gpa, level - 1, 0, W_RWX);
			w_expect(w, gpa + w_size(w, level) - W_PAGE, level - 1,
				 w_size(w, level) - W_PAGE, W_RWX);
			w_check_all(w);
			W_OK(w_unmap(w, 0, w_limit(w), 0));
			CHECK_RET(w_reformat(w, from), 0);
		}
		/* A leaf one level higher ends above the narrower format. */
		if (level + 1 < from->levels) {
			W_OK(w_map(w, 0, w_size(w, level + 1), 0, W_RW, level + 1));
			CHECK_RET(w_reformat(w, to), -GST_ERANGE);
			W_OK(w_unmap(w, 0, w_limit(w), 0));
		}
	}
}

static void without_memory_nothing_changes(struct world *w)
{
	const struct gst_format *from = w->fmt, *to;

	for (unsigned int i = 0; (to = w_format(i)); i++) {
		if (to == from)
			continue;
		W_OK(w_map(w, 0, W_PAGE, 0, W_RW, 0));
		w->mem.fail_root = 1;
		CHECK_RET(w_reformat(w, to), -GST_ENOMEM);
		w_check_all(w);
		w->mem.fail_reserve = 1;
		/* Only widening by two levels needs a table in between. */
		if (to->levels > from->levels + 1) {
			CHECK_RET(w_reformat(w, to), -GST_ENOMEM);
			w_check_all(w);
		}
		w->mem.fail_reserve = 0;
		CHECK_RET(w_reformat(w, to), 0);
		CHECK_RET(w_reformat(w, from), 0);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

/* The cost of a change to @to and back, in tables entered and pages allocated. */
static uint64_t cost(struct world *w, const struct gst_format *to)
{
	const struct gst_format *from = w->fmt;
	uint64_t calls, allocs = w->mem.allocs, reserves = w->mem.reserves;
	void *root = gst_root_alloc(&w->space);

	calls = w->mem.to_va_calls;
	CHECK_RET(gst_reformat(&w->space, to, &root, &w->gather), 0);
	gst_gather_finish(&w->space, &w->gather);
	root = gst_root_alloc(&w->space);
	CHECK_RET(gst_reformat(&w->space, from, &root, &w->gather), 0);
	gst_gather_finish(&w->space, &w->gather);
	return w->mem.to_va_calls - calls + w->mem.allocs - allocs + w->mem.reserves - reserves;
}

static void a_change_costs_the_same_however_much_is_mapped(struct world *w)
{
	const struct gst_format *to;

	w->harts_run = false;
	for (unsigned int i = 0; (to = w_format(i)); i++) {
		gst_gpa_t end = narrower(to, w->fmt) ? limit(to) : w_limit(w);
		uint64_t few;

		if (to == w->fmt)
			continue;
		for (unsigned int q = 0; q < 4; q++)
			W_OK(w_map(w, end / 4 * q, W_PAGE, 0, W_RW, 0));
		few = cost(w, to);
		for (unsigned int q = 0; q < 4; q++)
			W_OK(w_map(w, end / 4 * q, 100 * w_size(w, 1) + W_PAGE, W_PAGE, W_RW, 0));
		CHECK("case", w->space.tables > 400, "too few tables");
		CHECK_EQ("case", cost(w, to), few, "cost with many tables");
		w_check_all(w);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void what_is_no_format_is_refused(struct world *w)
{
	gst_root_t root = gst_root(&w->space);
	struct gst_space detached = w->space;
	void *none = NULL;

	for (unsigned int i = 0; i < GST_FORMATS; i++)
		if (gst_formats[i].xlen != GST_XLEN)
			CHECK_RET(gst_reformat(&w->space, &gst_formats[i], &none, &w->gather),
				  -GST_EINVAL);
	CHECK_RET(gst_reformat(&w->space, NULL, &none, &w->gather), -GST_EINVAL);
	CHECK_EQ("case", gst_root(&w->space), root, "root");
	gst_detach(&detached);
	CHECK_RET(gst_reformat(&detached, w->fmt, &none, &w->gather), -GST_EINVAL);
	CHECK_EQ("case", gst_root(&detached), 0, "root of a detached space");
}

static const struct property properties[] = {
	{ "an empty space can take any format, with a new root", an_empty_space_takes_any_format },
	{ "a change to the present format changes nothing", the_present_format_is_no_change },
	{ "after a change and back, every mapping stays", there_and_back_every_mapping_stays },
	{ "widening links the root's used pages and frees the others",
	  widening_links_the_pages_that_are_used },
	{ "a mapping above the narrower format prevents the change",
	  what_lies_above_keeps_a_space_wide },
	{ "narrowing splits a leaf that is too large for the new root",
	  narrowing_splits_a_leaf_that_is_too_large },
	{ "a change without memory is ENOMEM, and nothing changes",
	  without_memory_nothing_changes },
	{ "the cost of a change does not depend on how much is mapped",
	  a_change_costs_the_same_however_much_is_mapped },
	{ "an invalid format and a detached space are refused", what_is_no_format_is_refused },
};

int main(void)
{
	return RUN(properties);
}
