// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: what the host maps, read from its own page tables.
 *
 * They are read without their locks. Interrupts are off, which holds off the grace
 * period after which a host table is freed; and what is read stays true while
 * mmu_lock is held, and no invalidation is under way: whoever changes it must first get
 * through the MMU notifier.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "host.h"

/* A page of 64 KiB and more in PTEs: those that the page is made of are all alike. */
static kvm_pfn_t napot_pfn(pte_t pte, unsigned long hva)
{
	unsigned long pages = 1ul << napot_cont_order(pte);

	return (pte_pfn(pte) & ~(pages - 1)) | ((hva >> PAGE_SHIFT) & (pages - 1));
}

static void take_leaf(struct gst_kvm_host_leaf *leaf, pte_t pte, unsigned int level,
		      unsigned long hva)
{
	unsigned long pages = GST_LEVEL_SIZE(level) >> PAGE_SHIFT;

	leaf->level = level;
	leaf->pfn = pte_napot(pte) ? napot_pfn(pte, hva)
				   : pte_pfn(pte) | ((hva >> PAGE_SHIFT) & (pages - 1));
	/* Neither device memory nor anything else without an ordinary struct page. */
	leaf->ordinary = (pte_val(pte) & _PAGE_READ) && pte_user(pte) && !pte_special(pte) &&
			 !pte_devmap(pte) && !(pte_val(pte) & _PAGE_MTMASK);
	leaf->write = pte_write(pte) && pte_dirty(pte);
	leaf->young = pte_young(pte);
}

/* Each entry is read once. Interrupts are off. */
static bool find_leaf(struct mm_struct *mm, unsigned long hva, struct gst_kvm_host_leaf *leaf)
{
	pgd_t pgd = READ_ONCE(*pgd_offset(mm, hva));
	p4d_t p4d;
	pud_t pud;
	pmd_t pmd;
	pte_t pte;

	/*
	 * A level that the host folds is the entry above; the kernel's own p4d_offset()
	 * and pud_offset() are not exported.
	 */
	if (!(pgd_val(pgd) & _PAGE_PRESENT))
		return false;
	p4d = pgtable_l5_enabled ? READ_ONCE(pgd_pgtable(pgd)[p4d_index(hva)])
				 : __p4d(pgd_val(pgd));
	if (!(p4d_val(p4d) & _PAGE_PRESENT))
		return false;
	pud = pgtable_l4_enabled ? READ_ONCE(p4d_pgtable(p4d)[pud_index(hva)])
				 : __pud(p4d_val(p4d));
	if (!(pud_val(pud) & _PAGE_PRESENT))
		return false;
	if (pud_leaf(pud)) {
		take_leaf(leaf, __pte(pud_val(pud)), 2, hva);
		return true;
	}
	pmd = READ_ONCE(*pmd_offset(&pud, hva));
	if (!(pmd_val(pmd) & _PAGE_PRESENT))
		return false;
	if (pmd_leaf(pmd)) {
		take_leaf(leaf, pmd_pte(pmd), 1, hva);
		return true;
	}
	pte = READ_ONCE(((pte_t *)pmd_page_vaddr(pmd))[pte_index(hva)]);
	if (!(pte_val(pte) & _PAGE_PRESENT))
		return false;
	take_leaf(leaf, pte, 0, hva);
	return true;
}

/**
 * gst_kvm_host_leaf() - the host's leaf over an address
 * @kvm: the VM; kvm->mmu_lock is held and no invalidation of @hva is under way
 * @hva: the address
 * @leaf: filled in
 *
 * Return: false where the host maps nothing.
 */
bool gst_kvm_host_leaf(struct kvm *kvm, unsigned long hva, struct gst_kvm_host_leaf *leaf)
{
	unsigned long flags;
	bool found;

	gst_kvm_assert_held(kvm);
	*leaf = (struct gst_kvm_host_leaf){};
	local_irq_save(flags);
	found = find_leaf(kvm->mm, hva, leaf);
	local_irq_restore(flags);
	return found;
}

/**
 * gst_kvm_leaf_level() - how large a leaf may be
 * @kvm: the VM; kvm->mmu_lock is held
 * @slot: the slot
 * @gfn: a page of it
 * @pfn: the page behind it
 * @level: the level of the host's leaf there
 * @seq: kvm->mmu_invalidate_seq before @pfn was looked up
 *
 * The host's leaf must be as large; gpa, hva and pa alike within it; the slot must hold
 * all of it; and none of its pages may be changing.
 *
 * Return: the level.
 */
unsigned int gst_kvm_leaf_level(struct kvm *kvm, const struct kvm_memory_slot *slot, gfn_t gfn,
				kvm_pfn_t pfn, unsigned int level, unsigned long seq)
{
	gfn_t shifted = slot->base_gfn ^ (slot->userspace_addr >> PAGE_SHIFT);

	for (; level; level--) {
		u64 pages = GST_LEVEL_SIZE(level) >> PAGE_SHIFT;
		gfn_t first = gfn & ~(pages - 1);

		if (!(shifted & (pages - 1)) && !((pfn ^ gfn) & (pages - 1)) &&
		    first >= slot->base_gfn && first + pages <= slot->base_gfn + slot->npages &&
		    !gst_kvm_invalidated(kvm, seq, first, first + pages))
			break;
	}
	return level;
}
