/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: what the host maps.
 */
#ifndef GST_KVM_HOST_H
#define GST_KVM_HOST_H

#include "gstage.h"

/**
 * struct gst_kvm_host_leaf - a leaf of the VMM's own page tables
 * @present: there is one; else nothing but @none holds, and @ordinary, which is false
 * @none: there is nothing, not even what tells where the page is meanwhile
 * @pfn: the page at the address that was asked for
 * @level: 0 for a PTE, 1 for a PMD, 2 for a PUD
 * @ordinary: memory with a struct page, that the VMM may read and get_user_pages would give
 * @write: writable, and dirty already: a store behind the host's back makes it no dirtier
 * @young: used since the host last looked
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
void gst_kvm_unmap(struct kvm *kvm, gpa_t gpa, u64 size, bool may_break);
bool gst_kvm_next_leaf(struct kvm *kvm, gpa_t *gpa, gpa_t end);
void gst_kvm_let_others(struct kvm *kvm, struct gst_gather *gather);

/* ioremap.c */
int gst_kvm_ioremap(struct kvm *kvm, gpa_t gpa, phys_addr_t hpa, unsigned long size, bool writable,
		    bool in_atomic);
void gst_kvm_iounmap(struct kvm *kvm, gpa_t gpa, unsigned long size);

#endif /* GST_KVM_HOST_H */
