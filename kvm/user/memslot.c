// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: hooks for memslots: a slot is created, deleted, or has its dirty pages logged.
 */
#include <linux/mm.h>

#include "host/host.h"
#include "user/user.h"

/*
 * Do the VMAs behind the slot allow what the slot needs? Holes are fine. So are later changes,
 * because each fault looks at the VMA again. Return: 0, -EPERM or -EINVAL.
 */
static int check_vmas(const struct kvm_memory_slot *slot)
{
	unsigned long start = slot->userspace_addr;
	unsigned long end = start + (slot->npages << PAGE_SHIFT);
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, mm, start);
	int ret = 0;

	mmap_read_lock(mm);
	for_each_vma_range(vmi, vma, end) {
		if (!(slot->flags & KVM_MEM_READONLY) && !(vma->vm_flags & VM_WRITE))
			ret = -EPERM;
		else if ((vma->vm_flags & VM_PFNMAP) && (slot->flags & KVM_MEM_LOG_DIRTY_PAGES))
			ret = -EINVAL;
		if (ret)
			break;
	}
	mmap_read_unlock(mm);
	return ret;
}

/* Called with kvm->slots_lock held, so that nobody else changes the VM's format meanwhile. */
int kvm_arch_prepare_memory_region(struct kvm *kvm, const struct kvm_memory_slot *old,
				   struct kvm_memory_slot *new, enum kvm_mr_change change)
{
	int ret;

	if (change == KVM_MR_DELETE)
		return 0;
	/* Grow last: a slot that is refused must leave the VM as it was. */
	ret = check_vmas(new);
	return ret ? ret : gst_kvm_grow(kvm, new->base_gfn + new->npages);
}

static bool is_logged(const struct kvm_memory_slot *slot)
{
	return slot->flags & KVM_MEM_LOG_DIRTY_PAGES;
}

/* Faults that saw the old slot are over: generic KVM waited for them. */
void kvm_arch_commit_memory_region(struct kvm *kvm, struct kvm_memory_slot *old,
				   const struct kvm_memory_slot *new, enum kvm_mr_change change)
{
	bool was = old && is_logged(old);
	bool is = new && is_logged(new);

	/* With every other change, a slot that is or was logged has nothing mapped. */
	if (change != KVM_MR_FLAGS_ONLY)
		return;
	if (is && !was)
		gst_kvm_logging_start(kvm, new);
	else if (was && !is)
		gst_kvm_logging_stop(kvm, new);
}

/*
 * Called with kvm->slots_lock held, and with mmu_lock held for writing. Generic KVM calls this for
 * each word of the bitmap, and holds mmu_lock from the first to the last. Then it flushes once,
 * before it gives the bitmap to user space. So this may release the lock: a store of the guest
 * before that flush is in memory when user space reads the page. The gather has no tables, because
 * write-protection unlinks none.
 */
void kvm_arch_mmu_enable_log_dirty_pt_masked(struct kvm *kvm, struct kvm_memory_slot *slot,
					     gfn_t gfn_offset, unsigned long mask)
{
	gpa_t gpa = (slot->base_gfn + gfn_offset) << PAGE_SHIFT;
	struct gst_gather gather;

	gst_kvm_test_hold_begins();
	gst_kvm_logging_cleared(kvm, gpa + (__ffs(mask) << PAGE_SHIFT),
				(__fls(mask) - __ffs(mask) + 1) << PAGE_SHIFT);
	gst_gather_init(&gather, NULL);
	gst_wrprotect_mask(gst_kvm_space(kvm), gpa, mask, &gather);
	WARN_ON_ONCE(gather.tables);
	gst_kvm_let_others(kvm, NULL, true);
}

void kvm_arch_flush_shadow_memslot(struct kvm *kvm, struct kvm_memory_slot *slot)
{
	gst_kvm_lock(kvm);
	gst_kvm_unmap(kvm, slot->base_gfn << PAGE_SHIFT, (u64)slot->npages << PAGE_SHIFT, true);
	gst_kvm_unlock(kvm);
}

void kvm_arch_sync_dirty_log(struct kvm *kvm, struct kvm_memory_slot *memslot)
{
}

void kvm_arch_free_memslot(struct kvm *kvm, struct kvm_memory_slot *free)
{
}

void kvm_arch_memslots_updated(struct kvm *kvm, u64 gen)
{
}
