// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: guest memory is read by the instruction decoder.
 */
#include "hart/hart.h"

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
 * HLV walks the G-stage while the vCPU is outside guest mode. A flush would not wait for
 * it, and a posted fence would come after it. Therefore, with interrupts off:
 *
 * - vcpu->mode says that tables are being read. Whoever flushes from here on
 *   waits for an IPI to this hart, and cannot free a table before the end.
 * - hgatp has the VM's root. The old root may be free where a new one is posted, and a root that
 *   was forgotten is the void root.
 * - Registers that were written since the guest was left are in force: another vCPU may
 *   have been on this hart in between, and HLV would go by its vsatp.
 * - What was flushed before is fenced now. All requests stay posted.
 */
unsigned long kvm_riscv_vcpu_unpriv_read(struct kvm_vcpu *vcpu, bool read_insn,
					 unsigned long guest_addr, struct kvm_cpu_trap *trap)
{
	unsigned long flags, val;

	local_irq_save(flags);
	if (!gst_kvm_mistaken(no_read_mode))
		smp_store_mb(vcpu->mode, READING_SHADOW_PAGE_TABLES);

	if (!gst_kvm_root_is_loaded(vcpu))
		gst_kvm_load_root(vcpu);
	gst_kvm_sync_registers();
	gst_kvm_fence_before_read(vcpu);

	val = stock_kvm_riscv_vcpu_unpriv_read(vcpu, read_insn, guest_addr, trap);

	smp_store_release(&vcpu->mode, OUTSIDE_GUEST_MODE);
	local_irq_restore(flags);
	if (read_insn)
		forgive(trap);
	return val;
}
