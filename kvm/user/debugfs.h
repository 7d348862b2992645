/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: files of a VM in debugfs.
 *
 * i_private is the struct kvm. No file takes a reference on it: debugfs itself keeps the folder,
 * and so the VM, until calls under way have returned, and fails those that come later with EIO.
 * So an open file does not keep a VM that is to go. release() may run after the VM is gone.
 */
#ifndef GST_KVM_DEBUGFS_H
#define GST_KVM_DEBUGFS_H

#include "gstage.h"

struct file_operations;

extern const struct file_operations gst_kvm_dump_fops; /* dump.c */
extern const struct file_operations gst_kvm_walk_fops; /* walk.c */

#endif /* GST_KVM_DEBUGFS_H */
