/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst_ops for many threads. Table pages come from one array. Each thread has a cache of free
 * pages, and freed pages wait for a grace period.
 *
 * These functions take as few locks as possible. ThreadSanitizer treats every lock as an
 * ordering between threads, which would hide orderings that the engine itself lacks. So a
 * thread allocates from its own cache, and a reader writes only to its own slot.
 */
#ifndef TESTS_THREADS_MEM_H
#define TESTS_THREADS_MEM_H

#include <stdbool.h>
#include <stdint.h>

#include <gst/gst.h>

#include "../host/rng.h"

#define MEM_TABLES  2048
#define MEM_ROOTS   32
#define MEM_CACHE   256
#define MEM_READERS 8

/* gst_gather.source points to this: the cache of one thread. */
struct mem_source {
	unsigned int pages;
	void *page[MEM_CACHE];
	unsigned int fail_next;   /* how many of the next reservations fail */
	unsigned int fail_one_in; /* one reservation in this many fails; 0: none fails */
	unsigned int failures;
};

/* A function to call between two steps of the engine, or NULL. Each thread has its own. */
struct mem_hook {
	void (*fn)(void *arg, const char *where);
	void *arg;
};
extern _Thread_local struct mem_hook mem_hook;

/*
 * Random numbers of this thread, and how often it pauses in the engine: a larger number is
 * less often.
 */
extern _Thread_local struct rng mem_rng;
extern _Thread_local unsigned int mem_pause_one_in;

extern const struct gst_ops mem_ops;

/* Start over. @grace: freed pages wait for readers. No other thread may run. */
void mem_init(bool grace);

/* Begin and end a read. In between, no page that the reader can reach is used again. */
void mem_read_enter(unsigned int reader);
void mem_read_leave(unsigned int reader);

/* Return the pages of a thread's cache to the pool. */
void mem_source_empty(struct mem_source *source);

/* How many pages the tables use, without the freed pages that wait for readers. */
unsigned long mem_live(void);

/* How many pages have been freed so far. */
unsigned long mem_freed(void);

#endif /* TESTS_THREADS_MEM_H */
