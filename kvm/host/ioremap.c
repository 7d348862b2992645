// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: pages without a memslot: the IMSIC interrupt files of the vCPUs.
 */
#include "events.h"
#include "host/host.h"

static int map_io(struct kvm *kvm, struct kvm_mmu_memory_cache *cache, gpa_t gpa, u64 size,
		  phys_addr_t hpa, gst_attr_t attr)
{
	struct gst_space *space = gst_kvm_space(kvm);
	struct gst_gather gather;
	int ret;

	gst_gather_init(&gather, cache);
	gst_kvm_lock(kvm);
	ret = gst_map(space, gpa, size, hpa, attr, 0, &gather);
	/*
	 * A hart that has cached the old entry would never come here by a fault: fence on all of
	 * them.
	 */
	if (!ret) {
		gst_gather_stale(&gather, gpa, gpa + size);
		trace_kvm_gstage_map(kvm, gpa, size, 0, hpa, attr, size >> PAGE_SHIFT);
	}
	gst_gather_finish(space, &gather);
	gst_kvm_unlock(kvm);
	return ret;
}

int gst_kvm_ioremap(struct kvm *kvm, gpa_t gpa, phys_addr_t hpa, unsigned long size, bool writable,
		    bool in_atomic)
{
	struct kvm_mmu_memory_cache cache = {
		.gfp_custom = in_atomic ? GFP_ATOMIC | __GFP_ACCOUNT : 0,
		.gfp_zero = __GFP_ZERO,
	};
	gst_attr_t attr = GST_READ | (writable ? GST_WRITE : 0);
	gpa_t end = PAGE_ALIGN(gpa + size);
	int ret = 0;

	if (riscv_has_extension_unlikely(RISCV_ISA_EXT_SVPBMT))
		attr |= GST_IO;

	/* Each step lies in one table of leaves, so that one chain of tables is enough for it. */
	while (!ret && gpa < end) {
		u64 step = min_t(u64, end, (gpa | (GST_LEVEL_SIZE(1) - 1)) + 1) - gpa;

		ret = kvm_mmu_topup_memory_cache(&cache, GST_LEVELS_MAX);
		if (!ret)
			ret = map_io(kvm, &cache, gpa, step, hpa, attr);
		gpa += step;
		hpa += step;
	}
	kvm_mmu_free_memory_cache(&cache);
	return ret;
}

void gst_kvm_iounmap(struct kvm *kvm, gpa_t gpa, unsigned long size)
{
	gst_kvm_lock(kvm);
	gst_kvm_unmap(kvm, gpa, PAGE_ALIGN(size), false);
	gst_kvm_unlock(kvm);
}
