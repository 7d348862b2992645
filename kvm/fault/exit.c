// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: note why a vCPU left the guest, so that its faults are counted by kind. And answer faults
 * of the hart's walk of the guest's page tables.
 */
#include "fault/exit.h"
#include "fault/fault.h"

/*
 * The page table is in memory that does not exist or may not be written. The guest gets an access
 * fault, of the kind of access that it was about to make.
 */
static void refuse_walk(struct kvm_vcpu *vcpu, const struct kvm_cpu_trap *trap)
{
	struct kvm_cpu_trap access = {
		.sepc = trap->sepc,
		.scause = trap->scause == EXC_INST_GUEST_PAGE_FAULT ? EXC_INST_ACCESS :
			  trap->scause == EXC_LOAD_GUEST_PAGE_FAULT ? EXC_LOAD_ACCESS :
								      EXC_STORE_ACCESS,
		.stval = trap->stval,
	};

	kvm_riscv_vcpu_trap_redirect(vcpu, &access);
}

/*
 * The hart could not read or write an entry of the guest's page tables. scause says what the guest
 * was about to do, and stock KVM looks at nothing else. So it would answer a write of the hart with
 * a read-only page, again and again. And without a memslot, it would emulate the guest's
 * instruction as an access to the address of the entry. Return: as kvm_riscv_vcpu_exit().
 */
static int answer_walk(struct kvm_vcpu *vcpu, const struct kvm_cpu_trap *trap)
{
	/* The low bits of stval are not those of the entry, which is aligned. */
	gpa_t gpa = (gpa_t)trap->htval << 2;
	struct kvm_memory_slot *slot = gfn_to_memslot(vcpu->kvm, gpa >> PAGE_SHIFT);
	bool write = trap->htinst & GST_HTINST_WRITE, writable = false;
	unsigned long hva = gfn_to_hva_memslot_prot(slot, gpa >> PAGE_SHIFT, &writable);
	int ret;

	if (kvm_is_error_hva(hva) || (write && !writable)) {
		refuse_walk(vcpu, trap);
		return 1;
	}
	to_gst_vcpu(vcpu)->cause = EXC_LOAD_GUEST_PAGE_FAULT;
	ret = gst_kvm_guest_fault(vcpu, slot, gpa, hva, write);
	return ret < 0 ? ret : 1;
}

int kvm_riscv_vcpu_exit(struct kvm_vcpu *vcpu, struct kvm_run *run, struct kvm_cpu_trap *trap)
{
	gst_kvm_test_trap(trap);
	if (gst_kvm_walk_fault(trap))
		return answer_walk(vcpu, trap);
	to_gst_vcpu(vcpu)->cause = trap->scause;
	return stock_kvm_riscv_vcpu_exit(vcpu, run, trap);
}
