// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Ranges with all starts and ends, over every layout of three neighbouring entries: a hole, a full
 * table, a table with few pages, a huge leaf. A walk that steps by the wrong size, or from the
 * wrong place, misses pages here.
 */
#include "world.h"

#define ENTRIES 3
#define LAYOUTS 64 /* 4 to the power of ENTRIES */

/* Place the entries in the middle of a table, or across two tables. */
static gst_gpa_t base_of(struct world *w, bool border)
{
	unsigned int level = w_top(w) < 2 ? 1 : 2;

	return border ? 3 * w_size(w, level) - w_size(w, 1) : 5 * w_size(w, 1);
}

static void lay_out(struct world *w, gst_gpa_t base, unsigned int layout)
{
	uint64_t size = w_size(w, 1);

	for (unsigned int i = 0; i < ENTRIES; i++, layout /= 4, base += size) {
		switch (layout % 4) {
		case 1:
			w_map(w, base, size, base + W_PAGE, W_RW, 0);
			break;
		case 2:
			w_map(w, base, W_PAGE, base, W_RW, 0);
			w_map(w, base + size / 2, W_PAGE, 0, W_RWX, 0);
			w_map(w, base + size - W_PAGE, W_PAGE, 0, W_RW, 0);
			break;
		case 3:
			w_map(w, base, size, 4 * size, W_RW, 1);
			break;
		}
	}
}

static void everywhere(struct world *w, bool border,
		       void (*op)(struct world *w, gst_gpa_t gpa, uint64_t size))
{
	gst_gpa_t base = base_of(w, border);
	uint64_t size = w_size(w, 1);
	const uint64_t starts[] = { 0, W_PAGE, size / 2, size - W_PAGE, size, size + 5 * W_PAGE };
	const uint64_t ends[] = { 3 * size, 3 * size - W_PAGE, 2 * size + W_PAGE, 2 * size };

	for (unsigned int layout = 0; layout < LAYOUTS; layout++)
		for (unsigned int s = 0; s < 6; s++)
			for (unsigned int e = 0; e < 4; e++) {
				/* Try a part of all cases, a different part for each layout. */
				if ((layout + s + 5 * e) % 4)
					continue;
				w->quick = true;
				lay_out(w, base, layout);
				w_finish(w);
				w->quick = false;
				w_cache(w, base + starts[s]);
				w_cache(w, base + ends[e] - W_PAGE);
				op(w, base + starts[s], ends[e] - starts[s]);
				w_finish(w);
				w_check_all(w);
				w->quick = true;
				w_unmap(w, 0, w_limit(w), 0);
				w_finish(w);
			}
}

static void op_unmap(struct world *w, gst_gpa_t gpa, uint64_t size)
{
	CHECK_RET(w_unmap(w, gpa, size, 0), 0);
}

static void op_unmap_whole(struct world *w, gst_gpa_t gpa, uint64_t size)
{
	CHECK_RET(w_unmap(w, gpa, size, GST_WHOLE_LEAVES), 0);
}

static void op_wrprotect(struct world *w, gst_gpa_t gpa, uint64_t size)
{
	CHECK_RET(w_wrprotect(w, gpa, size, 0), 0);
}

static void op_map(struct world *w, gst_gpa_t gpa, uint64_t size)
{
	CHECK_RET(w_map(w, gpa, size, gpa + w_size(w, 1), W_RWX, 1), 0);
}

static void op_map_pages(struct world *w, gst_gpa_t gpa, uint64_t size)
{
	CHECK_RET(w_map(w, gpa, size, gpa + W_PAGE, GST_READ, 1), 0);
}

static void op_young(struct world *w, gst_gpa_t gpa, uint64_t size)
{
	w_young(w, gpa, size, true);
}

#define ANYWHERE(name)                                                                             \
	static void name##_in_a_table(struct world *w)                                             \
	{                                                                                          \
		everywhere(w, false, op_##name);                                                   \
	}                                                                                          \
	static void name##_at_a_border(struct world *w)                                            \
	{                                                                                          \
		everywhere(w, true, op_##name);                                                    \
	}

ANYWHERE(unmap)
ANYWHERE(unmap_whole)
ANYWHERE(wrprotect)
ANYWHERE(map)
ANYWHERE(map_pages)
ANYWHERE(young)

static const struct property properties[] = {
	{ "an unmap of any range is exact", unmap_in_a_table },
	{ "an unmap across tables is exact", unmap_at_a_border },
	{ "an unmap of whole leaves for any range is exact", unmap_whole_in_a_table },
	{ "an unmap of whole leaves across tables is exact", unmap_whole_at_a_border },
	{ "a write-protect of any range is exact", wrprotect_in_a_table },
	{ "a write-protect across tables is exact", wrprotect_at_a_border },
	{ "a map of any range is exact", map_in_a_table },
	{ "a map across tables is exact", map_at_a_border },
	{ "a map of pages for any range is exact", map_pages_in_a_table },
	{ "a map of pages across tables is exact", map_pages_at_a_border },
	{ "ageing of any range is exact", young_in_a_table },
	{ "ageing across tables is exact", young_at_a_border },
};

int main(void)
{
	return RUN(properties);
}
