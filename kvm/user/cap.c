// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: KVM_CAP_RISCV_SET_HGATP_MODE and KVM_CAP_VM_GPA_BITS (docs/ABI.md).
 */
#include <gstage/kvm.h>

#include "hart/hart.h"
#include "user/user.h"

/*
 * Choose the format of a VM that is not committed. KVM_CREATE_VCPU takes kvm->lock, and
 * KVM_SET_USER_MEMORY_REGION takes kvm->slots_lock. So both see the format from before the change
 * or from after it.
 */
static int choose_format(struct kvm *kvm, const struct gst_format *fmt, bool grow)
{
	struct gst_kvm *gk = to_gst_kvm(kvm);
	int r = -EBUSY;

	mutex_lock(&kvm->lock);
	mutex_lock(&kvm->slots_lock);
	/* IMSIC pages are mapped without a memslot. */
	if (!kvm->created_vcpus && kvm_are_all_memslots_empty(kvm) && gst_is_empty(&gk->space)) {
		r = gst_kvm_reformat(kvm, fmt);
		if (!r)
			gk->grow = grow;
	}
	mutex_unlock(&kvm->slots_lock);
	mutex_unlock(&kvm->lock);

	return r;
}

static int enable_hgatp_mode(struct kvm *kvm, const struct kvm_enable_cap *cap)
{
	const struct gst_format *fmt = gst_format_of_mode(cap->args[0]);

	if (cap->flags || !fmt || !(gst_kvm_modes() & BIT_ULL(fmt->mode)))
		return -EINVAL;
	if ((cap->args[1] & ~KVM_RISCV_HGATP_GROW) || cap->args[2] || cap->args[3])
		return -EINVAL;
	return choose_format(kvm, fmt, cap->args[1] & KVM_RISCV_HGATP_GROW);
}

static int enable_gpa_bits(struct kvm *kvm, const struct kvm_enable_cap *cap)
{
	const struct gst_format *fmt = gst_format_fitting(gst_kvm_modes(), cap->args[0]);

	if (cap->flags || !fmt)
		return -EINVAL;
	return choose_format(kvm, fmt, false);
}

int kvm_vm_ioctl_enable_cap(struct kvm *kvm, struct kvm_enable_cap *cap)
{
	switch (cap->cap) {
	case KVM_CAP_RISCV_SET_HGATP_MODE:
	case KVM_CAP_RISCV_SET_HGATP_MODE_ALT:
		return enable_hgatp_mode(kvm, cap);
	case KVM_CAP_VM_GPA_BITS:
		return enable_gpa_bits(kvm, cap);
	default:
		return gst_kvm_stock_enable_cap(kvm, cap);
	}
}

/* @kvm is NULL where the ioctl is on /dev/kvm. */
static int check_gpa_bits(struct kvm *kvm)
{
	const struct gst_format *fmt = gst_kvm_widest();

	if (kvm && !READ_ONCE(to_gst_kvm(kvm)->grow))
		fmt = gst_space_format(gst_kvm_space(kvm)) ?: fmt;
	return fmt->gpa_bits;
}

int kvm_vm_ioctl_check_extension(struct kvm *kvm, long ext)
{
	switch (ext) {
	case KVM_CAP_RISCV_SET_HGATP_MODE:
	case KVM_CAP_RISCV_SET_HGATP_MODE_ALT:
		return gst_kvm_modes();
	case KVM_CAP_VM_GPA_BITS:
		return check_gpa_bits(kvm);
	case KVM_CAP_VM_ATTRIBUTES:
	case KVM_CAP_PRE_FAULT_MEMORY:
		return 1;
	default:
		return stock_kvm_vm_ioctl_check_extension(kvm, ext);
	}
}
