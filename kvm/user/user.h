/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: what user space asks for: formats, memslots, dirty logging, debugfs.
 */
#ifndef GST_KVM_USER_H
#define GST_KVM_USER_H

#include "gstage.h"

/* policy.c: formats of VMs that do not choose */
const struct gst_format *gst_kvm_policy(bool *grow);
int gst_kvm_policy_init(void);

/* reformat.c */
int gst_kvm_reformat(struct kvm *kvm, const struct gst_format *fmt);
int gst_kvm_grow(struct kvm *kvm, gfn_t end);

/* aia.c: addresses of interrupt files */
gpa_t gst_kvm_aia_last(struct kvm *kvm);

/* logging.c: dirty logging of a slot */
void gst_kvm_logging_start(struct kvm *kvm, const struct kvm_memory_slot *slot);
void gst_kvm_logging_cleared(struct kvm *kvm, gpa_t gpa, u64 size);
void gst_kvm_logging_stop(struct kvm *kvm, const struct kvm_memory_slot *slot);

/* debugfs.c */
void gst_kvm_debugfs_init(void);
void gst_kvm_create_vm_debugfs(struct kvm *kvm);

/*
 * Stock functions that were renamed when they were compiled (kvm/Kbuild), so that gstage stands
 * before them.
 */
int stock_kvm_vm_ioctl_check_extension(struct kvm *kvm, long ext);
int stock_kvm_riscv_vcpu_aia_imsic_init(struct kvm_vcpu *vcpu);
int stock_kvm_arch_vm_ioctl(struct file *filp, unsigned int ioctl, unsigned long arg);

#endif /* GST_KVM_USER_H */
