// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: a fault of the stock instruction decoder that later kernels have repaired.
 *
 * KVM reads the instruction of an exit from the guest's memory. If another thread has just taken
 * the page away, 6.6 gives the guest a trap with a cause that no guest expects. The guest is not at
 * fault: it executes the instruction again instead.
 */
#include <linux/kvm_host.h>

#include "../gstage.h"

void gst_kvm_decoder_redirect(struct kvm_vcpu *vcpu, struct kvm_cpu_trap *trap);

/* The stock vcpu_insn.o calls this in place of kvm_riscv_vcpu_trap_redirect(). */
void gst_kvm_decoder_redirect(struct kvm_vcpu *vcpu, struct kvm_cpu_trap *trap)
{
	if (trap->scause != EXC_LOAD_GUEST_PAGE_FAULT)
		kvm_riscv_vcpu_trap_redirect(vcpu, trap);
}
