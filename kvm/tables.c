// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: memory for tables: the engine's ops.
 *
 * An operation takes its tables from a struct kvm_mmu_memory_cache, which was topped up
 * before mmu_lock was taken. Operations that need no table have NULL for it.
 */
#include <linux/mm.h>

#include "events.h"
#include "hart/hart.h"

static atomic_long_t pages_live = ATOMIC_LONG_INIT(0);

unsigned long gst_kvm_tables_live(void)
{
	return atomic_long_read(&pages_live);
}

/*
 * The meta of a table is in page->lru, which belongs to the owner of the page. Bit 0 of that word
 * marks a compound page. The first member of the meta is a pointer to a page, so that bit 0 stays
 * clear.
 */
static struct gst_meta *ops_meta(void *ctx, void *page)
{
	BUILD_BUG_ON(sizeof(struct gst_meta) > sizeof(struct list_head));
	BUILD_BUG_ON(offsetof(struct gst_meta, next) != 0);

	return (struct gst_meta *)&virt_to_page(page)->lru;
}

static void *take_page(void *page)
{
	atomic_long_inc(&pages_live);
	kvm_account_pgtable_pages(page, 1);
	*ops_meta(NULL, page) = (struct gst_meta){};
	return page;
}

static int ops_reserve(void *ctx, void *source, unsigned int n)
{
	if (gst_kvm_test_fail() || !source || kvm_mmu_memory_cache_nr_free_objects(source) < n)
		return -ENOMEM;
	return 0;
}

static void *ops_alloc(void *ctx, void *source)
{
	return take_page(kvm_mmu_memory_cache_alloc(source));
}

static void *ops_alloc_root(void *ctx)
{
	unsigned int order = get_order(GST_ROOT_SIZE);
	struct page *pages;
	void *root;

	if (gst_kvm_test_fail())
		return NULL;
	pages = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, order);
	if (!pages)
		return NULL;
	/* The engine frees the four pages one by one. */
	split_page(pages, order);
	root = page_address(pages);
	for (unsigned int i = 0; i < GST_ROOT_PAGES; i++)
		take_page(root + i * PAGE_SIZE);
	return root;
}

static void ops_free(void *ctx, void *page)
{
	atomic_long_dec(&pages_live);
	kvm_account_pgtable_pages(page, -1);
	/* free_page() ignores 0. */
	free_page((unsigned long)gst_kvm_test_retire(page));
}

static gst_pa_t ops_to_pa(void *ctx, void *page)
{
	return __pa(page);
}

static void *ops_to_va(void *ctx, gst_pa_t pa)
{
	return __va(pa);
}

static void ops_resized(void *ctx, enum gst_resize how, gst_gpa_t gpa, uint64_t size,
			unsigned int level)
{
	struct gst_kvm *gk = ctx;

	if (how == GST_SPLIT) {
		gst_kvm_note_small(gk);
		atomic64_inc(&gk->stats.splits);
		trace_kvm_gstage_split(&gk->kvm, gpa, size, level);
	} else {
		atomic64_inc(&gk->stats.collapses);
		trace_kvm_gstage_collapse(&gk->kvm, gpa, size, level);
	}
}

const struct gst_ops gst_kvm_ops = {
	.reserve = ops_reserve,
	.alloc = ops_alloc,
	.alloc_root = ops_alloc_root,
	.free = ops_free,
	.to_pa = ops_to_pa,
	.to_va = ops_to_va,
	.meta = ops_meta,
	.flush = gst_kvm_flush,
	.resized = ops_resized,
};
