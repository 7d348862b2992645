/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: guest page faults.
 */
#ifndef GST_KVM_FAULT_H
#define GST_KVM_FAULT_H

#include "events.h"
#include "host/host.h"

/**
 * struct gst_kvm_fault - one fault
 * @vcpu: the vCPU that faulted
 * @slot: the memslot, under kvm->srcu
 * @gpa: the address
 * @gfn: its page
 * @hva: its address in the VMM
 * @kind: the kind of access
 * @write: the access was a store
 * @logging: the slot's dirty pages are logged
 * @none: the host's table has nothing at all at the address
 * @pinned: the page came from get_user_pages: @got, @pfn and @mmu_seq are valid
 * @there: the host had the page and took no fault of its own for it, or has it in a large leaf
 * @pfnmap: the VMA is a PFNMAP: no struct pages
 * @attr: permissions and memory type of the leaf
 * @shift: log2 of the VMA's page size, for a SIGBUS
 * @mmu_seq: kvm->mmu_invalidate_seq before the page was looked up
 * @got: the reference on the page, which must be given back
 * @pfn: the page to map
 * @level: the level of leaf that maps it
 * @leaf: what was mapped: @level, or GST_KVM_LEAF_64K; GST_KVM_NO_LEAF while nothing is
 */
struct gst_kvm_fault {
	struct kvm_vcpu *vcpu;
	struct kvm_memory_slot *slot;
	gpa_t gpa;
	gfn_t gfn;
	unsigned long hva;
	enum gst_kvm_fault_kind kind;
	bool write;
	bool logging;
	bool none;
	bool pinned;
	bool there;
	bool pfnmap;
	gst_attr_t attr;
	short shift;
	unsigned long mmu_seq;
	gst_kvm_ref_t got;
	kvm_pfn_t pfn;
	unsigned int level;
	unsigned int leaf;
};

static inline u64 gst_kvm_fault_size(const struct gst_kvm_fault *fault)
{
	switch (fault->leaf) {
	case GST_KVM_NO_LEAF:
		return 0;
	case GST_KVM_LEAF_64K:
		return GST_NAPOT_SIZE;
	default:
		return GST_LEVEL_SIZE(fault->leaf);
	}
}

/* fault.c */
int gst_kvm_guest_fault(struct kvm_vcpu *vcpu, struct kvm_memory_slot *slot, gpa_t gpa,
			unsigned long hva, bool write);
int gst_kvm_answer(struct gst_kvm_fault *fault);
void gst_kvm_trace_fault(const struct gst_kvm_fault *fault, int ret);

/*
 * Answer a fault, and count it. Return: 0 if the guest may try again, or a negative error. If a
 * notifier was at the page, or the slot was replaced, it returns 0 with @fault->leaf
 * GST_KVM_NO_LEAF: nothing was mapped.
 *
 * Inline, because the callers have the counted values in registers. A call would cost as much as
 * the counting.
 */
static inline int gst_kvm_fault(struct gst_kvm_fault *fault)
{
	int ret = gst_kvm_answer(fault);

	gst_kvm_count(fault->vcpu, faults[fault->kind][fault->leaf], 1);
	if (trace_kvm_gstage_fault_enabled())
		gst_kvm_trace_fault(fault, ret);
	return ret;
}

/* around.c: the pages around a 4 KiB page that the host has populated */

/**
 * struct gst_kvm_window - an aligned window of pages around a fault
 * @first: its first page
 * @pages: number of pages; 1: no window
 * @leaves: what the host has there, an array of @pages
 */
struct gst_kvm_window {
	gfn_t first;
	unsigned int pages;
	struct gst_kvm_host_leaf *leaves;
};

unsigned int gst_kvm_window_size(const struct gst_kvm_fault *fault);
void gst_kvm_window_look(const struct gst_kvm_fault *fault, struct gst_kvm_window *window);
bool gst_kvm_window_is_napot(const struct gst_kvm_fault *fault,
			     const struct gst_kvm_window *window);
int gst_kvm_window_map(const struct gst_kvm_fault *fault, const struct gst_kvm_window *window,
		       struct gst_gather *gather);

#endif /* GST_KVM_FAULT_H */
