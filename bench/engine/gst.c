// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The engine under measurement, embedded in the simplest way.
 */
#include <gst/gst.h>
#include <string.h>

#include "impl.h"
#include "mem.h"

#define ATTR (GST_READ | GST_WRITE | GST_EXEC)

static struct gst_space space;
static struct gst_meta metas[MEM_PAGES];

static int op_reserve(void *ctx, void *source, unsigned int n)
{
	(void)ctx;
	(void)source;
	return mem_has(n) ? 0 : -GST_ENOMEM;
}

static void *op_alloc(void *ctx, void *source)
{
	(void)ctx;
	(void)source;
	return mem_page();
}

static void *op_alloc_root(void *ctx)
{
	(void)ctx;
	return mem_root();
}

/* mem_reset() takes all pages back. */
static void op_free(void *ctx, void *page)
{
	(void)ctx;
	(void)page;
}

static gst_pa_t op_to_pa(void *ctx, void *page)
{
	(void)ctx;
	return mem_pa(page);
}

static void *op_to_va(void *ctx, gst_pa_t pa)
{
	(void)ctx;
	return mem_va(pa);
}

static struct gst_meta *op_meta(void *ctx, void *page)
{
	(void)ctx;
	return &metas[((uintptr_t)page - (uintptr_t)mem.start) >> 12];
}

static void op_flush(void *ctx, const struct gst_flush *flush)
{
	(void)ctx;
	(void)flush;
	mem.fences++;
}

static const struct gst_ops ops = {
	.reserve = op_reserve,
	.alloc = op_alloc,
	.alloc_root = op_alloc_root,
	.free = op_free,
	.to_pa = op_to_pa,
	.to_va = op_to_va,
	.meta = op_meta,
	.flush = op_flush,
};

/* Run an operation as a VM does: with its fence, and with the freeing of tables. */
#define RUN(what, gpa, call)                                                                       \
	do {                                                                                       \
		struct gst_gather gather;                                                          \
                                                                                                   \
		gst_gather_init(&gather, NULL);                                                    \
		if (call)                                                                          \
			bench_failed(what, gpa);                                                   \
		gst_gather_finish(&space, &gather);                                                \
	} while (0)

static void open_space(unsigned int levels)
{
	for (unsigned int i = 0; i < GST_FORMATS; i++)
		if (gst_formats[i].xlen == GST_XLEN && gst_formats[i].levels == levels &&
		    !gst_init(&space, &ops, NULL, &gst_formats[i]))
			return;
	bench_failed("gst_init", levels);
}

static void close_space(void)
{
	if (gst_check(&space, NULL, NULL))
		bench_failed("gst_check", 0);
	gst_destroy(&space);
	memset(metas, 0, mem.next * sizeof(metas[0]));
}

static unsigned long tables(void)
{
	return space.tables;
}

static unsigned int state(uint64_t gpa)
{
	struct gst_leaf leaf;

	if (gst_lookup(&space, gpa, &leaf))
		return 0;
	return MAPPED | (leaf.attr & GST_WRITE ? WRITABLE : 0) | (leaf.young ? YOUNG : 0) |
	       (leaf.level ? HUGE_LEAF : 0);
}

static void map_huge(uint64_t gpa, uint64_t pages)
{
	RUN("gst_map", gpa,
	    gst_map(&space, gpa, pages * PAGE_BYTES, MEMORY_PA + gpa, ATTR, 1, &gather));
}

static void map_range(uint64_t gpa, uint64_t pages)
{
	RUN("gst_map", gpa,
	    gst_map(&space, gpa, pages * PAGE_BYTES, MEMORY_PA + gpa, ATTR, 0, &gather));
}

/* Map pages into an existing table, as fault-around does. */
static void fill(uint64_t gpa, uint64_t count)
{
	static struct gst_page pages[FILL_PAGES];

	if (!pages[0].attr)
		for (unsigned int i = 0; i < FILL_PAGES; i++)
			pages[i] = (struct gst_page){ MEMORY_PA + (i ^ 1) * PAGE_BYTES, ATTR };
	RUN("gst_fill", gpa, gst_fill(&space, gpa, pages, count, &gather) < 0);
}

static void lookup(uint64_t gpa, uint64_t arg)
{
	struct gst_leaf leaf;

	(void)arg;
	if (gst_lookup(&space, gpa, &leaf))
		bench_failed("gst_lookup", gpa);
}

static void young(uint64_t gpa, uint64_t pages)
{
	if (gst_young(&space, gpa, pages * PAGE_BYTES, true) != 1)
		bench_failed("gst_young", gpa);
}

static void wrprotect(uint64_t gpa, uint64_t pages)
{
	RUN("gst_wrprotect", gpa, gst_wrprotect(&space, gpa, pages * PAGE_BYTES, 0, &gather));
}

static void wrprotect_mask(uint64_t gpa, uint64_t mask)
{
	RUN("gst_wrprotect_mask", gpa, gst_wrprotect_mask(&space, gpa, mask, &gather));
}

static void unmap(uint64_t gpa, uint64_t pages)
{
	RUN("gst_unmap", gpa, gst_unmap(&space, gpa, pages * PAGE_BYTES, 0, &gather));
}

static void split(uint64_t gpa, uint64_t pages)
{
	RUN("gst_split", gpa, gst_split(&space, gpa, pages * PAGE_BYTES, 0, &gather));
}

static void collapse(uint64_t gpa, uint64_t pages)
{
	RUN("gst_collapse", gpa, gst_collapse(&space, gpa, pages * PAGE_BYTES, 1, 0, &gather));
}

const struct impl bench_impl = {
	.open = open_space,
	.close = close_space,
	.tables = tables,
	.state = state,
	.map_huge = map_huge,
	.map_range = map_range,
	.map_page = map_range,
	.fill = fill,
	.lookup = lookup,
	.young_range = young,
	.young_page = young,
	.wrprotect = wrprotect,
	.wrprotect_mask = wrprotect_mask,
	.unmap = unmap,
	.split = split,
	.collapse = collapse,
};
