// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: why a vCPU left the guest, for what is counted of its faults.
 */
#include "gstage.h"

int kvm_riscv_vcpu_exit(struct kvm_vcpu *vcpu, struct kvm_run *run, struct kvm_cpu_trap *trap)
{
	to_gst_vcpu(vcpu)->cause = trap->scause;
	if (gst_kvm_test_no_htinst())
		trap->htinst = 0;
	return stock_kvm_riscv_vcpu_exit(vcpu, run, trap);
}
