/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: KVM_PRE_FAULT_MEMORY, which generic KVM does not know before Linux 6.11.
 */
#ifndef GST_KVM_COMPAT_PREFAULT_H
#define GST_KVM_COMPAT_PREFAULT_H

#include <linux/kvm_host.h>

#include <gstage/pre_fault.h>

#ifndef GST_HAS_PREFAULT
long kvm_arch_vcpu_pre_fault_memory(struct kvm_vcpu *vcpu, struct kvm_pre_fault_memory *range);
#endif

#endif /* GST_KVM_COMPAT_PREFAULT_H */
