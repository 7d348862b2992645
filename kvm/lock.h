/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: kvm->mmu_lock, and what it has to do with MMU notifiers. docs/LOCKING.md says who
 * holds it how.
 */
#ifndef GST_KVM_LOCK_H
#define GST_KVM_LOCK_H

#include <linux/kvm_host.h>

static inline void gst_kvm_lock(struct kvm *kvm)
{
	write_lock(&kvm->mmu_lock);
}

static inline void gst_kvm_unlock(struct kvm *kvm)
{
	write_unlock(&kvm->mmu_lock);
}

static inline void gst_kvm_read_lock(struct kvm *kvm)
{
	read_lock(&kvm->mmu_lock);
}

static inline void gst_kvm_read_unlock(struct kvm *kvm)
{
	read_unlock(&kvm->mmu_lock);
}

/* Exclusively. */
static inline void gst_kvm_assert_locked(struct kvm *kvm)
{
	lockdep_assert_held_write(&kvm->mmu_lock);
}

/* Exclusively or not. */
static inline void gst_kvm_assert_held(struct kvm *kvm)
{
	lockdep_assert_held(&kvm->mmu_lock);
}

/* Has a page of [first, end) changed since @seq was read, or is one about to? mmu_lock is held. */
static inline bool gst_kvm_invalidated(struct kvm *kvm, unsigned long seq, gfn_t first, gfn_t end)
{
	if (kvm->mmu_invalidate_in_progress && first < kvm->mmu_invalidate_range_end &&
	    end > kvm->mmu_invalidate_range_start)
		return true;
	return kvm->mmu_invalidate_seq != seq;
}

/* The same without the lock: a guess that spares work that would be in vain. */
static inline bool gst_kvm_invalidating(struct kvm *kvm, gfn_t gfn)
{
	return READ_ONCE(kvm->mmu_invalidate_in_progress) &&
	       gfn >= READ_ONCE(kvm->mmu_invalidate_range_start) &&
	       gfn < READ_ONCE(kvm->mmu_invalidate_range_end);
}

#endif /* GST_KVM_LOCK_H */
