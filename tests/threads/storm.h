/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One space, many threads: workers in shared entry and now and then alone, readers
 * without any lock; and what each of them knows to be true.
 */
#ifndef TESTS_THREADS_STORM_H
#define TESTS_THREADS_STORM_H

#include <pthread.h>

#include "mem.h"
#include "ops.h"
#include "tap.h"

#define LL(x) ((unsigned long long)(x))

#define PAGE  GST_PAGE_SIZE
#define BLOCK GST_LEVEL_SIZE(1)
#define PAGES GST_TABLE_ENTRIES /* of a block */
#define RW    (GST_READ | GST_WRITE)

#define WORKERS 4
#define READERS 2

/*
 * Blocks of one table of level 0 each, far enough apart that each has its own tables above
 * it, too: those come and go in the storm. The first are owned, the others are
 * everybody's. Behind them lies a page that nobody touches.
 */
#define OWNED      2
#define BLOCKS     4
#define ANCHOR_GPA block_gpa(BLOCKS)

/* Where most happens, in a block: pages that are worked upon one by one. */
#define ACTIVE 64u
/* Pages that one worker owns side by side. */
#define RUN 4u
/* Pages that are accounted for together, in the blocks that are everybody's. */
#define GROUP 16u

static inline gst_gpa_t block_gpa(unsigned int block)
{
	return (gst_gpa_t)block << (GST_XLEN == 64 ? 38 : 30);
}

/* What a gpa maps to; the blocks that are everybody's have a second place as well. */
#define PA_OFFSET  (UINT64_C(1) << (GST_XLEN == 64 ? 42 : 32))
#define PA_OFFSET2 (PA_OFFSET + 5 * BLOCK)

struct storm {
	struct gst_space space;
	pthread_rwlock_t lock;
	unsigned int rounds; /* of each worker */
	unsigned int working;

	/*
	 * How many entries have been changed at most, by attempts that were begun and by
	 * those that ended: none loses more often than others change something.
	 */
	uint64_t begun, ended;

	/* What came of it all. */
	uint64_t shared_ops, retries, busy, alone, no_memory, answers, exact;
};

extern struct storm storm;

/*
 * truth.c, owned pages: what each one maps, written by its owner in shared entry and by
 * whoever is alone. Low bits: the attributes, 0 where nothing is mapped.
 */
#define TRUTH_ATTR 15u
#define TRUTH_BUSY 16u /* about to change */
#define TRUTH_NEXT 32u /* added with each change */

uint32_t truth_read(unsigned int block, unsigned int page);
void truth_begin(unsigned int block, unsigned int lo, unsigned int hi);
/* Each page keeps what is in @keep, gets what is in @add; for those that are mapped alone if
 * @mapped. */
void truth_end(unsigned int block, unsigned int lo, unsigned int hi, gst_attr_t keep,
	       gst_attr_t add, bool mapped);
/* Is what was found for an owned page what the word says? Both must be settled by the caller. */
bool truth_agrees(unsigned int block, unsigned int page, uint32_t word, int ret,
		  const struct gst_leaf *leaf);
/* Look the pages up; all must be as they should, but for those about to change. */
void truth_check(unsigned int block, unsigned int lo, unsigned int hi, const char *when);

/*
 * truth.c, everybody's pages: which operations began and ended so far, by group of pages.
 * An operation's effect is certain where none that could undo it was under way at
 * any time since it began.
 */
struct account {
	uint64_t grants[2];   /* maps with W: begun, ended */
	uint64_t takes[2];    /* what takes W away */
	uint64_t replaces[2]; /* all maps */
};

struct account account_read(unsigned int block, unsigned int page, int which);
void account_note(unsigned int block, unsigned int lo, unsigned int hi, const struct op *op,
		  int which);
/* After @op: look a page up that was in its range. @before: its account, ended, before it. */
void account_check(unsigned int block, unsigned int page, const struct op *op,
		   const struct account *before);

/* worker.c and reader.c: what the threads do. */
void *worker(void *arg);
void *reader(void *arg);

/* Nobody else is at work: invariants, and all owned pages. */
void check_all(const char *when);

static inline void count(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static inline uint64_t counted(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

#endif /* TESTS_THREADS_STORM_H */
