/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An embedder that trusts nobody: gst_ops over a fake physical memory.
 *
 * Physical addresses are no virtual addresses and not even in their order, so
 * that a mix-up of the two is an error at once. Each table page has a poisoned
 * page behind it, and a freed page is poisoned and reused as late as can be.
 */
#ifndef TESTS_HOST_TESTMEM_H
#define TESTS_HOST_TESTMEM_H

#include <stdbool.h>
#include <stdint.h>

#include <gst/gst.h>

#define TESTMEM_TABLES 4096 /* frames for single tables, a power of 2 */
#define TESTMEM_ROOTS  16   /* frames for roots, each of 4 pages */

enum testmem_state {
	TESTMEM_FREE,
	TESTMEM_LIVE,
};

/* What gst_gather.source points to: memory promised to one operation. */
struct testmem_source {
	unsigned int promised;
};

struct testmem;

/* Lets others look on: harts walk at times that no lock forbids. */
struct testmem_watch {
	void *arg;
	void (*busy)(void *arg);                 /* the engine is in the middle of something */
	void (*freeing)(void *arg, uint64_t pa); /* before a table page goes */
	void (*flush)(void *arg, const struct gst_flush *flush);
};

struct testmem {
	struct testmem_watch watch;

	/* Injection: the Nth call from now fails, 1 being the next; 0 is never. */
	unsigned int fail_reserve;
	unsigned int fail_root;
	/* A reserve() of more pages than this fails. */
	unsigned int limit;
	bool failed; /* one of them did */

	/* Counters */
	uint64_t live; /* pages, those of roots included */
	uint64_t allocs;
	uint64_t frees;
	uint64_t reserves;
	uint64_t reserved; /* pages that the last call of reserve() asked for */
	uint64_t flushes;
	uint64_t to_va_calls;
	struct gst_flush last_flush;
	/* What the engine told: leaves of level 1 and up, and of 64 KiB. */
	uint64_t splits, collapses;
	uint64_t napot_splits;

	uint64_t next_table; /* queue of frames: the longest free is used next */
	uint64_t next_root;
};

extern const struct gst_ops testmem_ops;

/* One memory at a time: the frames are the program's. Forgets all of an earlier one. */
void testmem_init(struct testmem *mem);

/**
 * testmem_page() - what a hart reads at a physical address
 * @pa: of a page
 *
 * Return: the page, or NULL where no table page lives: a bus error.
 */
const void *testmem_page(uint64_t pa);

/* The same, to corrupt it by hand. */
void *testmem_page_mut(uint64_t pa);

struct gst_meta *testmem_meta(uint64_t pa);

/* The root of a space as hgatp would name it. */
uint64_t testmem_root_pa(const struct gst_space *space);

#endif /* TESTS_HOST_TESTMEM_H */
