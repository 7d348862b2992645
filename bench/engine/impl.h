/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The code under measurement. The two programs have the same main.c, and each has one struct impl.
 */
#ifndef BENCH_ENGINE_IMPL_H
#define BENCH_ENGINE_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE_BYTES UINT64_C(4096)
#define HUGE_BYTES (512 * PAGE_BYTES)

/* The number of pages that one fill maps. */
#define FILL_PAGES 16

/* The address that gpa 0 maps to. It is as aligned as gpa 0, so that leaves can collapse. */
#define MEMORY_PA UINT64_C(0x10000000000)

/* One step of an operation, from @gpa on. The meaning of @arg depends on the operation. */
typedef void (*bench_fn)(uint64_t gpa, uint64_t arg);

enum state {
	MAPPED = 1,
	WRITABLE = 2,
	YOUNG = 4,
	HUGE_LEAF = 8,
};

/**
 * struct impl - code under measurement; an operation that it lacks is NULL
 * @open: make an empty space with this number of levels
 * @close: forget the space; mem_reset() follows
 * @tables: count the table pages below the root
 * @state: the state of a page, bits of enum state; not measured
 * @map_huge: map a range of @arg pages with leaves of up to 2 MiB
 *
 * The others are operations as a VM needs them, with their fences and with the freeing of
 * tables. @arg is a number of pages, or the mask of wrprotect_mask.
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

/* End the program. An operation that fails has no useful figure. */
_Noreturn void bench_failed(const char *what, uint64_t gpa);

#endif /* BENCH_ENGINE_IMPL_H */
