/* SPDX-License-Identifier: GPL-2.0-only */
/* Create virtual machines and their slots, and read their files in debugfs. */
#ifndef TESTS_KVM_VM_H
#define TESTS_KVM_VM_H

#include <sys/types.h>

#include "guest/guest.h"
#include "host.h"

struct vcpu;

/* The slot of the guest program. All other slots have lower numbers. */
#define CONTROL_SLOT 511

/* The guest program, which vm_new() copies to CONTROL_GPA. */
extern const char guest_program[], guest_program_end[];

/**
 * struct vm - a virtual machine with the guest program in its control slot
 * @fd: its fd, for ioctls
 * @tid: the thread that created it; the VM's directory in debugfs is "@tid-@fd"
 * @format: the format that it was created with
 * @control: the memory of the control slot, which is at CONTROL_GPA in the guest
 * @vcpu: its vCPUs, by number
 * @vcpus: the number of vCPUs
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
 * vm_new() - create a VM with the guest program
 * @format: its format; NULL for the module's default
 */
struct vm *vm_new(const struct format *format);

/** vm_bare() - create a VM without slots and vCPUs. Return: its fd */
int vm_bare(void);

/** vm_free() - close a VM and its vCPUs; the vCPUs must be stopped */
void vm_free(struct vm *vm);

/** set_slot() - KVM_SET_USER_MEMORY_REGION: 0 or errno */
int set_slot(int vm_fd, u32 slot, u32 flags, u64 gpa, u64 size, void *mem);

/** vm_slot() - set_slot(), which must succeed; ends the program if it fails */
void vm_slot(struct vm *vm, u32 slot, u32 flags, u64 gpa, u64 size, void *mem);

/** enable_cap() - KVM_ENABLE_CAP: 0 or errno */
int enable_cap(int vm_fd, u32 cap, u32 flags, u64 arg0, u64 arg1, u64 arg2, u64 arg3);

/** set_mode() - KVM_CAP_RISCV_SET_HGATP_MODE: 0 or errno */
int set_mode(int vm_fd, u64 mode);

/** vm_text() - read a file of the VM in debugfs; ends the program if that fails */
void vm_text(const struct vm *vm, const char *file, char *buf, size_t size);

/** vm_stat() - one number of gstage_stats; ends the program if there is no such number */
u64 vm_stat(const struct vm *vm, const char *name);

/** vm_leaves() - the number of leaves of all sizes, without those of 64 KiB */
u64 vm_leaves(const struct vm *vm);

/** fd_mode() - what gstage_mode says for the VM that this thread created as @vm_fd */
const char *fd_mode(int vm_fd);

/**
 * vm_sound() - does gstage_check find no violation in the VM's tables?
 *
 * Always true with the stock module, which has no such check.
 */
bool vm_sound(const struct vm *vm);

/** tables_live() - the number of table pages of all VMs */
u64 tables_live(void);

#endif
