// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkimage FILE MODE [GPA:LEVEL:XOR | h::XOR]...: let the engine build tables, flip bits of some
 * entries or of hgatp, and write the memory of the tables to FILE. It prints hgatp. The GPA 1 means
 * the last page of the format. There is a build for each XLEN.
 *
 * From 0x80000000 on, the tables map a large leaf, a 64 KiB leaf if the XLEN has Svnapot, and five
 * pages. They also map the last page of the format. Memory begins at 0x88000000.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/pool.h"

#define BASE  UINT64_C(0x88000000)
#define PAGES 32

static _Alignas(GST_ROOT_SIZE) uint64_t memory[PAGES][POOL_WORDS];
static struct gst_meta metas[PAGES];
static bool used[PAGES];

struct pool pool = { .pages = memory, .metas = metas, .used = used, .count = PAGES };

void pool_failed(const char *what, const void *page)
{
	errx(1, "%s: %p", what, page);
}

static void flush(void *ctx, const struct gst_flush *what)
{
	(void)ctx;
	(void)what;
}

static const struct gst_ops ops = {
	POOL_OPS,
	.flush = flush,
};

static void map(struct gst_space *space, gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr)
{
	struct gst_gather gather;

	gst_gather_init(&gather, NULL);
	if (gst_map(space, gpa, size, pa, attr, GST_LEVELS_MAX - 1, &gather))
		errx(1, "cannot map 0x%" PRIx64, gpa);
	gst_gather_finish(space, &gather);
}

/* Return: the entry of @level in the walk of @gpa. */
static gst_pte_t *entry(const struct gst_format *fmt, gst_gpa_t gpa, unsigned int level)
{
	gst_pte_t *page = (gst_pte_t *)memory, *ptep = NULL;
	unsigned int at, entries = GST_ROOT_ENTRIES;

	for (at = fmt->levels; at-- > level; entries = GST_TABLE_ENTRIES) {
		ptep = &page[gpa >> GST_LEVEL_SHIFT(at) & (entries - 1)];
		if (at > level) {
			if (!gst_pte_is_table(*ptep))
				errx(1, "no table on the way to 0x%" PRIx64, gpa);
			page = pool_to_va(NULL, gst_pte_table_pa(*ptep));
		}
	}
	return ptep;
}

int main(int argc, char **argv)
{
	const struct gst_format *fmt = argc > 2 ? gst_format_of_name(argv[2]) : NULL;
	const gst_attr_t rw = GST_READ | GST_WRITE;
	struct gst_space space;
	uint64_t hgatp;
	gst_gpa_t last;
	FILE *f;
	int i;

	if (!fmt)
		errx(2, "FILE MODE [GPA:LEVEL:XOR]...");
	hgatp = (uint64_t)fmt->mode << (GST_XLEN == 64 ? 60 : 31) | BASE >> GST_PAGE_SHIFT;
	last = gst_format_size(fmt) - GST_PAGE_SIZE;
	pool.offset = BASE - (uintptr_t)memory;
	if (gst_init(&space, &ops, NULL, fmt))
		errx(1, "cannot make a root");
	map(&space, 0x80000000, GST_LEVEL_SIZE(1), 0x90000000, rw | GST_EXEC);
	if (GST_XLEN == 64)
		map(&space, 0x80800000, GST_NAPOT_SIZE, 0x91000000, rw | GST_NAPOT);
	map(&space, 0x80900000, 5 * GST_PAGE_SIZE, 0x92003000, rw);
	map(&space, last, GST_PAGE_SIZE, 0x93000000, GST_READ);
	for (i = 3; i < argc; i++) {
		unsigned int level;
		uint64_t gpa, mask;

		if (sscanf(argv[i], "h::%" SCNx64, &mask) == 1) {
			hgatp ^= mask;
			continue;
		}
		if (sscanf(argv[i], "%" SCNx64 ":%u:%" SCNx64, &gpa, &level, &mask) != 3)
			errx(2, "what is %s?", argv[i]);
		*entry(fmt, gpa == 1 ? last : gpa, level) ^= mask;
	}
	f = fopen(argv[1], "wb");
	if (!f || fwrite(memory, 1, sizeof(memory), f) != sizeof(memory) || fclose(f))
		err(1, "%s", argv[1]);
	printf("0x%" PRIx64 "\n", hgatp);
	return 0;
}
