/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A space with everything that judges it: private to world.c and world_check.c.
 */
#ifndef TESTS_HOST_WORLD_CHECK_H
#define TESTS_HOST_WORLD_CHECK_H

#include "world.h"

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
