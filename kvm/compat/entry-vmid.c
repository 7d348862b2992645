// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: the functions of vmid.o that stock objects call.
 */
#include "hart/hart.h"

void __init kvm_riscv_gstage_vmid_detect(void)
{
	/* gst_kvm_detect_modes() has detected it. */
}

unsigned long kvm_riscv_gstage_vmid_bits(void)
{
	return gst_kvm_vmid_bits();
}

int kvm_riscv_gstage_vmid_init(struct kvm *kvm)
{
	return 0;
}

/* A VM keeps its VMID while its vCPUs are in the guest: kvm/hart/vmid.c. */
bool kvm_riscv_gstage_vmid_ver_changed(struct kvm_vmid *vmid)
{
	return false;
}

/* gst_kvm_load_root() updates the VMID when a vCPU is loaded. */
void kvm_riscv_gstage_vmid_update(struct kvm_vcpu *vcpu)
{
}
