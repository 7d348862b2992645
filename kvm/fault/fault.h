/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: one guest page fault on its way.
 */
#ifndef GST_KVM_FAULT_H
#define GST_KVM_FAULT_H

#include "events.h"
#include "host/host.h"

/**
 * struct gst_kvm_fault - one fault
 * @vcpu: who faulted
 * @slot: the memslot, under kvm->srcu
 * @gpa: the address
 * @gfn: its page
 * @hva: where the VMM has it
 * @kind: why there was a fault
 * @write: it was a store
 * @logging: the slot's dirty pages are logged
 * @none: the host's table has nothing at all at the address
 * @pinned: get_user_pages has given the page: @got, @pfn and @mmu_seq hold
 * @there: the host had the page, and took no fault of its own to give it; or has it in a large leaf
 * @pfnmap: the VMA has no struct pages behind it
 * @attr: how the page may be used
 * @shift: log2 of the VMA's page size, for a SIGBUS
 * @mmu_seq: kvm->mmu_invalidate_seq before the page was looked up
 * @got: the reference on the page, to be given back
 * @pfn: the page to map
 * @level: the level of leaf that maps it
 * @leaf: what answered it: that level, or GST_KVM_LEAF_64K; GST_KVM_NO_LEAF as long as nothing is mapped
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
 * Answer it. Return: 0 when the guest may try again; with @fault->leaf GST_KVM_NO_LEAF it lost
 * against an MMU notifier, or the slot was replaced, and nothing was mapped. Else a negative error.
 *
 * Inline, for its callers have at hand what is counted: a call more would cost what counting does.
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
 * @pages: how many; 1: there is no window
 * @leaves: what the host has there: room for @pages
 */
struct gst_kvm_window {
	gfn_t first;
	unsigned int pages;
	struct gst_kvm_host_leaf *leaves;
};

unsigned int gst_kvm_window_size(const struct gst_kvm_fault *fault);
void gst_kvm_window_look(const struct gst_kvm_fault *fault, struct gst_kvm_window *window);
bool gst_kvm_window_is_napot(const struct gst_kvm_fault *fault, const struct gst_kvm_window *window);
int gst_kvm_window_map(const struct gst_kvm_fault *fault, const struct gst_kvm_window *window,
		       struct gst_gather *gather);

#endif /* GST_KVM_FAULT_H */
