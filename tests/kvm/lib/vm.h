/* SPDX-License-Identifier: GPL-2.0-only */
/* Virtual machines, their slots and what debugfs says of them. */
#ifndef TESTS_KVM_VM_H
#define TESTS_KVM_VM_H

#include <sys/types.h>

#include "guest/guest.h"
#include "host.h"

struct vcpu;

/* Of the guest program; other slots have lower numbers. */
#define CONTROL_SLOT 511

/**
 * struct vm - a virtual machine with the guest program in its control slot
 * @fd: for ioctls
 * @tid: the thread that made it: debugfs names VMs so
 * @format: what it was given
 * @control: the control slot's memory, at CONTROL_GPA in the guest
 * @vcpu: in the order of their making
 * @vcpus: how many there are
 */
struct vm {
	int fd;
	pid_t tid;
	const struct format *format;
	char *control;
	struct vcpu *vcpu[VCPUS_MAX];
	unsigned int vcpus;
};

/**
 * vm_new() - make a VM
 * @format: its format; NULL: leave the choice to the module
 */
struct vm *vm_new(const struct format *format);

/** vm_bare() - the fd of a VM with nothing in it */
int vm_bare(void);

/** vm_free() - end a VM and its vCPUs, which must have been stopped */
void vm_free(struct vm *vm);

/** set_slot() - KVM_SET_USER_MEMORY_REGION: 0 or errno */
int set_slot(int vm_fd, u32 slot, u32 flags, u64 gpa, u64 size, void *mem);

/** vm_slot() - a slot that must be accepted */
void vm_slot(struct vm *vm, u32 slot, u32 flags, u64 gpa, u64 size, void *mem);

/** enable_cap() - KVM_ENABLE_CAP: 0 or errno */
int enable_cap(int vm_fd, u32 cap, u32 flags, u64 arg0, u64 arg1, u64 arg2, u64 arg3);

/** set_mode() - KVM_CAP_RISCV_SET_HGATP_MODE: 0 or errno */
int set_mode(int vm_fd, u64 mode);

/** vm_text() - read a file of the VM in debugfs; ends the program without it */
void vm_text(const struct vm *vm, const char *file, char *buf, size_t size);

/** vm_stat() - a number of gstage_stats */
u64 vm_stat(const struct vm *vm, const char *name);

/** vm_leaves() - how many leaves of any size there are */
u64 vm_leaves(const struct vm *vm);

/** fd_mode() - what gstage_mode says of the VM that this thread made as @vm_fd */
const char *fd_mode(int vm_fd);

/** vm_sound() - does the engine's own check find nothing? True of the stock module. */
bool vm_sound(const struct vm *vm);

/** tables_live() - the table pages of all VMs */
u64 tables_live(void);

#endif
