// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: read from the host's page tables what the host maps.
 *
 * The tables are read without their locks. Interrupts are off, so that no grace period ends and no
 * table of the host is freed. The entries stay as they are while mmu_lock is held and no
 * invalidation is under way: whoever changes an entry calls the MMU notifier first, and that takes
 * mmu_lock.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pgtable.h>

#include "host/host.h"

/*
 * Read an entry of the host once, by the kernel's own function for it. On harts whose PTEs are not
 * as the specification has them, this function translates them.
 */
#define host_entry(type, level, entry)                                                             \
	(gst_kvm_test_hides(level) ? __##type(0) : type##p_get(entry))

/* A page of 64 KiB or more in PTEs: all PTEs of it are the same. */
static kvm_pfn_t napot_pfn(pte_t pte, unsigned long hva)
{
	unsigned long pages = 1ul << napot_cont_order(pte);

	return (pte_pfn(pte) & ~(pages - 1)) | ((hva >> PAGE_SHIFT) & (pages - 1));
}

/*
 * Would get_user_pages give this page? It does not give pages of memfd_secret() and of peer-to-peer
 * DMA. A module cannot recognize exactly these. So this says no to all memory of devices, to pages
 * that belong to no file, and to files whose pages are never evicted, as those of memfd_secret()
 * are. For all of them get_user_pages decides.
 *
 * The page is mapped by the host and stays so while mmu_lock is held: its folio and the file behind
 * it do not change.
 */
static bool may_take(unsigned long pfn, unsigned int level)
{
	struct address_space *mapping;
	struct folio *folio;

	/* A PTE without a struct page is special. A leaf of a higher level may not say so. */
	if (level && !pfn_valid(pfn))
		return false;
	folio = page_folio(pfn_to_page(pfn));
	if (folio_test_anon(folio))
		return true;
	if (folio_is_zone_device(folio))
		return false;
	mapping = folio_mapping(folio);
	return mapping && !mapping_unevictable(mapping);
}

static void take_leaf(struct gst_kvm_host_leaf *leaf, pte_t pte, unsigned int level,
		      unsigned long hva)
{
	unsigned long pages = GST_LEVEL_SIZE(level) >> PAGE_SHIFT;

	leaf->present = true;
	leaf->none = false;
	leaf->level = level;
	leaf->pfn = pte_napot(pte) ? napot_pfn(pte, hva) :
				     pte_pfn(pte) | ((hva >> PAGE_SHIFT) & (pages - 1));
	/* Not device memory, nor anything else without an ordinary struct page. */
	leaf->ordinary = (pte_val(pte) & _PAGE_READ) && pte_user(pte) && !pte_special(pte) &&
			 !(pte_val(pte) & _PAGE_MTMASK) && may_take(leaf->pfn, level);
	leaf->write = pte_write(pte) && pte_dirty(pte);
	leaf->young = pte_young(pte);
}

/*
 * Find the host's entry for an address. Return: a pointer to the PTE, with *level 0, if there is a
 * table of PTEs; the caller may read its neighbours there. Else NULL, with the entry of a higher
 * level in *entry and *level. Called with interrupts off. Each entry is read once.
 */
static pte_t *find_entry(struct mm_struct *mm, unsigned long hva, pte_t *entry, unsigned int *level)
{
	pgd_t pgd = host_entry(pgd, 4, pgd_offset(mm, hva));
	p4d_t p4d;
	pud_t pud;
	pmd_t pmd;

	*level = 2;
	*entry = __pte(0);
	/*
	 * If the host does not have a level, its entry is that of the level above. p4d_offset() and
	 * pud_offset() of the kernel are not exported.
	 */
	if (!(pgd_val(pgd) & _PAGE_PRESENT))
		return NULL;
	p4d = pgtable_l5_enabled ? host_entry(p4d, 3, &pgd_pgtable(pgd)[p4d_index(hva)]) :
				   __p4d(pgd_val(pgd));
	if (!(p4d_val(p4d) & _PAGE_PRESENT))
		return NULL;
	pud = pgtable_l4_enabled ? host_entry(pud, 2, &p4d_pgtable(p4d)[pud_index(hva)]) :
				   __pud(p4d_val(p4d));
	if (!(pud_val(pud) & _PAGE_PRESENT))
		return NULL;
	if (pud_leaf(pud)) {
		*entry = __pte(pud_val(pud));
		return NULL;
	}
	*level = 1;
	pmd = host_entry(pmd, 1, pmd_offset(&pud, hva));
	if (!(pmd_val(pmd) & _PAGE_PRESENT) || pmd_leaf(pmd)) {
		*entry = pmd_pte(pmd);
		return NULL;
	}
	*level = 0;
	return (pte_t *)pmd_page_vaddr(pmd) + pte_index(hva);
}

/**
 * gst_kvm_host_leaves() - what the host maps at some pages
 * @kvm: the VM; kvm->mmu_lock is held and no invalidation of the pages is under way
 * @hva: the first, page aligned
 * @leaves: filled in, one for each page
 * @count: how many
 *
 * Walks the host's tables once for all pages that are in the same table.
 */
void gst_kvm_host_leaves(struct kvm *kvm, unsigned long hva, struct gst_kvm_host_leaf *leaves,
			 unsigned int count)
{
	pte_t *ptep = NULL;
	unsigned int level = 0;
	unsigned long flags;
	pte_t pte;

	gst_kvm_assert_held(kvm);
	local_irq_save(flags);
	for (unsigned int i = 0; i < count; i++, hva += PAGE_SIZE) {
		/* Walk again where another table of the host begins. */
		if (i == 0 || !(hva & (GST_LEVEL_SIZE(1) - 1)))
			ptep = find_entry(kvm->mm, hva, &pte, &level);
		else if (ptep)
			ptep++;
		if (ptep)
			pte = host_entry(pte, 0, ptep);
		if (pte_val(pte) & _PAGE_PRESENT) {
			take_leaf(&leaves[i], pte, level, hva);
		} else {
			leaves[i].present = leaves[i].ordinary = false;
			leaves[i].none = !pte_val(pte);
		}
	}
	local_irq_restore(flags);
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
 * The host's leaf must be at least as large. gpa, hva and pa must have the same offset in the leaf.
 * The slot must contain all of the leaf. And no page of it may be under invalidation.
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
		    !gst_kvm_invalidated(kvm, slot, seq, first, first + pages))
			break;
	}
	return level;
}
