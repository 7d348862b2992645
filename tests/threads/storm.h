/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Many threads on one space. Workers run operations in shared entry, and sometimes in
 * exclusive entry, which is called "alone" here. Readers take no lock. All of them check
 * what they find against what must be true at that moment.
 *
 * Two kinds of pages make this possible. An owned page is changed by one worker in shared
 * entry, or by any worker that is alone. A word says what it maps, so every answer for it
 * can be checked exactly. A common page is changed by everybody. For it, operations are
 * counted, and an answer is checked if no operation could have changed it meanwhile.
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
#define PAGES GST_TABLE_ENTRIES /* in a block */
#define RW    (GST_READ | GST_WRITE)

#define WORKERS 4
#define READERS 2

/*
 * Each block is one table of level 0. The blocks are so far apart that each has its own
 * upper tables, too, which are linked and freed during the test. The first OWNED blocks have
 * owned pages, the others common pages. After them comes one page that nobody changes.
 */
#define OWNED      2
#define BLOCKS     4
#define ANCHOR_GPA block_gpa(BLOCKS)

/* The first pages of a block, on which most operations work. */
#define ACTIVE 64u
/* How many neighbouring pages one worker owns. */
#define RUN 4u
/* How many common pages share one account. */
#define GROUP 16u

static inline gst_gpa_t block_gpa(unsigned int block)
{
	return (gst_gpa_t)block << (GST_XLEN == 64 ? 38 : 30);
}

/* pa - gpa of all pages. Common pages may also have the second offset. */
#define PA_OFFSET  (UINT64_C(1) << (GST_XLEN == 64 ? 42 : 32))
#define PA_OFFSET2 (PA_OFFSET + 5 * BLOCK)

struct storm {
	struct gst_space space;
	pthread_rwlock_t lock;
	unsigned int rounds; /* of each worker */
	unsigned int working;

	/*
	 * Upper bounds of the number of changed entries, by attempts that have begun and by
	 * attempts that have ended. With them, worker.c checks that an operation does not
	 * lose a race more often than other threads change an entry.
	 */
	uint64_t begun, ended;

	/* Counters of the operations and their results. */
	uint64_t shared_ops, retries, busy, alone, no_memory, answers, exact;
};

extern struct storm storm;

/*
 * truth.c, owned pages: one word for each page. The owner writes it in shared entry, any
 * worker when it is alone. The low bits are the attributes, 0 if the page is not mapped.
 */
#define TRUTH_ATTR 15u
#define TRUTH_BUSY 16u /* the page is about to change */
#define TRUTH_NEXT 32u /* added to the word with each change */

uint32_t truth_read(unsigned int block, unsigned int page);
void truth_begin(unsigned int block, unsigned int lo, unsigned int hi);
/*
 * The pages keep the attributes in @keep and gain those in @add. With @mapped, this applies
 * only to pages that are mapped.
 */
void truth_end(unsigned int block, unsigned int lo, unsigned int hi, gst_attr_t keep,
	       gst_attr_t add, bool mapped);
/*
 * Does the result of a lookup agree with the word of an owned page? The page must not be about
 * to change.
 */
bool truth_agrees(unsigned int block, unsigned int page, uint32_t word, int ret,
		  const struct gst_leaf *leaf);
/* Look up owned pages and check them, except those that are about to change. */
void truth_check(unsigned int block, unsigned int lo, unsigned int hi, const char *when);

/*
 * truth.c, common pages: how many operations have begun and ended, for each group of pages.
 * The effect of an operation is certain if no operation that could undo it was running at
 * any time since it began.
 */
struct account {
	uint64_t grants[2];   /* maps with W: begun, ended */
	uint64_t takes[2];    /* operations that remove W */
	uint64_t replaces[2]; /* all maps */
};

struct account account_read(unsigned int block, unsigned int page, int which);
void account_note(unsigned int block, unsigned int lo, unsigned int hi, const struct op *op,
		  int which);
/*
 * After @op, look up a page of its range. @before: the page's account of ended operations
 * before @op.
 */
void account_check(unsigned int block, unsigned int page, const struct op *op,
		   const struct account *before);

/* The main functions of the threads, in worker.c and reader.c. */
void *worker(void *arg);
void *reader(void *arg);

/* Check the invariants and all owned pages. No other thread may change the space. */
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
