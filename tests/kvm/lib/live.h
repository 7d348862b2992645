/* SPDX-License-Identifier: GPL-2.0-only */
/* The format of a VM that lives: read it, change it, let it grow; and the host's policy. */
#ifndef TESTS_KVM_LIVE_H
#define TESTS_KVM_LIVE_H

#include "vm.h"

/** device_attr() - one of the three ioctls KVM_..._DEVICE_ATTR: 0 or errno */
int device_attr(int vm_fd, unsigned long ioctl, u32 flags, u32 group, u64 attr, void *value);

/** get_format() - KVM_GET_DEVICE_ATTR of the mode; ends the program where it is none that we know */
const struct format *get_format(int vm_fd);

/** change_format() - KVM_SET_DEVICE_ATTR of the mode: 0 or errno */
int change_format(int vm_fd, u64 mode);

/** write_format() - write to the gstage_mode of the VM that thread @tid made as @vm_fd: 0 or errno */
int write_format(pid_t tid, int vm_fd, const char *name);

/** grow_from() - KVM_CAP_RISCV_SET_HGATP_MODE with GROW: 0 or errno */
int grow_from(int vm_fd, u64 mode);

/** vm_growing() - vm_new(), of a VM that starts in @from and may grow */
struct vm *vm_growing(const struct format *from);

/** format_of() - the format of an hgatp.MODE; NULL: this host has it not */
const struct format *format_of(u64 mode);

/** format_for() - the narrowest format of this host that is not narrower than @from and holds @end bytes; or NULL */
const struct format *format_for(const struct format *from, u64 end);

/** set_policy() - write the module's parameter gstage_mode: 0 or errno */
int set_policy(const char *text);

/** policy() - read it */
const char *policy(void);

#endif
