/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Memory: the table pages, the ops for the engine, and the arena, which is the guests' memory.
 */
#ifndef ISA_MEM_H
#define ISA_MEM_H

#include <gst/gst.h>

/**
 * struct guest - a space and its VMID
 * @space: the space of the engine
 * @vmid: the VMID in hgatp and in fences
 * @name: the name of the first format, for messages
 * @fences_all: how often the engine asked for a fence of everything
 * @fences_range: how often it asked for fences of a range
 * @reloads: how often it asked to load a new root into hgatp
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

/* How many pages are in use as tables or roots. */
unsigned int mem_pages_used(void);

/* The arena. It can hold whole leaves of level 1. */
#define ARENA_SIZE (UINT64_C(32) << 20)
gst_pa_t arena_base(void);
bool arena_has(gst_pa_t pa);

#endif /* ISA_MEM_H */
