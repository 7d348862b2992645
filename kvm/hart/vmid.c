// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: VMIDs.
 *
 * A VMID belongs to a generation. Both are in one word, gst_kvm.vmid. When all VMIDs of a
 * generation are taken, the next generation begins and VMIDs start over. No hart is interrupted for
 * it:
 *
 * - A hart that loads a VMID of another generation than its last one fences all VMIDs once, after
 *   hgatp has the new value (hgatp.c). So it keeps nothing of an older generation, not even what it
 *   cached by speculation after the new generation began.
 * - A VM that has a VMID of an older generation gets a new one when one of its vCPUs is loaded. So
 *   no VMID of an older generation is ever loaded.
 * - A vCPU that is in the guest keeps its old VMID. This is right: its hart is still in the old
 *   generation, in which no other VM has that VMID.
 *
 * VMID 0 belongs to no VM: harts that have no VM's root in hgatp use it.
 */
#include <asm/csr.h>

#include "hart/hart.h"

static DEFINE_RAW_SPINLOCK(vmid_lock);
static unsigned long generation = 1;
static unsigned long next_vmid = 1;
static unsigned int vmid_bits __ro_after_init;

unsigned int gst_kvm_vmid_bits(void)
{
	return vmid_bits;
}

/*
 * VMID is WARL, and 0 while MODE is Bare on some harts: use a MODE that the host has. The caller
 * holds off everything else on this hart, and fences.
 */
void __init gst_kvm_detect_vmids(unsigned long hgatp)
{
	csr_write(CSR_HGATP, hgatp | HGATP_VMID);
	vmid_bits = fls_long((csr_read(CSR_HGATP) & HGATP_VMID) >> HGATP_VMID_SHIFT);
	vmid_bits = min(vmid_bits, gst_kvm_test_vmid_bits());
	/* With fewer VMIDs than harts, generations would change all the time. */
	if ((1UL << vmid_bits) < num_possible_cpus())
		vmid_bits = 0;
}

/*
 * A new word is visible before the vCPUs are told of it, and gk->changing covers the time in
 * between. Stock fences read the VMID in kvm->arch.vmid. That copy is written after the word: a
 * vCPU that fences the new VMID also enters with the new VMID.
 */
static unsigned long assign_vmid(struct gst_kvm *gk)
{
	unsigned long flags, vmid = 0, word;

	raw_spin_lock_irqsave(&vmid_lock, flags);
	word = gk->vmid;
	if (gst_kvm_generation(word) == generation) {
		raw_spin_unlock_irqrestore(&vmid_lock, flags);
		return word;
	}
	if (vmid_bits) {
		if (next_vmid >> vmid_bits) {
			WRITE_ONCE(generation, generation + 1);
			next_vmid = 1;
		}
		vmid = next_vmid++;
	}
	word = (generation << GST_KVM_VMID_WIDTH) | vmid;
	atomic_inc(&gk->changing);
	smp_store_release(&gk->vmid, word);
	smp_store_release(&gk->kvm.arch.vmid.vmid, vmid);
	raw_spin_unlock_irqrestore(&vmid_lock, flags);

	gst_kvm_hgatp_changed(gk);
	return word;
}

/**
 * gst_kvm_current_vmid() - the VMID of a VM, of the present generation
 * @gk: the VM
 *
 * Gives the VM a new VMID if its own is of an older generation. Context: any.
 *
 * Return: generation and VMID, as in &struct gst_kvm.vmid.
 */
unsigned long gst_kvm_current_vmid(struct gst_kvm *gk)
{
	/* A new generation was stored before the first word of it. */
	unsigned long word = smp_load_acquire(&gk->vmid);

	if (likely(gst_kvm_generation(word) == READ_ONCE(generation)))
		return word;
	return assign_vmid(gk);
}

/**
 * gst_kvm_new_generation() - let no hart and no vCPU rely on what it fenced before
 *
 * For a hart that comes online, because nobody knows what it has cached. Each VM gets another VMID,
 * and each vCPU fences both stages when it enters the guest with it for the first time.
 */
void gst_kvm_new_generation(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vmid_lock, flags);
	WRITE_ONCE(generation, generation + 1);
	next_vmid = 1;
	raw_spin_unlock_irqrestore(&vmid_lock, flags);
}
