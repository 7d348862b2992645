/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What of the engine each proof over a range needs, in one unit with it.
 */
#ifndef PROOF_ENGINE_H
#define PROOF_ENGINE_H

#include "midway.h"
#include "formats.h"

#include <engine/napot.c>
#include <engine/table.c>

#ifdef PROOF_BEGIN

/* The beginning of a proof ends where the walk begins: who wants more of it has an op_walk(). */
static int op_walk(struct gst_walk *walk, const struct gst_visitor *visitor);

#define gst_walk_run engine_walk_run
#include <engine/walk.c>
#undef gst_walk_run

int gst_walk_run(struct gst_walk *walk, const struct gst_visitor *visitor)
{
	return op_walk(walk, visitor);
}

#else

/* The only loop that is written so is the one over the range: a step goes around once (midway.h). */
#define for(forever) while (midway_again(walk))
#include <engine/walk.c>
#undef for

#endif

#endif /* PROOF_ENGINE_H */
