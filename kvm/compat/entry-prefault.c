// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: KVM_PRE_FAULT_MEMORY, in kernels whose generic KVM does not know it.
 */
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "../gstage.h"

long stock_kvm_arch_vcpu_ioctl(struct file *filp, unsigned int ioctl, unsigned long arg);

/* Map pages until the range ends, an error or a signal. @range becomes what is left. */
static long pre_fault(struct kvm_vcpu *vcpu, struct kvm_pre_fault_memory *range)
{
	long done = 0;
	int idx;

	vcpu_load(vcpu);
	idx = srcu_read_lock(&vcpu->kvm->srcu);
	while (range->size) {
		done = signal_pending(current) ? -EINTR :
						 kvm_arch_vcpu_pre_fault_memory(vcpu, range);
		if (done < 0)
			break;
		range->gpa += done;
		range->size -= done;
		cond_resched();
	}
	srcu_read_unlock(&vcpu->kvm->srcu, idx);
	vcpu_put(vcpu);
	return min(done, 0L);
}

/* Called by generic KVM with vcpu->mutex held. */
long kvm_arch_vcpu_ioctl(struct file *filp, unsigned int ioctl, unsigned long arg)
{
	struct kvm_pre_fault_memory range;
	u64 size;
	long ret;

	if (ioctl != KVM_PRE_FAULT_MEMORY)
		return stock_kvm_arch_vcpu_ioctl(filp, ioctl, arg);

	if (copy_from_user(&range, (void __user *)arg, sizeof(range)))
		return -EFAULT;
	if (range.flags || !PAGE_ALIGNED(range.gpa) || !PAGE_ALIGNED(range.size) ||
	    range.gpa + range.size <= range.gpa)
		return -EINVAL;

	size = range.size;
	ret = pre_fault(filp->private_data, &range);
	if (copy_to_user((void __user *)arg, &range, sizeof(range)))
		return -EFAULT;
	/* What was mapped counts. The next call for the rest finds the error again. */
	return range.size < size ? 0 : ret;
}
