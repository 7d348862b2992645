/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A space with everything that checks it (world.h): declarations for world*.c only.
 */
#ifndef TESTS_HOST_WORLD_CHECK_H
#define TESTS_HOST_WORLD_CHECK_H

#include "world.h"

/* The steps of every operation: log it, record its range, begin, and check its result. */
void w_log_op(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void w_aim(struct world *w, gst_gpa_t lo, gst_gpa_t hi);
void w_before_op(struct world *w);
int w_after_op(struct world *w, int ret, int want);

/* The error that the contract requires for a range, or 0. */
int w_range_error(const struct world *w, gst_gpa_t gpa, uint64_t size);

/* Extend a range to whole leaves. */
void w_whole_leaves(struct world *w, gst_gpa_t *lo, gst_gpa_t *hi);

/* Is a leaf young? A 64 KiB leaf is young if any of its 16 PTEs is. */
bool w_leaf_young(struct world *w, const struct spec_result *res);

/*
 * A 64 KiB leaf at @gpa may be broken. The contract leaves open which of its pages are young
 * then.
 */
void w_may_break(struct world *w, gst_gpa_t gpa);

/*
 * The contract may leave open, for each page of a range, whether it is as before the operation or
 * as after it. Check that each page is one of the two, and update the model to it. With @kept, all
 * must be done, but permissions from before may remain.
 */
void w_adopt(struct world *w, bool kept);

/* Check that the leaf at @at, which a map of [gpa, gpa + size) made, is as large as possible. */
void w_check_largest(struct world *w, gst_gpa_t at, gst_gpa_t gpa, uint64_t size, unsigned int best,
		     bool napot);

/* Check in the middle of an operation that a hart finds the state before or after it. */
void w_glance(struct world *w, gst_gpa_t gpa);

/* Call w_check_gpa() at the edges of the last operation and at some other places. */
void w_check_near(struct world *w);

/* Is a page of the range young? If the model leaves it open, look into the raw tables. */
bool w_is_young(struct world *w, gst_gpa_t lo, gst_gpa_t hi);

/* Remember the results of walks at the edges of the operation. */
void w_look_before(struct world *w);

/* Check that the gather has everything that a hart may not know yet. */
void w_check_coming(struct world *w);

#endif /* TESTS_HOST_WORLD_CHECK_H */
