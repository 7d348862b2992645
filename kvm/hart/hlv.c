// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: guest memory is read by the instruction decoder.
 */
#include "hart/hart.h"

/*
 * The guest executed this instruction a moment ago. If KVM cannot read it now, another thread has
 * just taken its page away. The guest is not at fault and must not see a trap. It executes the
 * instruction again, and then gets the page or a fault of its own. The stock decoder lets it do so
 * after a load guest-page fault, which is what HLVX raises by the specification. QEMU's HLVX raises
 * an instruction page fault instead.
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
 * HLV walks the G-stage while the vCPU is outside guest mode. A flush would not wait for it, and
 * the vCPU would execute a posted fence only after it. Therefore, with interrupts off:
 *
 * - vcpu->mode says that tables are being read. A thread that flushes from now on sends an IPI to
 *   this hart, waits for the answer, and frees no table before that.
 * - hgatp gets the VM's present root. It may still have the old root, which may be free, or the
 *   void root.
 * - With nested acceleration, registers that were written since the last exit take effect now.
 *   Otherwise HLV could use the vsatp of another vCPU that was on this hart.
 * - The hart fences what was flushed before. All requests stay posted.
 */
unsigned long kvm_riscv_vcpu_unpriv_read(struct kvm_vcpu *vcpu, bool read_insn,
					 unsigned long guest_addr, struct kvm_cpu_trap *trap)
{
	unsigned long flags, val;

	local_irq_save(flags);
	if (gst_kvm_mistaken(no_read_barrier))
		WRITE_ONCE(vcpu->mode, READING_SHADOW_PAGE_TABLES);
	else if (!gst_kvm_mistaken(no_read_mode))
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
