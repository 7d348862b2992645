/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Memory for tables, the same for both programs. The pages are zeroed in advance and handed out
 * in order, so that an allocation costs almost nothing, and the same in both. A physical
 * address is the virtual one minus a constant, as in a kernel's direct map.
 */
#ifndef BENCH_ENGINE_MEM_H
#define BENCH_ENGINE_MEM_H

#include <stdbool.h>
#include <stdint.h>

#define MEM_PA UINT64_C(0x80000000)
/* One table for each of 1 Mi pages, and the tables above these. */
#define MEM_PAGES (UINT64_C(5) << 18)
#define MEM_BYTES (MEM_PAGES << 12)

struct mem {
	char *start;
	uint64_t offset; /* virtual minus physical */
	uint64_t next;   /* pages handed out */
	uint64_t fences;
	/* Only the counting programs count these. */
	uint64_t entered; /* tables whose address was translated */
	uint64_t reads;   /* PTEs read */
};

extern struct mem mem;

void mem_init(void);

/* Make all pages free and zero again. */
void mem_reset(void);

static inline bool mem_has(uint64_t pages)
{
	return MEM_PAGES - mem.next >= pages;
}

static inline void *mem_page(void)
{
	return mem.start + (mem.next++ << 12);
}

/* Allocate a root of four pages, aligned to its size. */
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
