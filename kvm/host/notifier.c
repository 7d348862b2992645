// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: what the host's memory management asks for.
 *
 * Generic KVM holds mmu_lock. None of this may fail, nor sleep where it is not told that it may.
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

/* Return: false; what had to be flushed was, and no flush is owed. */
bool kvm_unmap_gfn_range(struct kvm *kvm, struct kvm_gfn_range *range)
{
	gst_kvm_unmap(kvm, range_start(range), range_size(range), range->may_block);
	return false;
}

bool kvm_age_gfn(struct kvm *kvm, struct kvm_gfn_range *range)
{
	return gst_young(gst_kvm_space(kvm), range_start(range), range_size(range), true) > 0;
}

bool kvm_test_age_gfn(struct kvm *kvm, struct kvm_gfn_range *range)
{
	return gst_young(gst_kvm_space(kvm), range_start(range), range_size(range), false) > 0;
}
