/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: kvm->mmu_lock, and MMU notifiers that run meanwhile. docs/LOCKING.md says who holds the
 * lock for what.
 */
#ifndef GST_KVM_LOCK_H
#define GST_KVM_LOCK_H

#include <linux/kvm_host.h>

#include "compat/compat.h"
#include "testing.h"

static inline void gst_kvm_lock(struct kvm *kvm)
{
	write_lock(&kvm->mmu_lock);
	gst_kvm_test_hold_begins();
}

static inline void gst_kvm_unlock(struct kvm *kvm)
{
	gst_kvm_test_hold_ends();
	write_unlock(&kvm->mmu_lock);
}

static inline void gst_kvm_read_lock(struct kvm *kvm)
{
	read_lock(&kvm->mmu_lock);
	gst_kvm_test_hold_begins();
}

static inline void gst_kvm_read_unlock(struct kvm *kvm)
{
	gst_kvm_test_hold_ends();
	read_unlock(&kvm->mmu_lock);
}

/* For writing. */
static inline void gst_kvm_assert_locked(struct kvm *kvm)
{
	lockdep_assert_held_write(&kvm->mmu_lock);
}

/* For reading or for writing. */
static inline void gst_kvm_assert_held(struct kvm *kvm)
{
	lockdep_assert_held(&kvm->mmu_lock);
}

/*
 * Has a page of [first, end) of the slot been invalidated since @seq was read, or is it being
 * invalidated? Called with mmu_lock held.
 */
static inline bool gst_kvm_invalidated(struct kvm *kvm, const struct kvm_memory_slot *slot,
				       unsigned long seq, gfn_t first, gfn_t end)
{
	return gst_kvm_invalidating_range(kvm, slot, first, end) || kvm->mmu_invalidate_seq != seq;
}

/* Is @gfn being invalidated? Called without the lock: only a hint, which spares useless work. */
static inline bool gst_kvm_invalidating(struct kvm *kvm, const struct kvm_memory_slot *slot,
					gfn_t gfn)
{
	return gst_kvm_invalidating_range(kvm, slot, gfn, gfn + 1);
}

#endif /* GST_KVM_LOCK_H */
