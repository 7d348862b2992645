// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_ops for many threads. See mem.h for the scheme.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mem.h"
#include "tap.h"
#include "windows.h"
#undef __atomic_compare_exchange_n
#undef __atomic_store_n
#undef __atomic_load_n

/* gcc and clang say in different ways that AddressSanitizer is on. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(addr, size)   ((void)(addr))
#define ASAN_UNPOISON_MEMORY_REGION(addr, size) ((void)(addr))
#endif

#define PAGE   4096u
#define FRAMES (MEM_TABLES + 4 * MEM_ROOTS)
/* The tables come first, the roots after them. Physical addresses differ from virtual ones. */
#define ARENA_PA UINT64_C(0x1c0000000)

enum state { POOL, LIVE, WAITING };

static char *arena;
static struct frame {
	struct gst_meta meta;
	enum state state;
	uint64_t epoch; /* the epoch in which it was freed */
	struct frame *next;
} frames[FRAMES];

/* Free pages, and freed pages that wait for readers, the oldest first. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct frame *pool, *waiting, **waiting_end;
static unsigned int waiters;
static unsigned long live, freed;
static bool grace;

/* A reader's slot is 0, or the epoch in which its read began. */
static uint64_t epoch;
static struct {
	uint64_t epoch;
	char padding[56]; /* a cache line for each slot */
} readers[MEM_READERS];

_Thread_local struct mem_hook mem_hook;
_Thread_local struct rng mem_rng;
_Thread_local unsigned int mem_pause_one_in;

/* Let other threads run: in one call of @factor times mem_pause_one_in, or as the hook wants. */
static void between(const char *where, unsigned int factor)
{
	if (mem_hook.fn)
		mem_hook.fn(mem_hook.arg, where);
	else if (mem_pause_one_in && rng_one_in(&mem_rng, factor * mem_pause_one_in))
		nanosleep(&(struct timespec){ .tv_nsec = 1 }, NULL);
}

void mem_before_change(void)
{
	/* One operation may change many entries, so pause less often. */
	between("change", 8);
}

void mem_before_look(void)
{
	if (mem_hook.fn)
		mem_hook.fn(mem_hook.arg, "look");
}

static void *frame_va(const struct frame *frame)
{
	return arena + (size_t)(frame - frames) * PAGE;
}

static struct frame *frame_of(const void *page, const char *who)
{
	size_t at = (size_t)((const char *)page - arena);

	if (at % PAGE || at / PAGE >= FRAMES) {
		printf("# %s of %p, which is no table page\n", who, page);
		abort();
	}
	return &frames[at / PAGE];
}

/* Return a page to the pool. A walk that wrongly reads it finds leaves that map nonsense. */
static void retire(struct frame *frame)
{
	memset(frame_va(frame), 0xf3, PAGE);
	ASAN_POISON_MEMORY_REGION(frame_va(frame), PAGE);
	__atomic_store_n(&frame->state, POOL, __ATOMIC_RELAXED);
	if (frame - frames < MEM_TABLES) {
		frame->next = pool;
		pool = frame;
	}
}

/*
 * Retire the pages that no reader can reach: those that were freed before the oldest
 * read began. Both sides use sequentially consistent accesses: either this function
 * sees the reader, or the reader sees the tables without the page.
 */
static void reclaim(void)
{
	uint64_t oldest = UINT64_MAX;

	for (unsigned int i = 0; i < MEM_READERS; i++) {
		uint64_t came = __atomic_load_n(&readers[i].epoch, __ATOMIC_SEQ_CST);

		if (came && came < oldest)
			oldest = came;
	}
	while (waiting && waiting->epoch < oldest) {
		struct frame *frame = waiting;

		waiting = frame->next;
		waiters--;
		retire(frame);
	}
	if (!waiting)
		waiting_end = &waiting;
}

void mem_read_enter(unsigned int reader)
{
	__atomic_exchange_n(&readers[reader].epoch, __atomic_load_n(&epoch, __ATOMIC_RELAXED),
			    __ATOMIC_SEQ_CST);
}

void mem_read_leave(unsigned int reader)
{
	__atomic_store_n(&readers[reader].epoch, 0, __ATOMIC_RELEASE);
}

static void op_free(void *ctx, void *page)
{
	struct frame *frame = frame_of(page, "free");

	(void)ctx;
	EXPECT(__atomic_load_n(&frame->state, __ATOMIC_RELAXED) == LIVE, "a page is freed twice");
	__atomic_fetch_sub(&live, 1, __ATOMIC_RELAXED);
	pthread_mutex_lock(&lock);
	freed++;
	if (grace) {
		__atomic_store_n(&frame->state, WAITING, __ATOMIC_RELAXED);
		frame->epoch = __atomic_fetch_add(&epoch, 1, __ATOMIC_SEQ_CST);
		frame->next = NULL;
		*waiting_end = frame;
		waiting_end = &frame->next;
		if (++waiters % 16 == 0)
			reclaim();
	} else {
		retire(frame);
	}
	pthread_mutex_unlock(&lock);
}

static int op_reserve(void *ctx, void *source, unsigned int n)
{
	struct mem_source *src = source;
	bool enough;

	(void)ctx;
	between("reserve", 4);
	if (src->fail_next) {
		src->fail_next--;
		src->failures++;
		return -GST_ENOMEM;
	}
	if (src->fail_one_in && rng_one_in(&mem_rng, src->fail_one_in)) {
		/* Half of the time the engine's second, smaller reservation fails, too. */
		src->fail_next = (unsigned int)rng_below(&mem_rng, 2);
		src->failures++;
		return -GST_ENOMEM;
	}
	if (src->pages >= n)
		return 0;
	if (n > MEM_CACHE)
		return -GST_ENOMEM;
	pthread_mutex_lock(&lock);
	if (!pool)
		reclaim();
	/* Take a few more than needed, so that the lock is seldom taken. */
	while (pool && src->pages < MEM_CACHE && src->pages < n + 16) {
		src->page[src->pages++] = frame_va(pool);
		pool = pool->next;
	}
	enough = src->pages >= n;
	pthread_mutex_unlock(&lock);
	return enough ? 0 : -GST_ENOMEM;
}

static void go_live(struct frame *frame)
{
	ASAN_UNPOISON_MEMORY_REGION(frame_va(frame), PAGE);
	memset(frame_va(frame), 0, PAGE);
	memset(&frame->meta, 0, sizeof(frame->meta));
	__atomic_store_n(&frame->state, LIVE, __ATOMIC_RELAXED);
	__atomic_fetch_add(&live, 1, __ATOMIC_RELAXED);
}

static void *op_alloc(void *ctx, void *source)
{
	struct mem_source *src = source;
	void *page;

	(void)ctx;
	if (!src->pages) {
		printf("# alloc of a page that was not reserved\n");
		abort();
	}
	page = src->page[--src->pages];
	go_live(frame_of(page, "alloc"));
	return page;
}

static void *op_alloc_root(void *ctx)
{
	void *root = NULL;

	(void)ctx;
	pthread_mutex_lock(&lock);
	reclaim();
	for (struct frame *at = frames + MEM_TABLES; at < frames + FRAMES && !root; at += 4) {
		unsigned int used = 0;

		for (unsigned int i = 0; i < 4; i++)
			used += __atomic_load_n(&at[i].state, __ATOMIC_RELAXED) != POOL;
		if (used)
			continue;
		for (unsigned int i = 0; i < 4; i++)
			go_live(&at[i]);
		root = frame_va(at);
	}
	pthread_mutex_unlock(&lock);
	return root;
}

static gst_pa_t op_to_pa(void *ctx, void *page)
{
	(void)ctx;
	/* Most calls are for a table that is about to be linked. Let others link one first. */
	between("to_pa", 1);
	return ARENA_PA + (gst_pa_t)((char *)page - arena);
}

static void *op_to_va(void *ctx, gst_pa_t pa)
{
	struct frame *frame = frame_of(arena + (pa - ARENA_PA), "to_va");

	(void)ctx;
	between("to_va", 4);
	EXPECT(__atomic_load_n(&frame->state, __ATOMIC_RELAXED) != POOL,
	       "a walk reads a table that was freed");
	return frame_va(frame);
}

static struct gst_meta *op_meta(void *ctx, void *page)
{
	(void)ctx;
	between("meta", 4);
	return &frame_of(page, "meta")->meta;
}

static void op_flush(void *ctx, const struct gst_flush *flush)
{
	(void)ctx;
	EXPECT(flush->start < flush->end || flush->old_root, "a flush of an empty range");
	between("flush", 4);
}

const struct gst_ops mem_ops = {
	.reserve = op_reserve,
	.alloc = op_alloc,
	.alloc_root = op_alloc_root,
	.free = op_free,
	.to_pa = op_to_pa,
	.to_va = op_to_va,
	.meta = op_meta,
	.flush = op_flush,
};

void mem_init(bool with_grace)
{
	if (!arena)
		arena = aligned_alloc(4 * PAGE, (size_t)FRAMES * PAGE);
	if (!arena) {
		fprintf(stderr, "no memory for the tables\n");
		exit(2);
	}
	grace = with_grace;
	epoch = 1;
	live = freed = 0;
	waiters = 0;
	pool = waiting = NULL;
	waiting_end = &waiting;
	for (struct frame *frame = frames; frame < frames + FRAMES; frame++) {
		ASAN_UNPOISON_MEMORY_REGION(frame_va(frame), PAGE);
		retire(frame);
	}
}

void mem_source_empty(struct mem_source *source)
{
	pthread_mutex_lock(&lock);
	while (source->pages) {
		struct frame *frame = frame_of(source->page[--source->pages], "give back");

		frame->next = pool;
		pool = frame;
	}
	pthread_mutex_unlock(&lock);
}

unsigned long mem_live(void)
{
	return __atomic_load_n(&live, __ATOMIC_RELAXED);
}

unsigned long mem_freed(void)
{
	unsigned long n;

	pthread_mutex_lock(&lock);
	n = freed;
	pthread_mutex_unlock(&lock);
	return n;
}
