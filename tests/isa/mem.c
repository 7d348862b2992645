// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Memory: the table pages, and the ops for the engine.
 */
#include "../lib/pool.h"
#include "hart.h"
#include "mem.h"
#include "say.h"

#define PAGES 1536u

/* If a flush of a range needs more fences than this, use one fence of everything. */
#define RANGE_FENCES_MAX 64u

extern char arena_start[];

static uint64_t pages[PAGES][POOL_WORDS] __attribute__((section(".tables"), aligned(16384)));
static struct gst_meta metas[PAGES];
static bool used[PAGES];

/* The program runs in M-mode without paging, so virtual and physical addresses are the same. */
struct pool pool = { .pages = pages, .metas = metas, .used = used, .count = PAGES };

void pool_failed(const char *what, const void *page)
{
	bail("%s: %x", what, (uint64_t)(uintptr_t)page);
}

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
	return pool.live;
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
	POOL_OPS,
	.flush = op_flush,
};
