// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: MMU notifiers.
 *
 * Called by generic KVM with mmu_lock held for writing. Nothing here may fail. Only unmapping may
 * sleep, and only if range->may_block says so.
 */
#include "host/host.h"

static gpa_t range_start(const struct kvm_gfn_range *range)
{
	return range->start << PAGE_SHIFT;
}

static u64 range_size(const struct kvm_gfn_range *range)
{
	return (range->end - range->start) << PAGE_SHIFT;
}

/* Return: false: gst_kvm_unmap() has flushed, and generic KVM need not. */
bool kvm_unmap_gfn_range(struct kvm *kvm, struct kvm_gfn_range *range)
{
	gst_kvm_test_hold_begins();
	gst_kvm_unmap(kvm, range_start(range), range_size(range), range->may_block);
	gst_kvm_test_hold_ends();
	return false;
}

static bool age(struct kvm *kvm, const struct kvm_gfn_range *range, bool clear)
{
	bool young;

	gst_kvm_test_hold_begins();
	young = gst_young(gst_kvm_space(kvm), range_start(range), range_size(range), clear) > 0;
	gst_kvm_test_hold_ends();
	return young;
}

bool kvm_age_gfn(struct kvm *kvm, struct kvm_gfn_range *range)
{
	return age(kvm, range, true);
}

bool kvm_test_age_gfn(struct kvm *kvm, struct kvm_gfn_range *range)
{
	return age(kvm, range, false);
}
