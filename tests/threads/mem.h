/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst_ops for many threads: table pages out of one arena, a cache of them for each thread,
 * and a grace period for those that are freed.
 *
 * As little as possible orders one thread after another here, for ThreadSanitizer takes
 * every lock for an order that the engine could lean on: a thread allocates out of
 * its own cache, and a reader writes to its own slot alone.
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

/* gst_gather.source: the pages of one thread. */
struct mem_source {
	unsigned int pages;
	void *page[MEM_CACHE];
	unsigned int fail_next;   /* so many reservations from now on fail */
	unsigned int fail_one_in; /* one in so many fails; 0: none */
	unsigned int failures;
};

/* Called where the engine is between two steps, if not NULL. Each thread has its own. */
struct mem_hook {
	void (*fn)(void *arg, const char *where);
	void *arg;
};
extern _Thread_local struct mem_hook mem_hook;

/* Numbers for this thread, and how often it pauses in the engine: less often the larger. */
extern _Thread_local struct rng mem_rng;
extern _Thread_local unsigned int mem_pause_one_in;

extern const struct gst_ops mem_ops;

/* Forget everything. @grace: whether freed pages wait for readers. No thread but this one runs. */
void mem_init(bool grace);

/* A reader comes and goes. Between the two no page that it can reach is used again. */
void mem_read_enter(unsigned int reader);
void mem_read_leave(unsigned int reader);

/* Give back the pages of a thread's cache. */
void mem_source_empty(struct mem_source *source);

/* Pages in use by the tables, those that wait for readers not counted. */
unsigned long mem_live(void);

/* Pages that waited for readers so far. */
unsigned long mem_freed(void);

#endif /* TESTS_THREADS_MEM_H */
