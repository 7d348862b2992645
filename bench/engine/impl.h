/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is measured: two programs have the same main.c, and one of these each.
 */
#ifndef BENCH_ENGINE_IMPL_H
#define BENCH_ENGINE_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE_BYTES UINT64_C(4096)
#define HUGE_BYTES (512 * PAGE_BYTES)

/* Pages of one fill. */
#define FILL_PAGES 16

/* What gpa 0 maps to: aligned like it, so that leaves can collapse. */
#define MEMORY_PA UINT64_C(0x10000000000)

/* A step of an operation: from @gpa on, @arg is its own. */
typedef void (*bench_fn)(uint64_t gpa, uint64_t arg);

enum state {
	MAPPED = 1,
	WRITABLE = 2,
	YOUNG = 4,
	HUGE_LEAF = 8,
};

/**
 * struct impl - code under measurement; what it has not, is NULL
 * @open: make an empty space with so many levels of tables
 * @close: forget it; mem_reset() follows
 * @tables: table pages below the root, now
 * @state: what an enum state says of a page; not measured
 * @map_huge: map a range of @arg pages with the largest leaves up to 2 MiB
 *
 * The others are operations as a VM needs them, with the fences and the freeing
 * that belong to them. @arg is a number of pages, or the mask of wrprotect_mask.
 */
struct impl {
	void (*open)(unsigned int levels);
	void (*close)(void);
	unsigned long (*tables)(void);
	unsigned int (*state)(uint64_t gpa);
	bench_fn map_huge;
	bench_fn map_range;
	bench_fn map_page;
	bench_fn fill;
	bench_fn lookup;
	bench_fn young_range;
	bench_fn young_page;
	bench_fn wrprotect;
	bench_fn wrprotect_mask;
	bench_fn unmap;
	bench_fn split;
	bench_fn collapse;
};

extern const struct impl bench_impl;

/* Stops the program: a figure of an operation that failed is worth nothing. */
_Noreturn void bench_failed(const char *what, uint64_t gpa);

#endif /* BENCH_ENGINE_IMPL_H */
