/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: the functions that an embedder gives to the engine.
 *
 * The engine calls nothing else. It takes no lock, does not sleep and prints nothing.
 */
#ifndef GST_OPS_H
#define GST_OPS_H

#include <gst/base.h>
#include <gst/root.h>

/**
 * struct gst_meta - what the engine records about one 4 KiB page of tables
 * @next: the next page in a gather's list of pages to free
 * @live: how many entries of the page are not zero
 * @napots: how many 64 KiB leaves the page has, each of GST_NAPOT_ENTRIES entries
 * @mark: the number of the last gst_check() that visited the page
 *
 * The embedder provides one for each table page and zeroes it when it zeroes the
 * page. In a kernel it fits into the struct page. A root has four, one for each
 * of its pages, because each of them can become a table of its own.
 */
struct gst_meta {
	void *next;
	uint32_t live;
	uint16_t napots;
	uint16_t mark;
};

/**
 * struct gst_flush - the translations that harts must drop
 * @start: the first gpa, aligned to the size of @level
 * @end: the end of the range, exclusive, aligned to the size of @level
 * @level: the level of the smallest leaf in the range. One fence with an address for
 *	every GST_LEVEL_SIZE(@level) bytes covers the range.
 * @all: drop all translations of the space (HFENCE.GVMA with rs1=x0), because tables
 *	were unlinked or a huge leaf was split. @start, @end and @level are still set,
 *	for statistics.
 * @old_root: if not 0, gst_reformat() has replaced this root. Every hart that uses the
 *	space must load the new root into hgatp, then fence with rs1=x0 (the privileged
 *	spec requires this after hgatp.MODE changes for a VMID). No hart may keep the
 *	old root. @all is set, too.
 *
 * A fence with an address applies to leaf PTEs only (privileged spec, "Hypervisor
 * Memory-Management Fence Instructions").
 */
struct gst_flush {
	gst_gpa_t start;
	gst_gpa_t end;
	unsigned int level;
	bool all;
	gst_root_t old_root;
};

/**
 * enum gst_resize - how the size of a leaf changed
 * @GST_SPLIT: the leaf was split into smaller leaves with the same translations
 * @GST_COLLAPSE: the leaf replaced smaller leaves
 */
enum gst_resize {
	GST_SPLIT,
	GST_COLLAPSE,
};

/**
 * struct gst_ops - the functions of the embedder
 * @reserve: make sure that the next @n calls of @alloc with @source succeed. Return 0,
 *	or -GST_ENOMEM if that is not possible. An operation calls this before its
 *	first change, never after it.
 * @alloc: return one zeroed 4 KiB table page from the reserved ones, with a zeroed meta.
 *	This must not fail.
 * @alloc_root: return GST_ROOT_PAGES contiguous zeroed pages with zeroed metas, or NULL.
 *	The virtual and the physical address must be aligned to GST_ROOT_SIZE. @free
 *	must be able to free each of the pages alone.
 * @free: free one table page. No hart can walk it any more. If readers (gst_lookup(),
 *	gst_young(), gst_iterate(), gst_dump(), gst_steps()) run without entry, they may
 *	still read the page: free it after a grace period.
 * @to_pa: return the physical address of a table page
 * @to_va: return the virtual address of the table page at a physical address
 * @meta: return the struct gst_meta of a table page
 * @flush: make harts drop translations. Return only when no hart that may use the space
 *	holds a translation of the range. With gst_flush.all, wait also until no hart
 *	is in a walk of the space that it began before.
 * @resized: for statistics; may be NULL. Called for every leaf that was split and for every
 *	leaf that replaced smaller ones, with its first gpa, its size in bytes and its
 *	level. The call comes right after the change and before the flush.
 *
 * @ctx is gst_space.ctx, @source is gst_gather.source. All functions except @alloc_root
 * are called in the context of the operation, so that they must not sleep if its
 * caller cannot sleep.
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
