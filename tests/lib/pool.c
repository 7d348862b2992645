// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Table pages for test programs. See pool.h.
 */
#include "pool.h"

static void *take(unsigned int i)
{
	for (unsigned int word = 0; word < POOL_WORDS; word++)
		pool.pages[i][word] = 0;
	pool.metas[i] = (struct gst_meta){ 0 };
	pool.used[i] = true;
	pool.live++;
	return pool.pages[i];
}

static unsigned int index_of(const void *page)
{
	uintptr_t offset = (uintptr_t)page - (uintptr_t)pool.pages;

	if (offset % GST_PAGE_SIZE || offset / GST_PAGE_SIZE >= pool.count ||
	    !pool.used[offset / GST_PAGE_SIZE])
		pool_failed("the engine passed an address that is no table page", page);
	return offset / GST_PAGE_SIZE;
}

int pool_reserve(void *ctx, void *source, unsigned int n)
{
	(void)ctx, (void)source;
	return n <= pool.count - pool.live ? 0 : -GST_ENOMEM;
}

/*
 * Take single pages from the end and roots from the start, so that four contiguous pages stay
 * free.
 */
void *pool_alloc(void *ctx, void *source)
{
	(void)ctx, (void)source;
	for (unsigned int i = pool.count; i-- > 0;)
		if (!pool.used[i])
			return take(i);
	pool_failed("no page is left, although the pages were reserved", NULL);
}

void *pool_alloc_root(void *ctx)
{
	const bool *used = pool.used;

	(void)ctx;
	for (unsigned int i = 0; i < pool.count; i += GST_ROOT_PAGES)
		if (!used[i] && !used[i + 1] && !used[i + 2] && !used[i + 3]) {
			take(i + 1);
			take(i + 2);
			take(i + 3);
			return take(i);
		}
	return NULL;
}

/*
 * Fill a freed page with PTEs that are misaligned or reserved: a hart that still walks it faults.
 */
void pool_free(void *ctx, void *page)
{
	unsigned int i = index_of(page);

	(void)ctx;
	for (unsigned int word = 0; word < POOL_WORDS; word++)
		pool.pages[i][word] = ~UINT64_C(0);
	pool.used[i] = false;
	pool.live--;
}

gst_pa_t pool_to_pa(void *ctx, void *page)
{
	(void)ctx;
	return (uintptr_t)page + pool.offset;
}

void *pool_to_va(void *ctx, gst_pa_t pa)
{
	(void)ctx;
	return (void *)(uintptr_t)(pa - pool.offset);
}

struct gst_meta *pool_meta(void *ctx, void *page)
{
	(void)ctx;
	return &pool.metas[index_of(page)];
}
