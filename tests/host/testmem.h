/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An embedder that checks everything the engine does: gst_ops on a fake physical memory.
 *
 * Physical addresses differ from virtual addresses and are in another order, so that using one
 * as the other fails at once. After each table page comes a poisoned page. A freed page is
 * poisoned, and is used again as late as possible.
 */
#ifndef TESTS_HOST_TESTMEM_H
#define TESTS_HOST_TESTMEM_H

#include <stdbool.h>
#include <stdint.h>

#include <gst/gst.h>

#define TESTMEM_TABLES 4096 /* how many single pages there are; a power of 2 */
#define TESTMEM_ROOTS  16   /* how many roots there are, each of 4 pages */

enum testmem_state {
	TESTMEM_FREE,
	TESTMEM_LIVE,
};

/* gst_gather.source points to this: the pages that are promised to one operation. */
struct testmem_source {
	unsigned int promised;
};

struct testmem;

/* Functions to call during operations. They let modelled harts walk at any time. */
struct testmem_watch {
	void *arg;
	void (*busy)(void *arg);                 /* called in the middle of an operation */
	void (*freeing)(void *arg, uint64_t pa); /* called before a table page is freed */
	void (*flush)(void *arg, const struct gst_flush *flush);
};

struct testmem {
	struct testmem_watch watch;

	/* Injected failures: the Nth call from now fails. 1 is the next call, 0 means never. */
	unsigned int fail_reserve;
	unsigned int fail_root;
	/* reserve() fails for more pages than this. */
	unsigned int limit;
	bool failed; /* an injected failure has happened */

	/* Counters */
	uint64_t live; /* pages in use, with those of roots */
	uint64_t allocs;
	uint64_t frees;
	uint64_t reserves;
	uint64_t reserved; /* how many pages the last reserve() asked for */
	uint64_t flushes;
	uint64_t to_va_calls;
	struct gst_flush last_flush;
	/* Calls of gst_ops.resized: for leaves of level 1 and above, and for 64 KiB leaves. */
	uint64_t splits, collapses;
	uint64_t napot_splits;

	uint64_t next_table; /* the frames are a queue: the one that is free longest is used next */
	uint64_t next_root;
};

extern const struct gst_ops testmem_ops;

/* Start over. There is only one memory in a program, so this frees all pages of an earlier one. */
void testmem_init(struct testmem *mem);

/**
 * testmem_page() - the page that a hart reads at a physical address
 * @pa: the address of a page
 *
 * Return: the page, or NULL if there is no table page in use: a hart would get a bus error.
 */
const void *testmem_page(uint64_t pa);

/* The same, to write to the page by hand. */
void *testmem_page_mut(uint64_t pa);

struct gst_meta *testmem_meta(uint64_t pa);

/* The physical address of a space's root. */
uint64_t testmem_root_pa(const struct gst_space *space);

#endif /* TESTS_HOST_TESTMEM_H */
