/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: the host's memory management: what it maps, and what it takes away.
 */
#ifndef GST_KVM_HOST_H
#define GST_KVM_HOST_H

#include "gstage.h"

/**
 * struct gst_kvm_host_leaf - a leaf of the VMM's own page tables
 * @present: there is a leaf. If not, only @none is valid, and @ordinary is false
 * @none: the entry is empty, not a swap entry or the like
 * @pfn: the page at the address
 * @level: 0 for a PTE, 1 for a PMD, 2 for a PUD
 * @ordinary: memory with a struct page, which the VMM may read and get_user_pages would return
 * @write: writable and dirty: a store by the guest does not change what the host must know
 * @young: used since the host last looked (A bit)
 */
struct gst_kvm_host_leaf {
	bool present;
	bool none;
	kvm_pfn_t pfn;
	unsigned int level;
	bool ordinary;
	bool write;
	bool young;
};

void gst_kvm_host_leaves(struct kvm *kvm, unsigned long hva, struct gst_kvm_host_leaf *leaves,
			 unsigned int count);
unsigned int gst_kvm_leaf_level(struct kvm *kvm, const struct kvm_memory_slot *slot, gfn_t gfn,
				kvm_pfn_t pfn, unsigned int level, unsigned long seq);

/* unmap.c */
void gst_kvm_unmap(struct kvm *kvm, gpa_t gpa, u64 size, bool may_sleep);
bool gst_kvm_next_leaf(struct kvm *kvm, gpa_t *gpa, gpa_t end);
void gst_kvm_finish(struct kvm *kvm, struct gst_gather *gather);
void gst_kvm_let_others(struct kvm *kvm, struct gst_gather *gather, bool may_sleep);

/* ioremap.c */
int gst_kvm_ioremap(struct kvm *kvm, gpa_t gpa, phys_addr_t hpa, unsigned long size, bool writable,
		    bool in_atomic);
void gst_kvm_iounmap(struct kvm *kvm, gpa_t gpa, unsigned long size);

#endif /* GST_KVM_HOST_H */
