/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An operation on a range, proven by induction over its walk.
 *
 * The engine has one loop that goes over a range (gst_walk_run()). Unrolled as often as it may
 * run it is far more than a solver can do; so what holds each time around is written down here, and
 * each operation is proven in two parts:
 *
 *   begin: from any valid state the operation fails and has changed nothing, or it comes to its
 *          walk, and this holds;
 *   step:  from any state in which this holds, once around leads to such a state, further on in
 *          the range, or to the end of the walk, where what the operation is for has been done.
 *
 * That is a proof for ranges of any length and for any number of tables on the way.
 */
#ifndef PROOF_MIDWAY_H
#define PROOF_MIDWAY_H

#include "world.h"

#include <engine/walk.h>

/* The level of a step; any, where there is none. */
#ifndef PROOF_LEVEL
#define PROOF_LEVEL 0
#endif

/* A step of the walk in which the operation counts what it needs, and changes nothing. */
#ifndef PROOF_PLAN
#define PROOF_PLAN 0
#endif

/* The level of the root's entries, and the pages of the space. */
#define TOP         (2 - PROOF_FEWER)
#define SPACE_PAGES (GST_ROOT_ENTRIES << (GST_INDEX_BITS * TOP))

/* The range, the probe - any gpa: what is shown of it is shown of each - and what it was before. */
extern gst_gpa_t range_start, range_end, probe;
extern struct translation before;

/*
 * Each operation says what it is for: may the probe's translation, that was @before, be @now, when
 * [range_start, @done) of the range has been dealt with?
 */
bool op_promises(const struct translation *now, gst_gpa_t done);

/* How many tables may the operation still need from @gpa on? */
unsigned int op_needs(gst_gpa_t gpa);

/* Does it leave the table empty in which the walk stands, before it goes on? */
extern const bool op_empties;

/* Any arguments, for the range that there is. */
void op_arguments(void);

/* Is there anything wrong with them, other than the range? */
bool op_is_invalid(void);

/* What the operation keeps beside the walk is what comes of its arguments. */
bool op_is_true(const struct gst_walk *walk);

/* Where it counts the tables that it needs, if it does so in a walk of its own */
uint64_t *op_plan(struct gst_walk *walk);

/*
 * What the proof of an operation is: from any valid state @call is made, over any @size of bytes from
 * range_start on; or, of a step, @step on any state on the way.
 */
void prove_op(int (*call)(uint64_t size), int (*step)(void));

/* Any state in which the walk may be at @level. */
void midway_arbitrary(struct gst_walk *walk, unsigned int level);

/* The walk that counts begins. That it counts all that is needed is what the steps prove. */
int midway_plan(struct gst_walk *walk);

/* The walk begins: prove that what holds each time around does. Does not return. */
int midway_begun(const struct gst_walk *walk);

/* The condition of the engine's loop: once around, for a step. */
bool midway_again(const struct gst_walk *walk);

#endif /* PROOF_MIDWAY_H */
