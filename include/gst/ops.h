/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: what the engine asks of whoever embeds it, and nothing more.
 */
#ifndef GST_OPS_H
#define GST_OPS_H

#include <gst/base.h>
#include <gst/root.h>

/**
 * struct gst_meta - what the engine keeps about one 4 KiB page of tables
 * @next: next page of a gather list
 * @live: entries of the page that are not zero
 * @napots: 64 KiB leaves among them, each of GST_NAPOT_ENTRIES entries
 * @mark: the last gst_check() that came by
 *
 * The embedder gives each table page one, zeroed with the page: in a kernel it
 * fits into the struct page. A root has four, one for each of its pages, so
 * that each can become a table of its own.
 */
struct gst_meta {
	void *next;
	uint32_t live;
	uint16_t napots;
	uint16_t mark;
};

/**
 * struct gst_flush - which translations harts must forget
 * @start: first gpa, aligned to @level's size
 * @end: end of the range, exclusive, aligned likewise
 * @level: the smallest leaf of the range; one address-ranged fence for each
 *	GST_LEVEL_SIZE(@level) covers it
 * @all: everything of this space (HFENCE.GVMA with rs1=x0): tables went away or
 *	a huge leaf was split; the range is still filled in, for statistics
 * @old_root: not 0: the space has another root or format since. Every hart that
 *	uses the space must load the new word and then fence with rs1=x0 (privileged
 *	spec: after a change of hgatp.MODE for a VMID), and none may keep the old
 *	one. @all is set too.
 *
 * Privileged spec, "Hypervisor Memory-Management Fence Instructions": a fence
 * with an address covers leaf PTEs only.
 */
struct gst_flush {
	gst_gpa_t start;
	gst_gpa_t end;
	unsigned int level;
	bool all;
	gst_root_t old_root;
};

/**
 * enum gst_resize - how a leaf changed its size
 * @GST_SPLIT: the leaf is smaller ones now, which translate alike
 * @GST_COLLAPSE: the leaf has come in the place of smaller ones
 */
enum gst_resize {
	GST_SPLIT,
	GST_COLLAPSE,
};

/**
 * struct gst_ops - the seam between the engine and its embedder
 * @reserve: make the next @n calls of @alloc with @source succeed. Return: 0 or
 *	-GST_ENOMEM, and then nothing is owed. Called before an operation's
 *	first change, never after it.
 * @alloc: one zeroed 4 KiB table page, its meta zeroed too, out of what was
 *	reserved; never fails then
 * @alloc_root: GST_ROOT_PAGES contiguous zeroed pages aligned to
 *	GST_ROOT_SIZE, virtually and physically, each of which can be freed by
 *	@free alone. Return: NULL where there are none.
 * @free: one table page that no hart can walk any more. Where gst_lookup(),
 *	gst_young(), gst_iterate() or gst_dump() run without entry, the page must
 *	outlive those under way: free it after a grace period.
 * @to_pa: physical address of a table page
 * @to_va: a table page by its physical address
 * @meta: the page's struct gst_meta
 * @flush: return only when no hart that may use this space holds a translation
 *	of the range, and, for gst_flush.all, none is walking its tables
 * @resized: for statistics: told of every leaf that was split, or that smaller ones
 *	gave way to, with its first gpa, bytes and level; right after it changed, and
 *	before a flush. NULL: nobody wants to know
 *
 * @ctx is gst_space.ctx, @source is gst_gather.source. Nothing else is asked:
 * the engine does not lock, sleep or print.
 */
struct gst_ops {
	int (*reserve)(void *ctx, void *source, unsigned int n);
	void *(*alloc)(void *ctx, void *source);
	void *(*alloc_root)(void *ctx);
	void (*free)(void *ctx, void *page);
	gst_pa_t (*to_pa)(void *ctx, void *page);
	void *(*to_va)(void *ctx, gst_pa_t pa);
	struct gst_meta *(*meta)(void *ctx, void *page);
	void (*flush)(void *ctx, const struct gst_flush *flush);
	void (*resized)(void *ctx, enum gst_resize how, gst_gpa_t gpa, uint64_t size,
			unsigned int level);
};

#endif /* GST_OPS_H */
