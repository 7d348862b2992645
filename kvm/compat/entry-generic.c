// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: the functions that generic KVM calls by different names, or with different types.
 */
#include "hart/hart.h"
#include "user/user.h"

#ifdef GST_HAS_VIRTUALIZATION_CPU

int kvm_arch_enable_virtualization_cpu(void)
{
	return gst_kvm_enable_hart();
}

void kvm_arch_disable_virtualization_cpu(void)
{
	gst_kvm_disable_hart();
}

#else

int kvm_arch_hardware_enable(void)
{
	return gst_kvm_enable_hart();
}

void kvm_arch_hardware_disable(void)
{
	gst_kvm_disable_hart();
}

#endif

#ifdef GST_HAS_DEBUGFS_RESULT
int kvm_arch_create_vm_debugfs(struct kvm *kvm)
{
	gst_kvm_create_vm_debugfs(kvm);
	return 0;
}
#else
void kvm_arch_create_vm_debugfs(struct kvm *kvm)
{
	gst_kvm_create_vm_debugfs(kvm);
}
#endif

#ifdef GST_HAS_SET_SPTE
/*
 * The host replaces a page by one that is read-only. It does so within an invalidation, so the page
 * is unmapped already: the guest's next access is a fault.
 */
bool kvm_set_spte_gfn(struct kvm *kvm, struct kvm_gfn_range *range)
{
	return false;
}
#endif
