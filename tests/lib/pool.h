/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Table pages for test programs that embed the engine in a simple way: an array of pages, each of
 * which is free or in use. The program has one thread, and needs no C library.
 */
#ifndef TESTS_LIB_POOL_H
#define TESTS_LIB_POOL_H

#include <gst/gst.h>

#define POOL_WORDS (GST_PAGE_SIZE / 8)

/**
 * struct pool - the table pages of a program
 * @pages: the pages, aligned to GST_ROOT_SIZE
 * @metas: the meta of each page
 * @used: whether each page is in use
 * @count: the number of pages, a multiple of GST_ROOT_PAGES
 * @live: how many of them are in use
 * @offset: the physical address of a page minus its virtual address
 */
struct pool {
	uint64_t (*pages)[POOL_WORDS];
	struct gst_meta *metas;
	bool *used;
	unsigned int count, live;
	uint64_t offset;
};

/* The program defines its pool. */
extern struct pool pool;

/* The program defines what happens if the engine breaks the contract of gst_ops. */
_Noreturn void pool_failed(const char *what, const void *page);

int pool_reserve(void *ctx, void *source, unsigned int n);
void *pool_alloc(void *ctx, void *source);
void *pool_alloc_root(void *ctx);
void pool_free(void *ctx, void *page);
gst_pa_t pool_to_pa(void *ctx, void *page);
void *pool_to_va(void *ctx, gst_pa_t pa);
struct gst_meta *pool_meta(void *ctx, void *page);

/* The members of struct gst_ops that this library implements. They ignore ctx and source. */
#define POOL_OPS                                                                                   \
	.reserve = pool_reserve, .alloc = pool_alloc, .alloc_root = pool_alloc_root,               \
	.free = pool_free, .to_pa = pool_to_pa, .to_va = pool_to_va, .meta = pool_meta

#endif /* TESTS_LIB_POOL_H */
