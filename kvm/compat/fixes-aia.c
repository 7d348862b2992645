// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: faults of the stock AIA that later kernels have repaired.
 *
 * A vCPU that user space creates after it initialized the AIA has no IMSIC. A check here does no
 * harm if the sources have the same check.
 */
#include <linux/kvm_host.h>
#include <asm/kvm_vcpu_insn.h>

#include "../gstage.h"

int stock_kvm_riscv_aia_aplic_has_attr(struct kvm *kvm, unsigned long type);
int stock_kvm_riscv_aia_imsic_has_attr(struct kvm *kvm, unsigned long type);
int stock_kvm_riscv_aia_imsic_rw_attr(struct kvm *kvm, unsigned long type, bool write,
				      unsigned long *val);
int stock_kvm_riscv_vcpu_aia_imsic_rmw(struct kvm_vcpu *vcpu, unsigned long isel,
				       unsigned long *val, unsigned long new_val,
				       unsigned long wr_mask);
int stock_kvm_riscv_vcpu_aia_imsic_update(struct kvm_vcpu *vcpu);

/* The vCPU that an attribute names; NULL if there is none, or if it has no IMSIC. */
static struct kvm_vcpu *imsic_owner(struct kvm *kvm, unsigned long type)
{
	struct kvm_vcpu *vcpu = NULL;

	if (kvm_riscv_aia_initialized(kvm))
		vcpu = kvm_get_vcpu_by_id(kvm, KVM_DEV_RISCV_AIA_IMSIC_GET_VCPU(type));
	return vcpu && vcpu->arch.aia_context.imsic_state ? vcpu : NULL;
}

/* Another thread may free the APLIC again, until the AIA is initialized. */
int kvm_riscv_aia_aplic_has_attr(struct kvm *kvm, unsigned long type)
{
	if (!kvm_riscv_aia_initialized(kvm))
		return -ENODEV;
	smp_rmb();
	return stock_kvm_riscv_aia_aplic_has_attr(kvm, type);
}

int kvm_riscv_aia_imsic_has_attr(struct kvm *kvm, unsigned long type)
{
	return imsic_owner(kvm, type) ? stock_kvm_riscv_aia_imsic_has_attr(kvm, type) : -ENODEV;
}

/* While a vCPU runs, it may give up its interrupt file, and another VM may get the file. */
int kvm_riscv_aia_imsic_rw_attr(struct kvm *kvm, unsigned long type, bool write, unsigned long *val)
{
	struct kvm_vcpu *vcpu = imsic_owner(kvm, type);
	int ret;

	if (!vcpu)
		return -ENODEV;
	if (IS_ENABLED(GST_KVM_FIX_IMSIC_LOCK) && mutex_lock_killable(&vcpu->mutex))
		return -EINTR;
	ret = stock_kvm_riscv_aia_imsic_rw_attr(kvm, type, write, val);
	if (IS_ENABLED(GST_KVM_FIX_IMSIC_LOCK))
		mutex_unlock(&vcpu->mutex);
	return ret;
}

int kvm_riscv_vcpu_aia_imsic_rmw(struct kvm_vcpu *vcpu, unsigned long isel, unsigned long *val,
				 unsigned long new_val, unsigned long wr_mask)
{
	if (!vcpu->arch.aia_context.imsic_state)
		return KVM_INSN_EXIT_TO_USER_SPACE;
	return stock_kvm_riscv_vcpu_aia_imsic_rmw(vcpu, isel, val, new_val, wr_mask);
}

int kvm_riscv_vcpu_aia_imsic_update(struct kvm_vcpu *vcpu)
{
	if (!vcpu->arch.aia_context.imsic_state)
		return 1;
	return stock_kvm_riscv_vcpu_aia_imsic_update(vcpu);
}
