/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * gstage: KVM_PRE_FAULT_MEMORY of mainline since 6.11, for older headers of the kernel.
 * The module answers it on every kernel (docs/ABI.md).
 *
 * The module and its tests use this header. Include it after <linux/kvm.h>.
 */
#ifndef GSTAGE_UAPI_PRE_FAULT_H
#define GSTAGE_UAPI_PRE_FAULT_H

#ifndef KVM_PRE_FAULT_MEMORY

#define KVM_CAP_PRE_FAULT_MEMORY 236
#define KVM_PRE_FAULT_MEMORY     _IOWR(KVMIO, 0xd5, struct kvm_pre_fault_memory)

struct kvm_pre_fault_memory {
	__u64 gpa;
	__u64 size;
	__u64 flags;
	__u64 padding[5];
};

#endif

#endif /* GSTAGE_UAPI_PRE_FAULT_H */
