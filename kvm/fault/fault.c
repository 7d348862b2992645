// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: a guest page fault is answered with a page of the host.
 */
#include <linux/delay.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/userfaultfd_k.h>

#include "fault/fault.h"
#include "hart/hart.h"

/* Steps in which a fault waits for a notifier. */
#define WAIT_FIRST_US 10
#define WAIT_LAST_US  1280

/* After this many lost races against other faults, a fault takes mmu_lock for writing. */
#define TRIES_SHARED 16

/* Device memory gets the memory type of the VMM's mapping. */
static gst_attr_t vma_attr(const struct vm_area_struct *vma)
{
	unsigned long type = pgprot_val(vma->vm_page_prot) & _PAGE_MTMASK;

	if (!(vma->vm_flags & VM_PFNMAP) || !type)
		return GST_READ | GST_EXEC;
	return type == _PAGE_IO ? GST_READ | GST_IO : GST_READ | GST_EXEC | GST_NC;
}

/* While dirty pages are logged, only a store makes a page writable. */
static void allow_stores(struct gst_kvm_fault *fault)
{
	if (fault->write || !fault->logging)
		fault->attr |= GST_WRITE;
}

/*
 * May this store fault the host's page in at once? That is for anonymous memory that was never
 * populated: the VMA is at hand here, and get_user_pages would walk the host's tables three times
 * for the same page. A page that may have to wait - for a file, for swap or for userfaultfd - is
 * left to get_user_pages.
 */
static bool may_bring(const struct gst_kvm_fault *fault, struct vm_area_struct *vma)
{
	return fault->write && fault->none && fault->there && vma_is_anonymous(vma) &&
	       !userfaultfd_armed(vma) &&
	       (vma->vm_flags & (VM_WRITE | VM_IO | VM_PFNMAP)) == VM_WRITE;
}

/*
 * Read the page size, the memory type and the kind of the VMA, and fault the host's page in if that
 * can be done at once (*brought). Return: 0, or a negative error.
 */
static int look_at_vma(struct gst_kvm_fault *fault, bool *brought)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, fault->hva);
	if (!vma) {
		mmap_read_unlock(mm);
		gst_kvm_err("no VMA for hva 0x%lx", fault->hva);
		return -EFAULT;
	}
	/* If this fails, get_user_pages will fail, too, and return the reason. */
	*brought = may_bring(fault, vma) &&
		   !(handle_mm_fault(vma, fault->hva, FAULT_FLAG_WRITE, NULL) & VM_FAULT_ERROR);
	fault->shift = vma->vm_flags & VM_HUGETLB ? huge_page_shift(hstate_vma(vma)) : PAGE_SHIFT;
	fault->pfnmap = vma->vm_flags & VM_PFNMAP;
	fault->attr = vma_attr(vma);
	/*
	 * Read the sequence number before the VMA and the page can change. The unlock orders this
	 * read; it pairs with the barrier in mmu_invalidate_end.
	 */
	fault->mmu_seq = fault->vcpu->kvm->mmu_invalidate_seq;
	mmap_read_unlock(mm);
	return 0;
}

/*
 * Look at the host's own page table. For a page from get_user_pages, it says how large the host's
 * leaf is. Otherwise it may give the page itself: a page that is writable and dirty in the host's
 * table may be mapped as it is. Called with mmu_lock held, and no notifier at the page, so that the
 * entry stays valid (host/leaves.c). Return: whether there is a page to map.
 */
static bool take_page(struct gst_kvm_fault *fault, struct gst_kvm_host_leaf *leaf)
{
	/* The leaves of a PFNMAP say nothing about the size of what is mapped. */
	leaf->present = leaf->none = false;
	if (!fault->pfnmap)
		gst_kvm_host_leaves(fault->vcpu->kvm, fault->hva, leaf, 1);
	if (fault->pinned)
		return true;
	fault->none = leaf->none;
	if (!leaf->ordinary || !leaf->write)
		return false;
	fault->mmu_seq = fault->vcpu->kvm->mmu_invalidate_seq;
	fault->attr = GST_READ | GST_EXEC;
	if (!(fault->slot->flags & KVM_MEM_READONLY))
		allow_stores(fault);
	return true;
}

/*
 * The level of the leaf that maps the page: the level of the host's leaf, or lower where gpa, hva
 * or the slot do not allow that. The pfn is taken from the host's leaf as well: for a 64 KiB page
 * of hugetlbfs, 6.12's get_user_pages returns the first 4 KiB for any address in it.
 */
static unsigned int level_of(struct gst_kvm_fault *fault, const struct gst_kvm_host_leaf *leaf)
{
	if (!leaf->present)
		return 0;
	fault->pfn = leaf->pfn;
	if (!leaf->level)
		return 0;
	/* A large leaf: the host has the pages around this one, too. */
	fault->there = true;
	/* The dirty log has one bit for each 4 KiB page. */
	if (fault->logging) {
		gst_kvm_note_small(to_gst_kvm(fault->vcpu->kvm));
		return 0;
	}
	return gst_kvm_leaf_level(fault->vcpu->kvm, fault->slot, fault->gfn, fault->pfn,
				  leaf->level, fault->mmu_seq);
}

/* Not inlined, so that a fault without tracing saves no registers for it. */
static noinline void trace_map(const struct gst_kvm_fault *fault, gst_attr_t attr)
{
	u64 size = gst_kvm_fault_size(fault);
	gfn_t pages = size >> PAGE_SHIFT;

	trace_kvm_gstage_map(fault->vcpu->kvm, (fault->gfn & ~(pages - 1)) << PAGE_SHIFT, size,
			     fault->level, (u64)(fault->pfn & ~(pages - 1)) << PAGE_SHIFT, attr,
			     pages);
}

/* Map the page; or the whole window, if it makes one leaf of 64 KiB. */
static int map_leaf(struct gst_kvm_fault *fault, const struct gst_kvm_window *window,
		    struct gst_gather *gather)
{
	struct gst_kvm *gk = to_gst_kvm(fault->vcpu->kvm);
	u64 mask, size = GST_LEVEL_SIZE(fault->level);
	gst_attr_t attr = fault->attr;
	unsigned int leaf = fault->level;
	int ret;

	if (window && gst_kvm_window_is_napot(fault, window)) {
		leaf = GST_KVM_LEAF_64K;
		size = GST_NAPOT_SIZE;
		attr |= GST_NAPOT;
	}
	/* A load must not take away the write permission that a store got. */
	if (!fault->write)
		attr |= GST_KEEP;

	/*
	 * Mark the page dirty before it is writable. Another vCPU may store through the new leaf at
	 * once, and KVM_GET_DIRTY_LOG does not take mmu_lock if the log is cleared by hand.
	 */
	if (fault->attr & GST_WRITE)
		mark_page_dirty_in_slot(&gk->kvm, fault->slot, fault->gfn);

	mask = (size >> PAGE_SHIFT) - 1;
	ret = gst_map(&gk->space, (fault->gfn & ~mask) << PAGE_SHIFT, size,
		      (gst_pa_t)(fault->pfn & ~mask) << PAGE_SHIFT, attr, fault->level, gather);
	if (ret)
		return ret;
	fault->leaf = leaf;
	if (trace_kvm_gstage_map_enabled())
		trace_map(fault, attr);
	return 0;
}

/*
 * Not inlined, so that a fault without a window needs no stack for it. A page that is logged was
 * mapped before.
 */
static noinline int map_around(struct gst_kvm_fault *fault, unsigned int pages,
			       struct gst_gather *gather)
{
	struct gst_kvm_host_leaf leaves[GST_NAPOT_ENTRIES];
	struct gst_kvm_window window = { .pages = pages, .leaves = leaves };
	int ret = 0;

	gst_kvm_window_look(fault, &window);
	if (!fault->logging)
		ret = map_leaf(fault, &window, gather);
	if (ret)
		return ret;
	if (fault->leaf == 0 && window.pages > 1)
		gst_kvm_count(fault->vcpu, around, gst_kvm_window_map(fault, &window, gather));
	return 0;
}

/*
 * Map the page, and perhaps those around it. Called with mmu_lock held, for writing unless the
 * gather says shared entry; no notifier has invalidated the page. Return: as gst_map().
 */
static int map_page(struct gst_kvm_fault *fault, const struct gst_kvm_host_leaf *leaf,
		    struct gst_gather *gather)
{
	unsigned int pages;
	int ret;

	fault->level = level_of(fault, leaf);
	pages = fault->level || fault->pfnmap ? 1 : gst_kvm_window_size(fault);
	/*
	 * Map the page first if its slot is logged. If the page had a read-only leaf before
	 * (gained), then most of the pages around it are mapped, too: skip the window.
	 */
	if (pages == 1 || fault->logging) {
		ret = map_leaf(fault, NULL, gather);
		if (ret || pages == 1 || gather->gained)
			return ret;
	}
	return map_around(fault, pages, gather);
}

/*
 * Map the page. Called with mmu_lock held for writing if @exclusive, else for reading, beside other
 * faults.
 * Return: as gst_map(), or -GST_ENOENT if the host's table has no page that may be mapped as it is.
 */
static int map_locked(struct gst_kvm_fault *fault, bool exclusive)
{
	struct kvm *kvm = fault->vcpu->kvm;
	unsigned long seq = fault->pinned ? fault->mmu_seq : kvm->mmu_invalidate_seq;
	struct gst_kvm_host_leaf leaf;
	struct gst_gather gather;
	int ret;

	if (gst_kvm_invalidated(kvm, fault->slot, seq, fault->gfn, fault->gfn + 1)) {
		gst_kvm_count(fault->vcpu, retries, 1);
		return 0;
	}
	if (!take_page(fault, &leaf))
		return -GST_ENOENT;
	if (!exclusive && gst_kvm_test_late())
		return -GST_EAGAIN;

	if (exclusive)
		gst_gather_init(&gather, &fault->vcpu->arch.mmu_page_cache);
	else
		gst_gather_init_shared(&gather, &fault->vcpu->arch.mmu_page_cache);
	ret = map_page(fault, &leaf, &gather);
	if (!ret)
		gst_kvm_fence_here(fault->vcpu, fault->gfn << PAGE_SHIFT, fault->level, &gather);
	gst_gather_finish(gst_kvm_space(kvm), &gather);
	if (ret)
		return ret;
	if (fault->pinned)
		gst_kvm_put_mapped(kvm, fault->got, fault->attr & GST_WRITE);
	else if (fault->write && fault->logging)
		gst_kvm_count(fault->vcpu, logged, 1);
	return 0;
}

/* Is the dirty ring nearly full? Each try of a logged store pushes the page into the ring again. */
static bool ring_full(const struct gst_kvm_fault *fault)
{
	return fault->write && fault->logging &&
	       kvm_test_request(KVM_REQ_DIRTY_RING_SOFT_FULL, fault->vcpu);
}

/*
 * Map the page, if there is one. With mmu_lock held for reading, a try can lose against other
 * faults again and again. With the lock held for writing it cannot. Return: 0; -GST_ENOENT as
 * map_locked(); or another error.
 */
static int install(struct gst_kvm_fault *fault)
{
	struct kvm *kvm = fault->vcpu->kvm;
	bool exclusive = false, again;
	unsigned int tries = 0;
	int ret;

	/* At the limit of its memory cgroup, the VMM gets ENOMEM from KVM_RUN and is not killed. */
	fault->vcpu->arch.mmu_page_cache.gfp_custom =
		GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;
	do {
		/* One chain of tables, in the deepest format there is. */
		ret = kvm_mmu_topup_memory_cache(&fault->vcpu->arch.mmu_page_cache, GST_LEVELS_MAX);
		if (ret)
			break;
		if (exclusive) {
			gst_kvm_lock(kvm);
			ret = map_locked(fault, true);
			gst_kvm_unlock(kvm);
		} else {
			gst_kvm_read_lock(kvm);
			ret = map_locked(fault, false);
			gst_kvm_read_unlock(kvm);
		}
		again = ret == -GST_EAGAIN || ret == -GST_EBUSY;
		if (again && ring_full(fault)) {
			/*
			 * KVM_RUN ends now, with the ring full. The guest faults again after that.
			 */
			again = false;
			ret = 0;
		}
		if (again && (ret == -GST_EBUSY || ++tries == TRIES_SHARED)) {
			exclusive = true;
			gst_kvm_count(fault->vcpu, exclusive, 1);
		}
	} while (again);

	if (fault->pinned && fault->leaf == GST_KVM_NO_LEAF)
		gst_kvm_put_unmapped(kvm, fault->got);
	if (ret && ret != -GST_ENOENT)
		gst_kvm_err("cannot map gpa 0x%llx: error %d", fault->gfn << PAGE_SHIFT, ret);
	return ret;
}

/*
 * While a notifier is at the page, a fault cannot map it. So sleep until the notifier is done,
 * without a lock. Sleep some milliseconds at most, since the vCPU must look at signals and
 * requests. Return: whether the notifier is done.
 */
static bool await_notifier(struct gst_kvm_fault *fault)
{
	struct kvm *kvm = fault->vcpu->kvm;

	if (!gst_kvm_invalidating(kvm, fault->slot, fault->gfn))
		return true;
	gst_kvm_count(fault->vcpu, waits, 1);
	for (unsigned int usecs = WAIT_FIRST_US; usecs <= WAIT_LAST_US; usecs *= 2) {
		if (signal_pending(current))
			return false;
		usleep_range(usecs, 2 * usecs);
		if (!gst_kvm_invalidating(kvm, fault->slot, fault->gfn))
			return true;
	}
	return false;
}

/*
 * Get the page by get_user_pages, which may sleep for it. Return: 0; -EINTR if a signal ended the
 * wait; or another negative error.
 */
static int pin_page(struct gst_kvm_fault *fault)
{
	unsigned long host_faults = current->min_flt + current->maj_flt;
	bool writable = false;

	fault->pfn = gst_kvm_get_pfn(fault->slot, fault->gfn, fault->write, &writable, &fault->got);
	fault->there = current->min_flt + current->maj_flt == host_faults;
	if (fault->pfn == KVM_PFN_ERR_HWPOISON)
		return -EHWPOISON;
	if (is_sigpending_pfn(fault->pfn))
		return -EINTR;
	if (is_error_noslot_pfn(fault->pfn))
		return -EFAULT;
	fault->pinned = true;
	if (writable)
		allow_stores(fault);
	return 0;
}

/*
 * Find the page and map it. Most often the host's table has the page, or the host can fault it in
 * at once. If not, get_user_pages decides. Return: as gst_kvm_answer().
 */
static int find_page(struct gst_kvm_fault *fault)
{
	int ret;

	while ((ret = install(fault)) == -GST_ENOENT) {
		bool brought;

		ret = look_at_vma(fault, &brought);
		if (ret)
			return ret;
		/*
		 * Fault it in once only. If the page is gone again by then, get_user_pages follows.
		 */
		fault->there = !brought;
		if (brought)
			continue;
		ret = pin_page(fault);
		if (ret)
			return ret;
	}
	return ret;
}

/*
 * Was the slot deleted or changed since the fault looked it up? kvm->srcu keeps the old slot's
 * memory from reuse.
 */
static bool slot_replaced(const struct gst_kvm_fault *fault)
{
	return gfn_to_memslot(fault->vcpu->kvm, fault->gfn) != fault->slot;
}

int gst_kvm_answer(struct gst_kvm_fault *fault)
{
	int ret;

	fault->logging = kvm_slot_dirty_track_enabled(fault->slot) &&
			 !(fault->slot->flags & KVM_MEM_READONLY);
	fault->pinned = fault->pfnmap = false;
	fault->there = true;
	fault->level = 0;
	fault->leaf = GST_KVM_NO_LEAF;

	if (!await_notifier(fault)) {
		gst_kvm_count(fault->vcpu, retries, 1);
		return 0;
	}
	ret = find_page(fault);
	/*
	 * An error that comes from a deleted slot says nothing about the present memory of the
	 * guest.
	 */
	if (ret && ret != -EINTR && slot_replaced(fault)) {
		gst_kvm_count(fault->vcpu, retries, 1);
		return 0;
	}
	return ret;
}

void gst_kvm_trace_fault(const struct gst_kvm_fault *fault, int ret)
{
	trace_kvm_gstage_fault(fault->vcpu, fault->gpa, gst_kvm_fault_size(fault), fault->level,
			       fault->kind, ret);
}

static enum gst_kvm_fault_kind kind_of(struct kvm_vcpu *vcpu, bool is_write)
{
	if (is_write)
		return GST_KVM_STORE;
	return to_gst_vcpu(vcpu)->cause == EXC_INST_GUEST_PAGE_FAULT ? GST_KVM_EXEC : GST_KVM_LOAD;
}

/**
 * gst_kvm_guest_fault() - answer a guest page fault
 * @vcpu: the vCPU that faulted, loaded on this hart
 * @slot: the memslot, under kvm->srcu
 * @gpa: the address
 * @hva: where the VMM has the page
 * @write: the access was a store
 *
 * If a notifier was at the page, or a signal ended the wait for it, nothing is mapped and the guest
 * faults again. KVM_RUN looks for signals before it enters the guest, and ends with EINTR and
 * KVM_EXIT_INTR.
 *
 * Context: process context, may sleep; takes mmap_lock and mmu_lock.
 * Return: 0 if the guest may try again, or a negative error that ends KVM_RUN.
 */
int gst_kvm_guest_fault(struct kvm_vcpu *vcpu, struct kvm_memory_slot *slot, gpa_t gpa,
			unsigned long hva, bool write)
{
	struct gst_kvm_fault fault;
	int ret;

	/*
	 * gst_kvm_answer() sets the other members. Do not zero the struct here: that would cost
	 * more than all counters.
	 */
	fault.vcpu = vcpu;
	fault.slot = slot;
	fault.gpa = gpa;
	fault.gfn = gpa >> PAGE_SHIFT;
	fault.hva = hva;
	fault.kind = kind_of(vcpu, write);
	fault.write = write;
	ret = gst_kvm_fault(&fault);
	if (ret == -EHWPOISON) {
		send_sig_mceerr(BUS_MCEERR_AR, (void __user *)hva, fault.shift, current);
		return 0;
	}
	return ret == -EINTR ? 0 : ret;
}
