// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: how large a page the host maps.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "gstage.h"

/**
 * gst_kvm_host_level() - the level of the host's leaf over an address
 * @kvm: the VM; kvm->mmu_lock is held and no invalidation of @hva is under way
 * @hva: the address
 *
 * Reads the host's tables without their locks. Interrupts are off, which holds
 * off the grace period after which a host table is freed; and what is read
 * stays true while mmu_lock is held, since whoever changes it must first get
 * through the MMU notifier.
 *
 * Return: 0 for 4 KiB and for anything that is not a leaf of a higher level, 1
 * for a PMD leaf, 2 for a PUD leaf.
 */
unsigned int gst_kvm_host_level(struct kvm *kvm, unsigned long hva)
{
	unsigned int level = 0;
	unsigned long flags;
	pgd_t pgd;
	p4d_t p4d;
	pud_t pud;
	pmd_t pmd;

	gst_kvm_assert_locked(kvm);
	local_irq_save(flags);

	/*
	 * Each entry is read once. A level that the host folds is the entry above; the
	 * kernel's own p4d_offset() and pud_offset() are not exported.
	 */
	pgd = READ_ONCE(*pgd_offset(kvm->mm, hva));
	if (!(pgd_val(pgd) & _PAGE_PRESENT))
		goto out;
	p4d = pgtable_l5_enabled ? READ_ONCE(pgd_pgtable(pgd)[p4d_index(hva)])
				 : __p4d(pgd_val(pgd));
	if (!(p4d_val(p4d) & _PAGE_PRESENT))
		goto out;
	pud = pgtable_l4_enabled ? READ_ONCE(p4d_pgtable(p4d)[pud_index(hva)])
				 : __pud(p4d_val(p4d));
	if (!pud_present(pud))
		goto out;
	if (pud_leaf(pud)) {
		level = 2;
		goto out;
	}
	pmd = READ_ONCE(*pmd_offset(&pud, hva));
	if (pmd_present(pmd) && pmd_leaf(pmd))
		level = 1;
out:
	local_irq_restore(flags);
	return level;
}
