/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: included ahead of every object of kvm.ko, also the stock ones. It makes generic KVM
 *
 * - call gstage for the memory of a VM, so that each struct kvm is inside a struct gst_kvm;
 * - use an rwlock for kvm->mmu_lock, as later kernels do by themselves. gstage replaces the stock
 *   MMU, and no other stock object takes this lock by itself;
 * - support KVM_PRE_FAULT_MEMORY, and dirty bitmaps that are all set when logging starts.
 */
#ifndef GST_KVM_COMPAT_STOCK_H
#define GST_KVM_COMPAT_STOCK_H

#define __KVM_HAVE_ARCH_VM_ALLOC
#define __KVM_HAVE_ARCH_VM_FREE
#define KVM_HAVE_MMU_RWLOCK
#define KVM_DIRTY_LOG_MANUAL_CAPS                                                                  \
	(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET)

#ifndef CONFIG_KVM_GENERIC_PRE_FAULT_MEMORY
#define CONFIG_KVM_GENERIC_PRE_FAULT_MEMORY 1
#endif

#ifndef __ASSEMBLY__
struct kvm;
struct kvm *kvm_arch_alloc_vm(void);
void kvm_arch_free_vm(struct kvm *kvm);
#endif

#endif /* GST_KVM_COMPAT_STOCK_H */
