// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: unmap a range, and do not return before it is out of reach.
 */
#include "events.h"

/*
 * A cut huge leaf is split where two spare tables can be had at once, so that
 * the rest of it stays mapped.
 */
#define SPARE_TABLES 4

static int take_spares(struct kvm_mmu_memory_cache *spares)
{
	return __kvm_mmu_topup_memory_cache(spares, SPARE_TABLES, SPARE_TABLES);
}

/**
 * gst_kvm_unmap() - unmap a range
 * @kvm: the VM; kvm->mmu_lock is held
 * @gpa: start, page aligned
 * @size: bytes
 *
 * One descent, one flush. Cannot fail: where memory for a split is short, the
 * whole huge leaf goes, and the guest faults the rest of it back in. Nothing
 * happens where the VM has no tables any more.
 */
void gst_kvm_unmap(struct kvm *kvm, gpa_t gpa, u64 size)
{
	struct kvm_mmu_memory_cache spares = {
		.gfp_custom = GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT,
		.gfp_zero = __GFP_ZERO,
	};
	struct gst_space *space = gst_kvm_space(kvm);
	struct gst_gather gather;

	gst_kvm_assert_locked(kvm);
	gst_gather_init(&gather, &spares);
	if (gst_unmap(space, gpa, size, 0, &gather) == -GST_ENOMEM &&
	    (take_spares(&spares) || gst_unmap(space, gpa, size, 0, &gather)))
		gst_unmap(space, gpa, size, GST_WHOLE_LEAVES, &gather);
	trace_kvm_gstage_unmap(kvm, gpa, size, gather.end > gather.start ? (int)gather.level : -1);
	gst_gather_finish(space, &gather);
	kvm_mmu_free_memory_cache(&spares);
	atomic64_inc(&to_gst_kvm(kvm)->stats.unmaps);
}
