// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: fault-around: one exit for several pages that the host has populated.
 *
 * If the host had the page of the fault, then the fault also maps pages around it, into holes of
 * the table. It maps a page if the host maps it as ordinary memory that the VMM may read, and has
 * seen it used since it last looked (A bit). The leaf is writable if the host's PTE is writable and
 * dirty, the slot is not read-only, and dirty pages are not logged. So the leaves change nothing
 * that the host relies on:
 *
 * - A page that the host thinks old gets no leaf. Its next use is seen by a fault. The leaf of
 *   a young page ages by itself from then on, as any leaf does.
 * - A store through such a leaf cannot make a clean page dirty. When the host cleans the
 *   page or unmaps it, it calls the MMU notifier.
 * - With dirty logging, every first store still faults.
 */
#include <linux/module.h>

#include "events.h"
#include "fault/fault.h"

static unsigned int fault_around = GST_NAPOT_ENTRIES;

static int around_set(const char *value, const struct kernel_param *unused)
{
	unsigned int pages;
	int ret = kstrtouint(value, 0, &pages);

	if (ret)
		return ret;
	if (pages > GST_NAPOT_ENTRIES || (pages & (pages - 1))) {
		pr_err("kvm: gstage_fault_around: %u is not 0 or a power of two up to %u pages\n",
		       pages, GST_NAPOT_ENTRIES);
		return -EINVAL;
	}
	WRITE_ONCE(fault_around, pages);
	return 0;
}

static const struct kernel_param_ops around_ops = {
	.set = around_set,
	.get = param_get_uint,
};
module_param_cb(gstage_fault_around, &around_ops, &fault_around, 0644);
MODULE_PARM_DESC(gstage_fault_around,
		 "pages of the aligned window that a fault maps if the host has "
		 "them: 0 (off), 2, 4, 8, 16 (default)");

/* Permissions of the leaf for a page; 0: do not map it. */
static gst_attr_t page_attr(const struct gst_kvm_fault *fault, const struct gst_kvm_host_leaf *leaf)
{
	bool write = leaf->write && !fault->logging && !(fault->slot->flags & KVM_MEM_READONLY);

	if (!leaf->ordinary || !leaf->young)
		return 0;
	return GST_READ | GST_EXEC | (write ? GST_WRITE : 0);
}

/**
 * gst_kvm_window_size() - how many pages the window of a fault may have
 * @fault: the fault
 *
 * If the host has not populated the memory, the guest brings in its pages one by one, and has
 * mapped the earlier ones already. A look at the pages around would only cost time. With Svnapot it
 * is worth it, because one fault of the host may bring in a 64 KiB page.
 *
 * Return: the number of pages; 1 means no window.
 */
unsigned int gst_kvm_window_size(const struct gst_kvm_fault *fault)
{
	if (!fault->there && !riscv_has_extension_unlikely(RISCV_ISA_EXT_SVNAPOT))
		return 1;
	return max(READ_ONCE(fault_around), 1u);
}

/**
 * gst_kvm_window_look() - see what the host has at a page and around it
 * @fault: the fault; kvm->mmu_lock is held and its page is known to be current
 * @window: filled in. On entry @window->pages is the largest size. If a notifier is at the window,
 *	only the page of the fault is left
 */
void gst_kvm_window_look(const struct gst_kvm_fault *fault, struct gst_kvm_window *window)
{
	const struct kvm_memory_slot *slot = fault->slot;
	gfn_t pages = window->pages;
	gfn_t first = max(fault->gfn & ~(pages - 1), slot->base_gfn);
	gfn_t end = min((fault->gfn | (pages - 1)) + 1, slot->base_gfn + slot->npages);

	if (gst_kvm_invalidated(fault->vcpu->kvm, slot, fault->mmu_seq, first, end)) {
		first = fault->gfn;
		end = first + 1;
	}
	window->first = first;
	window->pages = end - first;
	gst_kvm_host_leaves(fault->vcpu->kvm, __gfn_to_hva_memslot(slot, first), window->leaves,
			    window->pages);
}

/**
 * gst_kvm_window_is_napot() - does the window make one leaf of 64 KiB?
 * @fault: the fault
 * @window: what gst_kvm_window_look() saw
 *
 * Return: true if the pages are contiguous, aligned and alike: a 64 KiB page of the host, or pages
 * that look like one.
 */
bool gst_kvm_window_is_napot(const struct gst_kvm_fault *fault, const struct gst_kvm_window *window)
{
	gst_attr_t attr = fault->attr & (GST_READ | GST_WRITE | GST_EXEC);
	kvm_pfn_t pfn;

	if (!riscv_has_extension_unlikely(RISCV_ISA_EXT_SVNAPOT) || fault->logging ||
	    window->pages != GST_NAPOT_ENTRIES || !window->leaves[0].present)
		return false;
	pfn = window->leaves[0].pfn;
	if (pfn & (GST_NAPOT_ENTRIES - 1))
		return false;
	for (unsigned int i = 0; i < window->pages; i++) {
		const struct gst_kvm_host_leaf *leaf = &window->leaves[i];

		/* The permissions of the page of the fault are in @attr. */
		if (!leaf->present || leaf->pfn != pfn + i ||
		    (window->first + i != fault->gfn && page_attr(fault, leaf) != attr))
			return false;
	}
	return true;
}

/**
 * gst_kvm_window_map() - map the pages around the page of a fault, which is mapped
 * @fault: the fault
 * @window: what gst_kvm_window_look() saw, under the same hold of kvm->mmu_lock
 * @gather: the gather of the mapping
 *
 * Return: the pages mapped.
 */
int gst_kvm_window_map(const struct gst_kvm_fault *fault, const struct gst_kvm_window *window,
		       struct gst_gather *gather)
{
	struct kvm *kvm = fault->vcpu->kvm;
	gpa_t gpa = window->first << PAGE_SHIFT;
	struct gst_page pages[GST_NAPOT_ENTRIES];
	bool any = false;
	int filled = 0;

	for (unsigned int i = 0; i < window->pages; i++) {
		const struct gst_kvm_host_leaf *leaf = &window->leaves[i];

		pages[i].attr = window->first + i == fault->gfn ? 0 : page_attr(fault, leaf);
		if (!pages[i].attr)
			continue;
		pages[i].pa = (gst_pa_t)leaf->pfn << PAGE_SHIFT;
		any = true;
	}
	if (any)
		filled = gst_fill(gst_kvm_space(kvm), gpa, pages, window->pages, gather);
	/* The pages are not contiguous in memory: trace no pa. */
	if (filled > 0)
		trace_kvm_gstage_map(kvm, gpa, (u64)window->pages << PAGE_SHIFT, 0, 0, 0, filled);
	return filled;
}
