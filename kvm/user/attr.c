// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: device attributes of the VM fd: read and change the format of a VM, also while it runs.
 */
#include <linux/file.h>
#include <linux/uaccess.h>

#include <gstage/kvm.h>

#include "hart/hart.h"
#include "user/user.h"

static bool known(const struct kvm_device_attr *attr)
{
	return attr->group == KVM_RISCV_VM_GSTAGE && attr->attr == KVM_RISCV_VM_GSTAGE_MODE;
}

static int get_mode(struct kvm *kvm, u64 __user *value)
{
	const struct gst_format *fmt = gst_space_format(gst_kvm_space(kvm));

	return put_user((u64)(fmt ? fmt->mode : GST_MODE_BARE), value);
}

static int set_mode(struct kvm *kvm, u64 __user *value)
{
	const struct gst_format *fmt;
	u64 mode;
	int ret;

	if (get_user(mode, value))
		return -EFAULT;
	fmt = gst_format_of_mode(mode);
	if (!fmt || !(gst_kvm_modes() & BIT_ULL(fmt->mode)))
		return -EINVAL;
	mutex_lock(&kvm->slots_lock);
	ret = gst_kvm_reformat(kvm, fmt);
	mutex_unlock(&kvm->slots_lock);
	return ret;
}

static long device_attr(struct kvm *kvm, unsigned int ioctl, unsigned long arg)
{
	struct kvm_device_attr attr;
	u64 __user *value;

	if (copy_from_user(&attr, (void __user *)arg, sizeof(attr)))
		return -EFAULT;
	if (!known(&attr))
		return -ENXIO;
	if (attr.flags)
		return -EINVAL;
	value = u64_to_user_ptr(attr.addr);
	switch (ioctl) {
	case KVM_GET_DEVICE_ATTR:
		return get_mode(kvm, value);
	case KVM_SET_DEVICE_ATTR:
		return set_mode(kvm, value);
	default:
		return 0;
	}
}

int kvm_arch_vm_ioctl(struct file *filp, unsigned int ioctl, unsigned long arg)
{
	switch (ioctl) {
	case KVM_HAS_DEVICE_ATTR:
	case KVM_GET_DEVICE_ATTR:
	case KVM_SET_DEVICE_ATTR:
		return device_attr(filp->private_data, ioctl, arg);
	default:
		return stock_kvm_arch_vm_ioctl(filp, ioctl, arg);
	}
}
