// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: KVM_PRE_FAULT_MEMORY: faults ahead of the guest.
 */
#include <linux/sched/signal.h>

#include "fault/fault.h"

/* Return: bytes from a gpa to the end of the leaf that maps it; 0: nothing does. */
static u64 mapped_already(struct kvm *kvm, gpa_t gpa)
{
	struct gst_leaf leaf;
	u64 bytes = 0;

	gst_kvm_read_lock(kvm);
	if (!gst_lookup(gst_kvm_space(kvm), gpa, &leaf))
		bytes = leaf.gpa + leaf.size - gpa;
	gst_kvm_read_unlock(kvm);
	return bytes;
}

/*
 * Called with kvm->srcu held for reading. Generic KVM calls again for the rest of the range, and
 * looks for signals in between. The page is mapped as for a load of the guest: writable if the VMM
 * may write it and has populated it. If others take the page away again and again, this tries until
 * a signal comes or the slot is deleted. Return: the bytes that are mapped now, or a negative
 * error.
 */
long kvm_arch_vcpu_pre_fault_memory(struct kvm_vcpu *vcpu, struct kvm_pre_fault_memory *range)
{
	struct kvm *kvm = vcpu->kvm;
	struct gst_kvm_fault fault = {
		.vcpu = vcpu,
		.gpa = range->gpa,
		.kind = GST_KVM_PREFAULT,
		.gfn = range->gpa >> PAGE_SHIFT,
	};
	u64 bytes = mapped_already(kvm, range->gpa);
	int ret;

	while (!bytes) {
		if (signal_pending(current))
			return -EINTR;
		cond_resched();

		fault.slot = kvm_vcpu_gfn_to_memslot(vcpu, fault.gfn);
		fault.hva = gfn_to_hva_memslot_prot(fault.slot, fault.gfn, NULL);
		if (kvm_is_error_hva(fault.hva))
			return -ENOENT;
		ret = gst_kvm_fault(&fault);
		if (ret)
			return ret;
		if (fault.leaf != GST_KVM_NO_LEAF)
			bytes = mapped_already(kvm, range->gpa);
	}
	return min(bytes, range->size);
}
