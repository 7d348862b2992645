// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: guest memory is read by the instruction decoder.
 */
#include "gstage.h"

static void fence_vmid(struct kvm_vcpu *vcpu)
{
	kvm_riscv_local_hfence_gvma_vmid_all(READ_ONCE(vcpu->kvm->arch.vmid.vmid));
}

/*
 * The guest has executed this instruction a moment ago. Where it cannot be read now, somebody has
 * just taken its page away, which is no fault of the guest's: it executes it again, and gets its
 * page, or the fault that is its own. The stock decoder does so for the one cause that HLVX has for
 * a guest-page fault, a load's; QEMU says that it is an instruction page fault.
 */
static void forgive(struct kvm_cpu_trap *trap)
{
	switch (trap->scause) {
	case EXC_INST_PAGE_FAULT:
	case EXC_LOAD_PAGE_FAULT:
	case EXC_INST_GUEST_PAGE_FAULT:
		trap->scause = EXC_LOAD_GUEST_PAGE_FAULT;
	}
}

/*
 * HLV walks the G-stage while the vCPU is outside guest mode, so that a flush
 * neither waits for it nor is done before it. Therefore, with interrupts off:
 *
 * - vcpu->mode says that tables are being read. Whoever flushes from here on
 *   waits for an IPI to this hart, and cannot free a table before the end.
 * - A flush that was asked for before is not done yet, as it waits for the next
 *   entry: fence now. So too where the vCPU has come to another hart, or where
 *   its VMID may have become another VM's, in which case nothing stays behind either.
 * - A new root is loaded now: the old one may be free, and hgatp 0, with which HLV would
 *   take the guest's addresses for the host's. All requests stay posted.
 * - Registers that were written since the guest was left are in force: another vCPU may
 *   have been on this hart in between, and HLV would go by its vsatp.
 */
unsigned long kvm_riscv_vcpu_unpriv_read(struct kvm_vcpu *vcpu, bool read_insn,
					 unsigned long guest_addr, struct kvm_cpu_trap *trap)
{
	struct kvm_vmid *vmid = &vcpu->kvm->arch.vmid;
	unsigned long flags, val;
	bool foreign, reload;

	local_irq_save(flags);
	smp_store_mb(vcpu->mode, READING_SHADOW_PAGE_TABLES);

	reload = kvm_test_request(KVM_REQ_UPDATE_HGATP, vcpu);
	if (reload)
		gst_kvm_load_root(vcpu);
	gst_kvm_sync_registers();
	foreign = kvm_riscv_gstage_vmid_ver_changed(vmid);
	if (reload || foreign || vcpu->arch.last_exit_cpu != vcpu->cpu ||
	    kvm_test_request(KVM_REQ_TLB_FLUSH, vcpu) || kvm_test_request(KVM_REQ_HFENCE, vcpu))
		fence_vmid(vcpu);

	val = stock_kvm_riscv_vcpu_unpriv_read(vcpu, read_insn, guest_addr, trap);

	if (foreign)
		fence_vmid(vcpu);
	smp_store_release(&vcpu->mode, OUTSIDE_GUEST_MODE);
	local_irq_restore(flags);
	if (read_insn)
		forgive(trap);
	return val;
}
