// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Memory: the table pages, and the ops for the engine.
 *
 * The program runs in M-mode without paging, so virtual and physical addresses are the same.
 */
#include "hart.h"
#include "mem.h"
#include "say.h"

#define PAGES 1536u

/* If a flush of a range needs more fences than this, use one fence of everything. */
#define RANGE_FENCES_MAX 64u

extern char arena_start[];

static uint64_t pages[PAGES][512] __attribute__((section(".tables"), aligned(16384)));
static struct gst_meta metas[PAGES];
static bool used[PAGES];
static unsigned int pages_used;

gst_pa_t arena_base(void)
{
	return (uintptr_t)arena_start;
}

bool arena_has(gst_pa_t pa)
{
	return pa >= arena_base() && pa - arena_base() < ARENA_SIZE;
}

unsigned int mem_pages_used(void)
{
	return pages_used;
}

static void *page_take(unsigned int i)
{
	for (unsigned int word = 0; word < 512; word++)
		pages[i][word] = 0;
	metas[i] = (struct gst_meta){ 0 };
	used[i] = true;
	pages_used++;
	return pages[i];
}

static unsigned int page_index(const void *page)
{
	uintptr_t offset = (uintptr_t)page - (uintptr_t)pages;

	if (offset % 4096 || offset >= sizeof(pages) || !used[offset / 4096])
		bail("the engine passed %x, which is not a table page", (uint64_t)(uintptr_t)page);
	return offset / 4096;
}

static int op_reserve(void *ctx, void *source, unsigned int n)
{
	(void)ctx, (void)source;
	return n <= PAGES - pages_used ? 0 : -GST_ENOMEM;
}

/*
 * Take single pages from the end and roots from the start, so that four contiguous pages stay
 * free.
 */
static void *op_alloc(void *ctx, void *source)
{
	(void)ctx, (void)source;
	for (unsigned int i = PAGES; i-- > 0;)
		if (!used[i])
			return page_take(i);
	bail("no page is left, although the pages were reserved");
}

static void *op_alloc_root(void *ctx)
{
	(void)ctx;
	for (unsigned int i = 0; i < PAGES; i += 4)
		if (!used[i] && !used[i + 1] && !used[i + 2] && !used[i + 3]) {
			page_take(i + 1);
			page_take(i + 2);
			page_take(i + 3);
			return page_take(i);
		}
	return NULL;
}

/*
 * Fill a freed page with PTEs that are misaligned or reserved: a hart that still walks it
 * faults.
 */
static void op_free(void *ctx, void *page)
{
	unsigned int i = page_index(page);

	(void)ctx;
	for (unsigned int word = 0; word < 512; word++)
		pages[i][word] = ~UINT64_C(0);
	used[i] = false;
	pages_used--;
}

static gst_pa_t op_to_pa(void *ctx, void *page)
{
	(void)ctx;
	return (uintptr_t)page;
}

static void *op_to_va(void *ctx, gst_pa_t pa)
{
	(void)ctx;
	return (void *)(uintptr_t)pa;
}

static struct gst_meta *op_meta(void *ctx, void *page)
{
	(void)ctx;
	return &metas[page_index(page)];
}

/*
 * Fence on the only hart, exactly as struct gst_flush says and no more. Load a new root before
 * the fence.
 */
static void op_flush(void *ctx, const struct gst_flush *flush)
{
	struct guest *guest = ctx;
	uint64_t step = GST_LEVEL_SIZE(flush->level);

	if (flush->old_root) {
		guest->reloads++;
		hart_load(hart_hgatp(gst_root(&guest->space), guest->vmid));
	}
#ifdef ISA_NO_FENCE
	/* A seeded bug: the hart keeps what it has cached. */
	return;
#endif
	if (flush->all ||
	    (flush->end - flush->start) >> GST_LEVEL_SHIFT(flush->level) > RANGE_FENCES_MAX) {
		guest->fences_all++;
		hart_fence_all(guest->vmid);
		return;
	}
	guest->fences_range++;
	for (gst_gpa_t gpa = flush->start; gpa < flush->end; gpa += step)
		hart_fence_gpa(gpa, guest->vmid);
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
