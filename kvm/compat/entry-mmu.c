// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: the functions that stock objects call, in kernels whose G-stage MMU is mmu.o on top of
 * gstage.o.
 */
#include <linux/kvm_host.h>
#include <asm/kvm_mmu.h>

#include "fault/fault.h"
#include "hart/hart.h"
#include "host/host.h"

/*
 * The widest format. The stock main.o prints it. The stock vm.o of some kernels answers
 * KVM_CAP_VM_GPA_BITS with it, but gstage answers that call.
 */
#ifdef GST_HAS_MAX_LEVELS
unsigned long kvm_riscv_gstage_max_pgd_levels __ro_after_init;
#else
unsigned long kvm_riscv_gstage_mode __ro_after_init;
unsigned long kvm_riscv_gstage_pgd_levels __ro_after_init;
#endif

void __init kvm_riscv_gstage_mode_detect(void)
{
	const struct gst_format *fmt;

	gst_kvm_detect_modes();
	fmt = gst_kvm_widest();
	if (!fmt)
		return;
#ifdef GST_HAS_MAX_LEVELS
	kvm_riscv_gstage_max_pgd_levels = fmt->levels;
#else
	kvm_riscv_gstage_mode = fmt->mode;
	kvm_riscv_gstage_pgd_levels = fmt->levels;
#endif
}

int kvm_riscv_mmu_alloc_pgd(struct kvm *kvm)
{
	return gst_kvm_make_root(kvm);
}

void kvm_riscv_mmu_free_pgd(struct kvm *kvm)
{
	gst_kvm_drop_root(kvm);
}

void kvm_riscv_mmu_update_hgatp(struct kvm_vcpu *vcpu)
{
	gst_kvm_load_root(vcpu);
}

/* No caller uses *out_map. The mapping may change at any time, so leave it empty. */
int kvm_riscv_mmu_map(struct kvm_vcpu *vcpu, struct kvm_memory_slot *memslot, gpa_t gpa,
		      unsigned long hva, bool is_write, struct kvm_gstage_mapping *out_map)
{
	*out_map = (struct kvm_gstage_mapping){};
	return gst_kvm_guest_fault(vcpu, memslot, gpa, hva, is_write);
}

int kvm_riscv_mmu_ioremap(struct kvm *kvm, gpa_t gpa, phys_addr_t hpa, unsigned long size,
			  bool writable, bool in_atomic)
{
	return gst_kvm_ioremap(kvm, gpa, hpa, size, writable, in_atomic);
}

void kvm_riscv_mmu_iounmap(struct kvm *kvm, gpa_t gpa, unsigned long size)
{
	gst_kvm_iounmap(kvm, gpa, size);
}
