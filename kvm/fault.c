// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: a guest page fault is answered with a page of the host.
 */
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "gstage.h"

/**
 * struct gst_kvm_fault - one fault on its way
 * @vcpu: who faulted
 * @slot: the memslot, under kvm->srcu
 * @gfn: the page
 * @hva: where the VMM has it
 * @write: it was a store
 * @logging: the slot's dirty pages are logged
 * @pfnmap: the VMA has no struct pages behind it
 * @attr: how the page may be used
 * @shift: log2 of the VMA's page size, for a SIGBUS
 * @mmu_seq: kvm->mmu_invalidate_seq before the page was looked up
 * @pfn: the page
 * @level: the level of leaf that maps it
 */
struct gst_kvm_fault {
	struct kvm_vcpu *vcpu;
	struct kvm_memory_slot *slot;
	gfn_t gfn;
	unsigned long hva;
	bool write;
	bool logging;
	bool pfnmap;
	gst_attr_t attr;
	short shift;
	unsigned long mmu_seq;
	kvm_pfn_t pfn;
	unsigned int level;
};

/* Device memory keeps the memory type that the VMM's mapping has. */
static gst_attr_t vma_attr(const struct vm_area_struct *vma)
{
	unsigned long type = pgprot_val(vma->vm_page_prot) & _PAGE_MTMASK;

	if (!(vma->vm_flags & VM_PFNMAP) || !type)
		return GST_READ | GST_EXEC;
	return type == _PAGE_IO ? GST_READ | GST_IO : GST_READ | GST_EXEC | GST_NC;
}

static int look_at_vma(struct gst_kvm_fault *fault)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, fault->hva);
	if (!vma) {
		mmap_read_unlock(mm);
		kvm_err("gstage: no VMA for hva 0x%lx\n", fault->hva);
		return -EFAULT;
	}
	fault->shift = is_vm_hugetlb_page(vma) ? huge_page_shift(hstate_vma(vma)) : PAGE_SHIFT;
	fault->pfnmap = vma->vm_flags & VM_PFNMAP;
	fault->attr = vma_attr(vma);
	/*
	 * Read before the VMA and the page can change; unlocking orders it, and pairs
	 * with the barrier of mmu_invalidate_end.
	 */
	fault->mmu_seq = fault->vcpu->kvm->mmu_invalidate_seq;
	mmap_read_unlock(mm);
	return 0;
}

/* The largest leaf that the host's page, and the slot's place and ends, allow. */
static unsigned int leaf_level(const struct gst_kvm_fault *fault)
{
	const struct kvm_memory_slot *slot = fault->slot;
	gfn_t shifted = slot->base_gfn ^ (slot->userspace_addr >> PAGE_SHIFT);
	unsigned int level;

	/* Pages are logged one by one; and PFNMAPs need not have tables as large as they look. */
	if (fault->logging || fault->pfnmap)
		return 0;

	for (level = gst_kvm_host_level(fault->vcpu->kvm, fault->hva); level; level--) {
		u64 pages = GST_LEVEL_SIZE(level) >> PAGE_SHIFT;
		gfn_t first = fault->gfn & ~(pages - 1);

		if (!(shifted & (pages - 1)) && !((fault->pfn ^ fault->gfn) & (pages - 1)) &&
		    first >= slot->base_gfn && first + pages <= slot->base_gfn + slot->npages)
			break;
	}
	return level;
}

/* With mmu_lock held and the page known to be current. */
static int map_page(struct gst_kvm_fault *fault)
{
	struct kvm *kvm = fault->vcpu->kvm;
	struct gst_space *space = gst_kvm_space(kvm);
	u64 mask = (GST_LEVEL_SIZE(fault->level) >> PAGE_SHIFT) - 1;
	gpa_t gpa = (fault->gfn & ~mask) << PAGE_SHIFT;
	struct gst_gather gather;
	bool leaf_alone;
	int ret;

	gst_gather_init(&gather, &fault->vcpu->arch.mmu_page_cache);
	ret = gst_map(space, gpa, GST_LEVEL_SIZE(fault->level),
		      (gst_pa_t)(fault->pfn & ~mask) << PAGE_SHIFT, fault->attr, fault->level,
		      &gather);
	leaf_alone = gather.fresh && !gather.linked;
	gst_gather_finish(space, &gather);
	if (ret) {
		kvm_err("gstage: cannot map gpa 0x%llx: error %d\n", gpa, ret);
		return ret;
	}

	if (fault->attr & GST_WRITE)
		mark_page_dirty_in_slot(kvm, fault->slot, fault->gfn);
	/* Where nothing had to change, this hart went by something old, no matter what. */
	if (leaf_alone)
		gst_kvm_fence_new_leaf(kvm, gpa, fault->level);
	else
		gst_kvm_fence_new_table(kvm);
	return 0;
}

/*
 * Return: 0 when the guest may try again, or a negative error that ends
 * KVM_RUN. A page that raced with an MMU notifier is left to the next fault.
 */
int kvm_riscv_gstage_map(struct kvm_vcpu *vcpu, struct kvm_memory_slot *memslot, gpa_t gpa,
			 unsigned long hva, bool is_write)
{
	struct kvm *kvm = vcpu->kvm;
	struct gst_kvm *gk = to_gst_kvm(kvm);
	struct gst_kvm_fault fault = {
		.vcpu = vcpu,
		.slot = memslot,
		.gfn = gpa >> PAGE_SHIFT,
		.hva = hva,
		.write = is_write,
		.logging = memslot->dirty_bitmap && !(memslot->flags & KVM_MEM_READONLY),
	};
	bool writable = false;
	int ret;

	atomic64_inc(&gk->stats.faults);

	/* One chain of tables, in the deepest format there is. */
	ret = kvm_mmu_topup_memory_cache(&vcpu->arch.mmu_page_cache, GST_LEVELS_MAX);
	if (ret)
		return ret;

	ret = look_at_vma(&fault);
	if (ret)
		return ret;

	fault.pfn = gst_kvm_get_pfn(kvm, memslot, fault.gfn, is_write, &writable);
	if (fault.pfn == KVM_PFN_ERR_HWPOISON) {
		send_sig_mceerr(BUS_MCEERR_AR, (void __user *)hva, fault.shift, current);
		return 0;
	}
	if (is_error_noslot_pfn(fault.pfn))
		return -EFAULT;

	/* While dirty pages are logged, only a store makes a page writable. */
	if (writable && (is_write || !fault.logging))
		fault.attr |= GST_WRITE;

	gst_kvm_lock(kvm);
	if (mmu_invalidate_retry(kvm, fault.mmu_seq)) {
		atomic64_inc(&gk->stats.retries);
		fault.attr &= ~GST_WRITE;
	} else {
		fault.level = leaf_level(&fault);
		ret = map_page(&fault);
	}
	gst_kvm_put_pfn(fault.pfn, !ret && (fault.attr & GST_WRITE));
	gst_kvm_unlock(kvm);
	return ret;
}
