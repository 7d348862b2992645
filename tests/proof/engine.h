/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The parts of the engine that each proof over a range needs, included as source.
 */
#ifndef PROOF_ENGINE_H
#define PROOF_ENGINE_H

#include "midway.h"
#include "formats.h"

#include <engine/napot.c>
#include <engine/table.c>

#ifdef PROOF_BEGIN

/* A begin proof ends where the walk begins. Each proof says in op_walk() what happens there. */
static int op_walk(struct gst_walk *walk, const struct gst_visitor *visitor);

#define gst_walk_run engine_walk_run
#include <engine/walk.c>
#undef gst_walk_run

int gst_walk_run(struct gst_walk *walk, const struct gst_visitor *visitor)
{
	return op_walk(walk, visitor);
}

#else

/* Only the loop over the range is written as for (;;). A step proof runs it once (midway.h). */
#define for(forever) while (midway_again(walk))
#include <engine/walk.c>
#undef for

#endif

#endif /* PROOF_ENGINE_H */
