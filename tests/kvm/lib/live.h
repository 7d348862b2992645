/* SPDX-License-Identifier: GPL-2.0-only */
/* Read and change the format of a VM, create VMs that may grow, and set the module's policy. */
#ifndef TESTS_KVM_LIVE_H
#define TESTS_KVM_LIVE_H

#include "vm.h"

/** device_attr() - KVM_SET_, KVM_GET_ or KVM_HAS_DEVICE_ATTR, as @ioctl says: 0 or errno */
int device_attr(int vm_fd, unsigned long ioctl, u32 flags, u32 group, u64 attr, void *value);

/** get_format() - the VM's format, by KVM_GET_DEVICE_ATTR; ends the program if that fails */
const struct format *get_format(int vm_fd);

/** change_format() - change the VM's format with KVM_SET_DEVICE_ATTR: 0 or errno */
int change_format(int vm_fd, u64 mode);

/** write_format() - write to the gstage_mode of the VM @tid-@vm_fd in debugfs: 0 or errno */
int write_format(pid_t tid, int vm_fd, const char *name);

/** grow_from() - KVM_CAP_RISCV_SET_HGATP_MODE with GROW: 0 or errno */
int grow_from(int vm_fd, u64 mode);

/** vm_growing() - like vm_new(), for a VM that starts in the format @from and may grow */
struct vm *vm_growing(const struct format *from);

/** format_of() - the format of a value of hgatp.MODE; NULL if this host does not have it */
const struct format *format_of(u64 mode);

/**
 * format_for() - the format that a VM grows to
 * @from: its format now
 * @end: the end of its highest slot
 *
 * Return: the narrowest format of this host that is not narrower than @from and holds gpas up
 * to @end; NULL if there is none
 */
const struct format *format_for(const struct format *from, u64 end);

/** set_policy() - write the module's parameter gstage_mode: 0 or errno */
int set_policy(const char *text);

/** policy() - read the module's parameter gstage_mode */
const char *policy(void);

#endif
