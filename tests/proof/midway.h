/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Proof of an operation on a range, by induction over its walk.
 *
 * The engine has one loop that goes over a range (gst_walk_run()). No solver can unroll it as
 * often as it may run. So the loop invariant is written here, and each operation has two proofs:
 *
 *   begin: from any valid state, the operation either fails and has changed nothing, or it starts
 *          its walk and the invariant holds;
 *   step:  from any state in which the invariant holds, one round of the loop leads to another
 *          such state further on in the range, or to the end of the walk, where the operation has
 *          done what it promises.
 *
 * Together they prove the operation for ranges of any length and any number of tables.
 */
#ifndef PROOF_MIDWAY_H
#define PROOF_MIDWAY_H

#include "world.h"

#include <engine/walk.h>

/* The level at which a step proof starts. */
#ifndef PROOF_LEVEL
#define PROOF_LEVEL 0
#endif

/* The proof is about the walk that counts tables, which changes nothing. */
#ifndef PROOF_PLAN
#define PROOF_PLAN 0
#endif

/* The level of the root, and the number of pages of the space. */
#define TOP         (2 - PROOF_FEWER)
#define SPACE_PAGES (GST_ROOT_ENTRIES << (GST_INDEX_BITS * TOP))

/*
 * The range; the probe, which is any gpa, so that a proof about it holds for all; and the
 * translation of the probe before the operation.
 */
extern gst_gpa_t range_start, range_end, probe;
extern struct translation before;

/*
 * The promise of the operation: may the translation of the probe, which was before, be @now when
 * the part [range_start, @done) of the range is done?
 */
bool op_promises(const struct translation *now, gst_gpa_t done);

/* How many tables the operation still needs from @gpa on. */
unsigned int op_needs(gst_gpa_t gpa);

/* May the operation leave the present table of the walk empty, until the walk goes on? */
extern const bool op_empties;

/* Choose any arguments for the present range. */
void op_arguments(void);

/* Are the arguments wrong, apart from the range? */
bool op_is_invalid(void);

/* Is the operation's own state beside the walk right, given its arguments? */
bool op_is_true(const struct gst_walk *walk);

/* The counter of tables, if the operation counts them in a walk of its own. */
uint64_t *op_plan(struct gst_walk *walk);

/*
 * Run the proof. A begin proof calls @call from any valid state, with any @size in bytes, for the
 * range that starts at range_start. A step proof calls @step from any state on the way.
 */
void prove_op(int (*call)(uint64_t size), int (*step)(void));

/* Choose any state of the walk at @level in which the invariant holds. */
void midway_arbitrary(struct gst_walk *walk, unsigned int level);

/* Called when the walk that counts begins. The step proofs show that it counts all tables. */
int midway_plan(struct gst_walk *walk);

/* Called when the walk begins: prove the invariant. Does not return. */
int midway_begun(const struct gst_walk *walk);

/* The condition of the engine's loop in a step proof: true once. */
bool midway_again(const struct gst_walk *walk);

#endif /* PROOF_MIDWAY_H */
