// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: the functions that stock objects call, in kernels whose G-stage MMU is mmu.o alone.
 */
#include "fault/fault.h"
#include "hart/hart.h"
#include "host/host.h"

void __init kvm_riscv_gstage_mode_detect(void)
{
	gst_kvm_detect_modes();
}

unsigned long __init kvm_riscv_gstage_mode(void)
{
	const struct gst_format *fmt = gst_kvm_widest();

	return fmt ? fmt->mode : GST_MODE_BARE;
}

int kvm_riscv_gstage_gpa_bits(void)
{
	return gst_kvm_widest()->gpa_bits;
}

int kvm_riscv_gstage_alloc_pgd(struct kvm *kvm)
{
	return gst_kvm_make_root(kvm);
}

void kvm_riscv_gstage_free_pgd(struct kvm *kvm)
{
	gst_kvm_drop_root(kvm);
}

void kvm_riscv_gstage_update_hgatp(struct kvm_vcpu *vcpu)
{
	gst_kvm_load_root(vcpu);
}

int kvm_riscv_gstage_map(struct kvm_vcpu *vcpu, struct kvm_memory_slot *memslot, gpa_t gpa,
			 unsigned long hva, bool is_write)
{
	return gst_kvm_guest_fault(vcpu, memslot, gpa, hva, is_write);
}

int kvm_riscv_gstage_ioremap(struct kvm *kvm, gpa_t gpa, phys_addr_t hpa, unsigned long size,
			     bool writable, bool in_atomic)
{
	return gst_kvm_ioremap(kvm, gpa, hpa, size, writable, in_atomic);
}

void kvm_riscv_gstage_iounmap(struct kvm *kvm, gpa_t gpa, unsigned long size)
{
	gst_kvm_iounmap(kvm, gpa, size);
}
