/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A space with everything that judges it: private to world*.c.
 */
#ifndef TESTS_HOST_WORLD_CHECK_H
#define TESTS_HOST_WORLD_CHECK_H

#include "world.h"

/* What every operation does: say so for the log, aim, begin, and judge what it returned. */
void w_log_op(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void w_aim(struct world *w, gst_gpa_t lo, gst_gpa_t hi);
void w_before_op(struct world *w);
int w_after_op(struct world *w, int ret, int want);

/* What the contract says of a range. */
int w_range_error(const struct world *w, gst_gpa_t gpa, uint64_t size);

/* The bounds of the leaves that a range touches. */
void w_whole_leaves(struct world *w, gst_gpa_t *lo, gst_gpa_t *hi);

/* Is a leaf young? One of 64 KiB is if any of its 16 PTEs is. */
bool w_leaf_young(struct world *w, const struct spec_result *res);

/* A leaf of 64 KiB at @gpa may be broken up: which of its pages are young then is open. */
void w_may_break(struct world *w, gst_gpa_t gpa);

/*
 * Where what comes of a range is open, page by page, make the model what is there:
 * as before the operation or as the model has it, after it. With @kept all must be
 * done, but what was allowed beyond it before may be allowed still.
 */
void w_adopt(struct world *w, bool kept);

/* A leaf that is mapped by [gpa, gpa + size) at @at is as large as can be. */
void w_check_largest(struct world *w, gst_gpa_t at, gst_gpa_t gpa, uint64_t size, unsigned int best,
		     bool napot);

/* What a hart sees in the middle of an operation is from before it or from after it. */
void w_glance(struct world *w, gst_gpa_t gpa);

/* w_check_gpa() at the edges of the last operation and at some other places. */
void w_check_near(struct world *w);

/* Is a page of the range young? Asks the raw tables where the model leaves it open. */
bool w_is_young(struct world *w, gst_gpa_t lo, gst_gpa_t hi);

/* Remember what walks find where the operation is aimed at, ... */
void w_look_before(struct world *w);

/* ... and check that the gather tells of all that a hart may not know yet. */
void w_check_coming(struct world *w);

#endif /* TESTS_HOST_WORLD_CHECK_H */
