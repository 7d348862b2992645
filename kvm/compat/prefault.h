/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: the ABI of KVM_PRE_FAULT_MEMORY, for kernels whose headers do not have it.
 */
#ifndef GST_KVM_COMPAT_PREFAULT_H
#define GST_KVM_COMPAT_PREFAULT_H

#include <linux/kvm.h>

#ifndef KVM_PRE_FAULT_MEMORY

#define KVM_CAP_PRE_FAULT_MEMORY 236
#define KVM_PRE_FAULT_MEMORY     _IOWR(KVMIO, 0xd5, struct kvm_pre_fault_memory)

struct kvm_pre_fault_memory {
	__u64 gpa;
	__u64 size;
	__u64 flags;
	__u64 reserved[5];
};

struct kvm_vcpu;
long kvm_arch_vcpu_pre_fault_memory(struct kvm_vcpu *vcpu, struct kvm_pre_fault_memory *range);

#endif

#endif /* GST_KVM_COMPAT_PREFAULT_H */
