/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Memory: pages for tables, the engine's ops, and the arena that guests see.
 */
#ifndef ISA_MEM_H
#define ISA_MEM_H

#include <gst/gst.h>

/**
 * struct guest - a space, and the hart's VMID for it
 * @space: the engine's
 * @vmid: in hgatp and in fences
 * @name: of the format that it began with, for messages
 * @fences_all: how often the engine asked for a fence of all
 * @fences_range: and for one of a range
 * @reloads: and for another root in hgatp
 */
struct guest {
	struct gst_space space;
	unsigned int vmid;
	const char *name;
	unsigned int fences_all;
	unsigned int fences_range;
	unsigned int reloads;
};

extern const struct gst_ops mem_ops;

/* Pages that are in use as tables or roots. */
unsigned int mem_pages_used(void);

/* Where the arena is. It holds whole leaves of level 1. */
#define ARENA_SIZE (UINT64_C(32) << 20)
gst_pa_t arena_base(void);
bool arena_has(gst_pa_t pa);

#endif /* ISA_MEM_H */
