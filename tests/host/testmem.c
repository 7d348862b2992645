// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * An embedder that checks everything the engine does. See testmem.h.
 */
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "testmem.h"

#define PAGE 4096u

/* After each page comes a poisoned one, so that an index beyond the page is an error. */
#define TABLE_STRIDE (2 * PAGE)
#define ROOT_STRIDE  (8 * PAGE)

/* The two regions, of tables and of roots, are above 4 GiB. */
#if GST_XLEN == 64
#define TABLES_PA UINT64_C(0x0094d200000000)
#define ROOTS_PA  UINT64_C(0x6a00c000000000)
#else
#define TABLES_PA UINT64_C(0x258000000)
#define ROOTS_PA  UINT64_C(0x3fff00000)
#endif

#define FRAMES (TESTMEM_TABLES + 4 * TESTMEM_ROOTS)

/* Frames 0 to TESTMEM_TABLES - 1 are for tables, the others for roots. */
static struct frame {
	enum testmem_state state;
	struct gst_meta meta;
} frames[FRAMES];

static char *tables_va;
static char *roots_va;

/* Factors to convert a frame to a physical page and back. They are inverse modulo 2^32. */
#define SCRAMBLE   UINT32_C(0x2c1b3c6d)
#define SCRAMBLE_1 UINT32_C(0x64ea2d65)

static uint64_t table_ppn(uint32_t frame)
{
	return (frame * SCRAMBLE) & (TESTMEM_TABLES - 1);
}

static uint32_t table_frame(uint64_t ppn)
{
	return ((uint32_t)ppn * SCRAMBLE_1) & (TESTMEM_TABLES - 1);
}

static char *frame_va(uint32_t frame)
{
	if (frame < TESTMEM_TABLES)
		return tables_va + (size_t)frame * TABLE_STRIDE;
	frame -= TESTMEM_TABLES;
	return roots_va + (size_t)(frame / 4) * ROOT_STRIDE + frame % 4 * PAGE;
}

static uint64_t frame_pa(uint32_t frame)
{
	if (frame < TESTMEM_TABLES)
		return TABLES_PA + table_ppn(frame) * PAGE;
	return ROOTS_PA + (uint64_t)(frame - TESTMEM_TABLES) * PAGE;
}

static struct frame *frame_of_pa(uint64_t pa)
{
	if (pa % PAGE)
		return NULL;
	if (pa >= TABLES_PA && pa < TABLES_PA + (uint64_t)TESTMEM_TABLES * PAGE)
		return &frames[table_frame((pa - TABLES_PA) / PAGE)];
	if (pa >= ROOTS_PA && pa < ROOTS_PA + UINT64_C(4) * TESTMEM_ROOTS * PAGE)
		return &frames[TESTMEM_TABLES + (pa - ROOTS_PA) / PAGE];
	return NULL;
}

static struct frame *frame_of_va(const void *page)
{
	uintptr_t va = (uintptr_t)page, tables = (uintptr_t)tables_va, roots = (uintptr_t)roots_va;
	struct frame *frame = NULL;

	if (va >= tables && va < tables + (size_t)TESTMEM_TABLES * TABLE_STRIDE)
		frame = &frames[(va - tables) / TABLE_STRIDE];
	else if (va >= roots && va < roots + (size_t)TESTMEM_ROOTS * ROOT_STRIDE &&
		 (va - roots) % ROOT_STRIDE < 4 * PAGE)
		frame = &frames[TESTMEM_TABLES + (va - roots) / ROOT_STRIDE * 4 +
				(va - roots) % ROOT_STRIDE / PAGE];
	if (!frame || frame_va(frame - frames) != page)
		return NULL;
	return frame;
}

static struct frame *live_frame(const void *page, const char *who)
{
	struct frame *frame = frame_of_va(page);

	CHECK("embedder", frame, "%s of %p, which is not a table page", who, page);
	CHECK("embedder", frame->state == TESTMEM_LIVE, "%s of a table page that was freed", who);
	return frame;
}

static void go_live(struct testmem *mem, struct frame *frame)
{
	void *va = frame_va(frame - frames);

	ASAN_UNPOISON_MEMORY_REGION(va, PAGE);
	ASAN_UNPOISON_MEMORY_REGION(&frame->meta, sizeof(frame->meta));
	memset(va, 0, PAGE);
	memset(&frame->meta, 0, sizeof(frame->meta));
	frame->state = TESTMEM_LIVE;
	mem->live++;
	mem->allocs++;
}

static void go_free(struct frame *frame)
{
	void *va = frame_va(frame - frames);

	memset(va, 0xf3, PAGE);
	memset(&frame->meta, 0xf3, sizeof(frame->meta));
	ASAN_POISON_MEMORY_REGION(va, PAGE);
	ASAN_POISON_MEMORY_REGION(&frame->meta, sizeof(frame->meta));
	frame->state = TESTMEM_FREE;
}

static void busy(struct testmem *mem)
{
	if (mem->watch.busy)
		mem->watch.busy(mem->watch.arg);
}

static int op_reserve(void *ctx, void *source, unsigned int n)
{
	struct testmem *mem = ctx;
	struct testmem_source *src = source;

	busy(mem);
	mem->reserves++;
	mem->reserved = n;
	if (n > mem->limit || (mem->fail_reserve && !--mem->fail_reserve)) {
		mem->failed = true;
		return -GST_ENOMEM;
	}
	if (!src) {
		CHECK("embedder", !n, "reserve of %u pages with source NULL", n);
		return 0;
	}
	/* The strictest reading of the contract: only the next n calls succeed. */
	src->promised = n;
	return 0;
}

static void *op_alloc(void *ctx, void *source)
{
	struct testmem *mem = ctx;
	struct testmem_source *src = source;

	busy(mem);
	CHECK("embedder", src && src->promised, "alloc of a page that was not reserved");
	src->promised--;
	for (unsigned int i = 0; i < TESTMEM_TABLES; i++) {
		uint32_t n = mem->next_table++ % TESTMEM_TABLES;

		if (frames[n].state == TESTMEM_LIVE)
			continue;
		go_live(mem, &frames[n]);
		return frame_va(n);
	}
	test_failed(__FILE__, __LINE__, "embedder", "all %u table pages are in use",
		    TESTMEM_TABLES);
}

static void *op_alloc_root(void *ctx)
{
	struct testmem *mem = ctx;

	if (mem->fail_root && !--mem->fail_root) {
		mem->failed = true;
		return NULL;
	}
	for (unsigned int i = 0; i < TESTMEM_ROOTS; i++) {
		uint32_t n = TESTMEM_TABLES + 4 * (mem->next_root++ % TESTMEM_ROOTS);

		if (frames[n].state == TESTMEM_LIVE || frames[n + 1].state == TESTMEM_LIVE ||
		    frames[n + 2].state == TESTMEM_LIVE || frames[n + 3].state == TESTMEM_LIVE)
			continue;
		for (unsigned int k = 0; k < 4; k++)
			go_live(mem, &frames[n + k]);
		return frame_va(n);
	}
	test_failed(__FILE__, __LINE__, "embedder", "all %u roots are in use", TESTMEM_ROOTS);
}

static void op_free(void *ctx, void *page)
{
	struct testmem *mem = ctx;
	struct frame *frame = live_frame(page, "free");

	busy(mem);
	if (mem->watch.freeing)
		mem->watch.freeing(mem->watch.arg, frame_pa(frame - frames));
	go_free(frame);
	mem->live--;
	mem->frees++;
}

static gst_pa_t op_to_pa(void *ctx, void *page)
{
	busy(ctx);
	return frame_pa(live_frame(page, "to_pa") - frames);
}

static void *op_to_va(void *ctx, gst_pa_t pa)
{
	struct testmem *mem = ctx;
	struct frame *frame = frame_of_pa(pa);

	mem->to_va_calls++;
	CHECK("embedder", frame, "to_va of 0x%llx, which is not a table page",
	      (unsigned long long)pa);
	CHECK("embedder", frame->state == TESTMEM_LIVE, "to_va of a table page that was freed");
	busy(mem);
	return frame_va(frame - frames);
}

static struct gst_meta *op_meta(void *ctx, void *page)
{
	(void)ctx;
	return &live_frame(page, "meta")->meta;
}

static void op_flush(void *ctx, const struct gst_flush *flush)
{
	struct testmem *mem = ctx;
	uint64_t step = GST_LEVEL_SIZE(flush->level);

	CHECK("embedder", flush->level < GST_LEVELS_MAX, "flush of level %u", flush->level);
	CHECK("embedder", flush->start < flush->end || flush->old_root, "flush of an empty range");
	CHECK("embedder", flush->all || !flush->old_root,
	      "a flush for a new root is not one of everything");
	CHECK("embedder", flush->start % step == 0 && flush->end % step == 0,
	      "flush of 0x%llx to 0x%llx, not aligned to level %u",
	      (unsigned long long)flush->start, (unsigned long long)flush->end, flush->level);
	busy(mem);
	mem->flushes++;
	mem->last_flush = *flush;
	if (mem->watch.flush)
		mem->watch.flush(mem->watch.arg, flush);
}

static void op_resized(void *ctx, enum gst_resize how, gst_gpa_t gpa, uint64_t size,
		       unsigned int level)
{
	struct testmem *mem = ctx;
	bool napot = level == 0;

	CHECK("embedder", level < GST_LEVELS_MAX, "resized with level %u", level);
	CHECK("embedder", size == (napot ? GST_NAPOT_SIZE : GST_LEVEL_SIZE(level)) && !(gpa % size),
	      "resized with a leaf of 0x%llx bytes and level %u at 0x%llx",
	      (unsigned long long)size, level, (unsigned long long)gpa);
	if (how == GST_SPLIT) {
		mem->splits += !napot;
		mem->napot_splits += napot;
	} else {
		mem->collapses += !napot;
	}
}

const struct gst_ops testmem_ops = {
	.reserve = op_reserve,
	.alloc = op_alloc,
	.alloc_root = op_alloc_root,
	.free = op_free,
	.to_pa = op_to_pa,
	.to_va = op_to_va,
	.meta = op_meta,
	.flush = op_flush,
	.resized = op_resized,
};

void testmem_init(struct testmem *mem)
{
	if (!tables_va) {
		tables_va = aligned_alloc(TABLE_STRIDE, (size_t)TESTMEM_TABLES * TABLE_STRIDE);
		roots_va = aligned_alloc(ROOT_STRIDE, (size_t)TESTMEM_ROOTS * ROOT_STRIDE);
		if (!tables_va || !roots_va) {
			fprintf(stderr, "no memory for the fake physical memory\n");
			exit(2);
		}
		ASAN_POISON_MEMORY_REGION(tables_va, (size_t)TESTMEM_TABLES * TABLE_STRIDE);
		ASAN_POISON_MEMORY_REGION(roots_va, (size_t)TESTMEM_ROOTS * ROOT_STRIDE);
	}
	for (unsigned int n = 0; n < FRAMES; n++)
		if (frames[n].state == TESTMEM_LIVE)
			go_free(&frames[n]);
	*mem = (struct testmem){ .limit = TESTMEM_TABLES };
}

const void *testmem_page(uint64_t pa)
{
	return testmem_page_mut(pa);
}

void *testmem_page_mut(uint64_t pa)
{
	struct frame *frame = frame_of_pa(pa);

	return frame && frame->state == TESTMEM_LIVE ? frame_va(frame - frames) : NULL;
}

struct gst_meta *testmem_meta(uint64_t pa)
{
	struct frame *frame = frame_of_pa(pa);

	return frame && frame->state == TESTMEM_LIVE ? &frame->meta : NULL;
}

uint64_t testmem_root_pa(const struct gst_space *space)
{
	return frame_pa(live_frame(gst_root_table(gst_root(space)), "root") - frames);
}
