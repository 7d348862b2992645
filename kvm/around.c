// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: fault-around: one exit for the pages that the host has populated already.
 *
 * A page comes along if the host maps it as ordinary memory, for the VMM to read, and
 * has seen it used since it last looked (its A bit). It may be written if the host's
 * PTE is writable and dirty, the slot is not read-only and its dirty pages are not
 * logged. So nothing is told to the guest that the host has not decided already:
 *
 * - A page that the host thinks old gets no leaf, and its use is seen by a fault. Our
 *   leaf of a young page ages by itself from then on, as one from a fault does.
 * - A store through our leaf makes no page dirty that is not. When the host cleans the
 *   page or takes it away it goes through the MMU notifier.
 * - With dirty logging every first store still faults.
 */
#include <linux/module.h>

#include "fault.h"

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
MODULE_PARM_DESC(gstage_fault_around, "pages of the aligned window that a fault maps if the host has "
				      "them: 0 (off), 2, 4, 8, 16 (default)");

/* May the guest use the page? The host has answered already. */
static gst_attr_t page_attr(const struct gst_kvm_fault *fault, const struct gst_kvm_host_leaf *leaf)
{
	bool write = leaf->write && !fault->logging && !(fault->slot->flags & KVM_MEM_READONLY);

	return GST_READ | GST_EXEC | (write ? GST_WRITE : 0);
}

/* Contiguous, aligned, alike: the host's own page of 64 KiB, or as good as one. */
static bool is_napot(const struct gst_kvm_fault *fault, const struct gst_kvm_window *window)
{
	kvm_pfn_t pfn = window->leaves[0].pfn;
	gst_attr_t attr = fault->attr & (GST_READ | GST_WRITE | GST_EXEC);

	if (!riscv_has_extension_unlikely(RISCV_ISA_EXT_SVNAPOT) || fault->logging ||
	    window->pages != GST_NAPOT_ENTRIES || (pfn & (GST_NAPOT_ENTRIES - 1)))
		return false;
	for (unsigned int i = 0; i < window->pages; i++) {
		const struct gst_kvm_host_leaf *leaf = &window->leaves[i];

		/* The page of the fault itself is known to be good. */
		if (leaf->pfn != pfn + i || (window->first + i != fault->gfn &&
		    (!leaf->ordinary || !leaf->young || page_attr(fault, leaf) != attr)))
			return false;
	}
	return true;
}

/**
 * gst_kvm_window_look() - see what the host has around a page
 * @fault: the fault, whose page is mapped by 4 KiB; kvm->mmu_lock is held
 * @window: filled in
 */
void gst_kvm_window_look(const struct gst_kvm_fault *fault, struct gst_kvm_window *window)
{
	const struct kvm_memory_slot *slot = fault->slot;
	struct kvm *kvm = fault->vcpu->kvm;
	unsigned int pages = READ_ONCE(fault_around);
	gfn_t end;

	window->pages = 1;
	window->napot = false;
	if (pages < 2 || fault->pfnmap)
		return;
	window->first = max(fault->gfn & ~(gfn_t)(pages - 1), slot->base_gfn);
	end = min((fault->gfn | (pages - 1)) + 1, slot->base_gfn + slot->npages);
	if (gst_kvm_invalidated(kvm, fault->mmu_seq, window->first, end))
		return;

	window->pages = end - window->first;
	for (unsigned int i = 0; i < window->pages; i++) {
		struct gst_kvm_host_leaf *leaf = &window->leaves[i];

		if (!gst_kvm_host_leaf(kvm, gfn_to_hva_memslot(fault->slot, window->first + i), leaf) ||
		    !leaf->young)
			leaf->ordinary = false;
	}
	window->napot = is_napot(fault, window);
}

/**
 * gst_kvm_window_map() - map the pages around the one of a fault, which is mapped
 * @fault: the fault
 * @window: what gst_kvm_window_look() saw, under the same hold of kvm->mmu_lock
 * @gather: the gather of the mapping
 *
 * What is mapped already stays as it is. There is a table for all of it, so that no memory
 * is needed.
 *
 * Return: the pages mapped. A lost race ends it early: the rest will fault.
 */
int gst_kvm_window_map(const struct gst_kvm_fault *fault, const struct gst_kvm_window *window,
		       struct gst_gather *gather)
{
	struct gst_space *space = gst_kvm_space(fault->vcpu->kvm);
	unsigned int mapped = 0;

	for (unsigned int i = 0, run; i < window->pages; i += run) {
		const struct gst_kvm_host_leaf *leaf = &window->leaves[i];
		gst_attr_t attr = page_attr(fault, leaf);

		run = 1;
		if (!leaf->ordinary)
			continue;
		while (i + run < window->pages && leaf[run].ordinary &&
		       leaf[run].pfn == leaf->pfn + run && page_attr(fault, &leaf[run]) == attr)
			run++;
		if (gst_map(space, (window->first + i) << PAGE_SHIFT, (u64)run << PAGE_SHIFT,
			    (gst_pa_t)leaf->pfn << PAGE_SHIFT, attr | GST_KEEP, 0, gather))
			break;
		mapped += run;
	}
	return mapped;
}
