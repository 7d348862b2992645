/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: what unmapping and write-protection have in common: their range may cut a
 * huge leaf. See cut.c.
 */
#ifndef GST_ENGINE_CUT_H
#define GST_ENGINE_CUT_H

#include "walk.h"

struct gst_cut_walk {
	struct gst_walk walk;
	bool whole; /* GST_WHOLE_LEAVES */
};

#define gst_cut_walk_of(w) ((struct gst_cut_walk *)(w))

/*
 * Check the range, reserve the tables for splits at its two ends, and walk it with
 * @visitor. Return: 0 or a negative error.
 */
int gst_cut_run(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int flags,
		struct gst_gather *gather, const struct gst_visitor *visitor);

/*
 * Split the present leaf of the walk, and go down into the new table. Return: for
 * the walker, or -GST_EAGAIN if another thread changed the entry first.
 */
int gst_cut_split(struct gst_walk *walk);

#endif /* GST_ENGINE_CUT_H */
