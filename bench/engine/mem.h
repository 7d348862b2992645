/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Memory for tables, the same for both programs: zeroed beforehand and handed out
 * in order, so that what it costs is next to nothing and alike. Physical
 * addresses are virtual ones less a constant, as in a kernel's direct map.
 */
#ifndef BENCH_ENGINE_MEM_H
#define BENCH_ENGINE_MEM_H

#include <stdbool.h>
#include <stdint.h>

#define MEM_PA UINT64_C(0x80000000)
/* One table for each of 1 Mi pages, and those above them. */
#define MEM_PAGES (UINT64_C(5) << 18)
#define MEM_BYTES (MEM_PAGES << 12)

struct mem {
	char *start;
	uint64_t offset; /* virtual less physical */
	uint64_t next;   /* pages handed out */
	uint64_t fences;
	/* Counted by the counting programs alone. */
	uint64_t entered; /* tables looked up by their address */
	uint64_t reads;   /* of PTEs */
};

extern struct mem mem;

void mem_init(void);

/* All pages are free again, and zero. */
void mem_reset(void);

static inline bool mem_has(uint64_t pages)
{
	return MEM_PAGES - mem.next >= pages;
}

static inline void *mem_page(void)
{
	return mem.start + (mem.next++ << 12);
}

/* Aligned to their size. */
static inline void *mem_root(void)
{
	void *root;

	mem.next = (mem.next + 3) & ~UINT64_C(3);
	root = mem.start + (mem.next << 12);
	mem.next += 4;
	return root;
}

static inline uint64_t mem_pa(void *page)
{
	return (uintptr_t)page - mem.offset;
}

static inline void *mem_va(uint64_t pa)
{
#ifdef BENCH_COUNT
	mem.entered++;
#endif
	return (void *)(uintptr_t)(pa + mem.offset);
}

#endif /* BENCH_ENGINE_MEM_H */
