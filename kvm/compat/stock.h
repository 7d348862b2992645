/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included ahead of every object of kvm.ko, stock ones too: makes generic KVM
 * ask gstage for the memory of a VM, so that a struct kvm comes inside of a
 * struct gst_kvm.
 */
#ifndef GST_KVM_COMPAT_STOCK_H
#define GST_KVM_COMPAT_STOCK_H

#define __KVM_HAVE_ARCH_VM_ALLOC
#define __KVM_HAVE_ARCH_VM_FREE

#ifndef __ASSEMBLY__
struct kvm;
struct kvm *kvm_arch_alloc_vm(void);
void kvm_arch_free_vm(struct kvm *kvm);
#endif

#endif /* GST_KVM_COMPAT_STOCK_H */
