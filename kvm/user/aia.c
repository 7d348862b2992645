// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: the interrupt files of the AIA and the VM's format.
 *
 * The page of a vCPU's IMSIC belongs to no memslot. User space sets its address before it
 * initializes the AIA. The page is mapped when the vCPU first runs. So the format must hold the
 * address before anything is mapped there.
 */
#include "user/user.h"

/**
 * gst_kvm_aia_last() - the last gpa of the interrupt files that the VM may map
 * @kvm: the VM; kvm->slots_lock is held
 *
 * User space may change an address until it initializes the AIA, which checks again.
 *
 * Return: the gpa; 0 if the VM maps no file: no address is set yet, or the files are emulated.
 * An emulated file is MMIO, which may lie beyond the format.
 */
gpa_t gst_kvm_aia_last(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;
	gpa_t last = 0;

	if (!irqchip_in_kernel(kvm) || READ_ONCE(kvm->arch.aia.mode) == KVM_DEV_RISCV_AIA_MODE_EMUL)
		return 0;
	kvm_for_each_vcpu(i, vcpu, kvm) {
		gpa_t addr = READ_ONCE(vcpu->arch.aia_context.imsic_addr);

		if (addr != (gpa_t)KVM_RISCV_AIA_UNDEF_ADDR)
			last = max(last, addr + KVM_DEV_RISCV_IMSIC_SIZE - 1);
	}
	return last;
}

static int fit_format(struct kvm *kvm)
{
	gpa_t last;
	int ret = 0;

	mutex_lock(&kvm->slots_lock);
	last = gst_kvm_aia_last(kvm);
	if (last)
		ret = gst_kvm_grow(kvm, (last >> PAGE_SHIFT) + 1);
	mutex_unlock(&kvm->slots_lock);
	/* gst_kvm_grow() returns the error of a memslot. */
	return ret == -EFAULT ? -ERANGE : ret;
}

/*
 * Called for each vCPU when user space initializes the AIA. The caller holds kvm->lock, so that
 * neither the addresses nor the number of vCPUs change. The VM grows when the last vCPU has its
 * IMSIC: no check comes after that, so a call that fails leaves the VM as it was.
 */
int kvm_riscv_vcpu_aia_imsic_init(struct kvm_vcpu *vcpu)
{
	int ret = stock_kvm_riscv_vcpu_aia_imsic_init(vcpu);

	if (ret || vcpu->vcpu_idx + 1 < atomic_read(&vcpu->kvm->online_vcpus))
		return ret;
	ret = fit_format(vcpu->kvm);
	/* The caller cleans up the vCPUs before this one. */
	if (ret)
		kvm_riscv_vcpu_aia_imsic_cleanup(vcpu);
	return ret;
}
