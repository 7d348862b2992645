// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: change the format of a VM, also while its vCPUs run.
 */
#include "events.h"
#include "hart/hart.h"
#include "user/user.h"

static u64 format_pages(const struct gst_format *fmt)
{
	return gst_format_size(fmt) >> PAGE_SHIFT;
}

/* RISC-V has one address space. */
static bool slots_fit(struct kvm *kvm, const struct gst_format *fmt)
{
	struct kvm_memory_slot *slot;
	int bkt;

	kvm_for_each_memslot(slot, bkt, kvm_memslots(kvm)) {
		if (slot->base_gfn + slot->npages > format_pages(fmt))
			return false;
	}
	return true;
}

/* Does a narrower format lose the address of an interrupt file? Widening never does. */
static bool loses_file(struct kvm *kvm, const struct gst_format *fmt)
{
	const struct gst_format *now = gst_space_format(gst_kvm_space(kvm));

	return now && gst_format_size(fmt) < gst_format_size(now) &&
	       gst_kvm_aia_last(kvm) >= gst_format_size(fmt);
}

/**
 * gst_kvm_reformat() - widen or narrow a VM
 * @kvm: the VM; kvm->slots_lock is held
 * @fmt: a format that the host supports
 *
 * Takes all memory first. Then, under mmu_lock, it publishes the new root, tells every
 * vCPU to load it, and waits until none is in the guest with the old root. After that it
 * frees the pages of the old root. This is O(1) and loses no mapping. A vCPU is out of the guest
 * for as long as for any other fence.
 *
 * Context: process context, may sleep; takes mmu_lock for writing.
 * Return:
 * * 0 - the VM has the format
 * * -ERANGE - a slot, a mapping or the address of an interrupt file lies above @fmt
 * * -ENOMEM - no memory for the new root or the table below it
 * * -ENODEV - the process of the VM is going
 *
 * After an error nothing has changed.
 */
int gst_kvm_reformat(struct kvm *kvm, const struct gst_format *fmt)
{
	struct kvm_mmu_memory_cache cache = { .gfp_zero = __GFP_ZERO };
	struct gst_space *space = gst_kvm_space(kvm);
	struct gst_gather gather;
	void *root = NULL;
	unsigned int from;
	int ret;

	lockdep_assert_held(&kvm->slots_lock);
	if (gst_space_format(space) == fmt)
		return 0;
	if (!slots_fit(kvm, fmt) || loses_file(kvm, fmt))
		return -ERANGE;

	/* Widening by two levels needs one table between the new root and the old one. */
	ret = gst_kvm_test_fail() ? -ENOMEM : __kvm_mmu_topup_memory_cache(&cache, 1, 1);
	if (ret)
		return ret;
	root = gst_root_alloc(space);

	gst_gather_init(&gather, &cache);
	gst_kvm_lock(kvm);
	from = gst_root_mode(gst_root(space));
	if (from) {
		ret = gst_reformat(space, fmt, &root, &gather);
		if (!ret)
			trace_kvm_gstage_reformat(kvm, gst_format_size(fmt), fmt->levels - 1, from,
						  fmt->mode);
		gst_gather_finish(space, &gather);
	} else {
		ret = -ENODEV;
	}
	gst_kvm_unlock(kvm);

	gst_root_free(space, root);
	kvm_mmu_free_memory_cache(&cache);
	if (!ret)
		atomic64_inc(&to_gst_kvm(kvm)->stats.reformats);
	return ret;
}

/**
 * gst_kvm_grow() - make room for a memslot
 * @kvm: the VM; kvm->slots_lock is held
 * @end: the first gfn after the slot
 *
 * A VM that may grow gets the narrowest format that holds the slot.
 *
 * Context: as gst_kvm_reformat().
 * Return: 0 where the slot fits now; -EFAULT where it does not, and the VM cannot or may not
 * grow; -ENOMEM.
 */
int gst_kvm_grow(struct kvm *kvm, gfn_t end)
{
	const struct gst_format *fmt = gst_space_format(gst_kvm_space(kvm));

	if (!fmt)
		return -EFAULT;
	if (end <= format_pages(fmt))
		return 0;
	if (!to_gst_kvm(kvm)->grow)
		return -EFAULT;
	fmt = gst_format_fitting(gst_kvm_modes(), fls64((end << PAGE_SHIFT) - 1));
	return fmt ? gst_kvm_reformat(kvm, fmt) : -EFAULT;
}
