/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: get a page of the VMM, and release it. Linux 6.13 replaced __gfn_to_pfn_memslot() by
 * __kvm_faultin_pfn().
 *
 * gst_kvm_ref_t is a reference on a page, which gst_kvm_get_pfn() takes. If a signal ends its wait
 * for the page, it returns a pfn for which is_sigpending_pfn() is true. gst_kvm_put_mapped() drops
 * the reference after the page was mapped, under the same hold of mmu_lock. gst_kvm_put_unmapped()
 * drops it if nothing was mapped.
 */
#ifndef GST_KVM_COMPAT_PAGES_H
#define GST_KVM_COMPAT_PAGES_H

#include <linux/kvm_host.h>

#ifdef GST_HAS_FAULTIN

typedef struct page *gst_kvm_ref_t;

static inline kvm_pfn_t gst_kvm_get_pfn(const struct kvm_memory_slot *slot, gfn_t gfn, bool write,
					bool *writable, gst_kvm_ref_t *ref)
{
	return __kvm_faultin_pfn(slot, gfn, FOLL_INTERRUPTIBLE | (write ? FOLL_WRITE : 0), writable,
				 ref);
}

static inline void gst_kvm_put_mapped(struct kvm *kvm, gst_kvm_ref_t ref, bool writable)
{
	kvm_release_faultin_page(kvm, ref, false, writable);
}

static inline void gst_kvm_put_unmapped(struct kvm *kvm, gst_kvm_ref_t ref)
{
	kvm_release_faultin_page(kvm, ref, true, false);
}

#else

typedef kvm_pfn_t gst_kvm_ref_t;

static inline kvm_pfn_t gst_kvm_get_pfn(const struct kvm_memory_slot *slot, gfn_t gfn, bool write,
					bool *writable, gst_kvm_ref_t *ref)
{
	return *ref = __gfn_to_pfn_memslot(slot, gfn, false, true, NULL, write, writable, NULL);
}

static inline void gst_kvm_put_mapped(struct kvm *kvm, gst_kvm_ref_t ref, bool writable)
{
	if (writable)
		kvm_set_pfn_dirty(ref);
	kvm_set_pfn_accessed(ref);
	kvm_release_pfn_clean(ref);
}

static inline void gst_kvm_put_unmapped(struct kvm *kvm, gst_kvm_ref_t ref)
{
	kvm_set_pfn_accessed(ref);
	kvm_release_pfn_clean(ref);
}

#endif

#endif /* GST_KVM_COMPAT_PAGES_H */
