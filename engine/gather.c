// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: the gather: one flush for several operations, then the freeing of tables.
 *
 * Operations do not flush. They record in the gather which translations harts must
 * drop, and put unlinked tables into its list. The caller finishes the gather before
 * it drops its lock. The order is what makes this safe: change the entries, flush,
 * free the tables.
 */
#include "table.h"

void gst_gather_init(struct gst_gather *gather, void *source)
{
	*gather = (struct gst_gather){ .source = source };
}

void gst_gather_init_shared(struct gst_gather *gather, void *source)
{
	*gather = (struct gst_gather){ .source = source, .shared = true };
}

void gst_gather_stale(struct gst_gather *gather, gst_gpa_t start, gst_gpa_t end)
{
	gst_gather_range(gather, start, end, 0);
	gather->all |= gather->linked;
}

bool gst_gather_finish(struct gst_space *space, struct gst_gather *gather)
{
	struct gst_flush flush = {
		.start = gather->start,
		.end = gather->end,
		.level = gather->level,
		.all = gather->all,
		.old_root = gather->old_root,
	};
	bool stale = gather->all || gather->end > gather->start;
	void *page = gather->tables;

	if (stale)
		space->ops->flush(space->ctx, &flush);
	while (page) {
		void *next = gst_meta_of(space, page)->next;

		space->ops->free(space->ctx, page);
		page = next;
	}
	*gather = (struct gst_gather){ .source = gather->source, .shared = gather->shared };
	return stale;
}
