// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: making, detaching and destroying a space.
 *
 * Tables are freed in two steps. Under its lock the caller detaches the root, which
 * is one exchange: no operation finds the tables any more. When no hart and no
 * reader walks them, the caller frees them without the lock, page by page from the
 * leaves up, with pauses.
 */
#include "table.h"

/* How many tables are freed between two calls of the pause function. */
#define PAUSE_TABLES 256

struct teardown {
	struct gst_space *space;
	void (*pause)(void *ctx);
	unsigned int since_pause;
};

void *gst_root_alloc(struct gst_space *space)
{
	void *root = space->ops->alloc_root(space->ctx);

	/* INV-01. Check the embedder: a hart would silently ignore the low bits of the PPN. */
	if (root &&
	    (((uintptr_t)root | space->ops->to_pa(space->ctx, root)) & (GST_ROOT_SIZE - 1))) {
		gst_root_free(space, root);
		root = NULL;
	}
	return root;
}

void gst_root_free(struct gst_space *space, void *root)
{
	for (unsigned int i = 0; root && i < GST_ROOT_PAGES; i++)
		space->ops->free(space->ctx, (char *)root + i * GST_PAGE_SIZE);
}

int gst_init(struct gst_space *space, const struct gst_ops *ops, void *ctx,
	     const struct gst_format *fmt)
{
	void *root;

	*space = (struct gst_space){ .ops = ops, .ctx = ctx };
	if (!fmt || fmt->xlen != GST_XLEN)
		return -GST_EINVAL;
	root = gst_root_alloc(space);
	if (!root)
		return -GST_ENOMEM;
	__atomic_store_n(&space->root, gst_root_make(root, fmt->mode), __ATOMIC_RELEASE);
	return 0;
}

const struct gst_format *gst_space_format(const struct gst_space *space)
{
	return gst_format_of_mode(gst_root_mode(gst_root(space)));
}

gst_root_t gst_detach(struct gst_space *space)
{
	return __atomic_exchange_n(&space->root, 0, __ATOMIC_ACQ_REL);
}

/* Free a page of @level and all tables below it, and update the counters. */
static void teardown_page(struct teardown *down, gst_pte_t *page, unsigned int level)
{
	struct gst_space *space = down->space;
	const struct gst_meta *meta = gst_meta_of(space, page);
	unsigned int live = meta->live;

	if (level == 0) {
		gst_table_forget_leaves(space, meta);
		live = 0;
	}
	for (gst_pte_t *ptep = page; live; ptep++) {
		gst_pte_t pte = gst_pte_load(ptep);

		if (!gst_pte_valid(pte))
			continue;
		live--;
		if (gst_pte_is_leaf(pte)) {
			space->leaves[level]--;
		} else {
			teardown_page(down, gst_pte_next_table(space, pte), level - 1);
			space->tables--;
		}
	}
	space->ops->free(space->ctx, page);
	if (down->pause && ++down->since_pause == PAUSE_TABLES) {
		down->since_pause = 0;
		down->pause(space->ctx);
	}
}

void gst_free_detached(struct gst_space *space, gst_root_t root, void (*pause)(void *ctx))
{
	const struct gst_format *fmt = gst_format_of_mode(gst_root_mode(root));
	struct teardown down = { .space = space, .pause = pause };

	if (!root)
		return;
	for (unsigned int i = 0; i < GST_ROOT_PAGES; i++)
		teardown_page(&down, gst_root_table(root) + i * GST_TABLE_ENTRIES, fmt->levels - 1);
}

void gst_destroy(struct gst_space *space)
{
	gst_free_detached(space, gst_detach(space), NULL);
}
