/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: operations whose range may cut a huge leaf.
 */
#ifndef GST_ENGINE_CUT_H
#define GST_ENGINE_CUT_H

#include "walk.h"

struct gst_cut_walk {
	struct gst_walk walk;
	bool whole; /* GST_WHOLE_LEAVES */
};

#define gst_cut_walk_of(w) ((struct gst_cut_walk *)(w))

/* Run @visitor over a range, having reserved the tables for splits at its two ends. */
int gst_cut_run(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int flags,
		struct gst_gather *gather, const struct gst_visitor *visitor);

/* Split the huge leaf at which the walk stands, and go into it. -GST_EAGAIN: a concurrent change won. */
int gst_cut_split(struct gst_walk *walk);

#endif /* GST_ENGINE_CUT_H */
