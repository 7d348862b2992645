/* SPDX-License-Identifier: GPL-2.0-only */
/* Create and run vCPUs, and give commands to the guest program. */
#ifndef TESTS_KVM_VCPU_H
#define TESTS_KVM_VCPU_H

#include <linux/kvm.h>

#include <gstage/pre_fault.h>
#include <pthread.h>
#include <stdatomic.h>

#include "vm.h"

/**
 * struct vcpu - a vCPU
 * @vm: its VM
 * @fd: its fd, for ioctls
 * @run: the kvm_run structure, shared with KVM
 * @box: its mailbox
 * @list: the gpas for OP_LIST commands
 * @first: for each gpa of @list, the first value that OP_LIST_LOAD read after mailbox.gone was
 *	set
 * @last: the same for the last value
 * @threaded: the vCPU has a thread of its own and does not leave guest mode for a command; if
 *	not, it runs in the caller's thread while there is a command
 * @thread: the thread, if @threaded
 * @quit: the thread must end
 * @no_memory: called when KVM_RUN fails with ENOMEM, before the next KVM_RUN; if NULL, the
 *	program ends
 * @ring_full: called when the vCPU's dirty ring is full, before the next KVM_RUN; if NULL, the
 *	program ends
 * @trapped: called when the guest has trapped, instead of the end of the program; the command
 *	then counts as done
 * @efaults: the number of accesses that KVM_RUN answered with EFAULT, and that were skipped
 * @mmio_reads: the number of exits for loads outside of slots
 * @mmio_writes: the number of exits for stores outside of slots
 * @mmio_addr: the gpa of the last such exit
 * @mmio_data: the value that the last such store wrote
 * @mmio_answer: the value that such loads return
 * @mmio_len: the size of the last such access, in bytes
 */
struct vcpu {
	struct vm *vm;
	int fd;
	struct kvm_run *run;
	struct mailbox *box;
	volatile u64 *list, *first, *last;
	bool threaded;
	pthread_t thread;
	atomic_bool quit;
	void (*no_memory)(struct vcpu *vcpu);
	void (*ring_full)(struct vcpu *vcpu);
	void (*trapped)(struct vcpu *vcpu);
	atomic_ulong efaults, mmio_reads, mmio_writes;
	u64 mmio_addr, mmio_data, mmio_answer;
	u32 mmio_len;
};

/** vcpu_new() - create the next vCPU of a VM; the VM must come from vm_new() */
struct vcpu *vcpu_new(struct vm *vm);

/**
 * vcpu_warm() - let the guest access its program, mailbox and stack
 *
 * After that the guest only faults on memory that the test tells it to access.
 */
void vcpu_warm(struct vcpu *vcpu);

/** vcpu_set_pc() - set the guest's pc; the vCPU must not run */
void vcpu_set_pc(struct vcpu *vcpu, u64 pc);

/** vcpu_set_satp() - set the guest's satp; the vCPU must not run */
void vcpu_set_satp(struct vcpu *vcpu, u64 satp);

/** vcpu_free() - close and free a vCPU; only vm_free() calls it */
void vcpu_free(struct vcpu *vcpu);

/** vcpu_start() - create a thread that runs the vCPU */
void vcpu_start(struct vcpu *vcpu);

/**
 * vcpu_start_alone() - create a thread that runs the vCPU on a hart of its own
 *
 * vCPU 0 gets the last hart, vCPU 1 the one before, and so on. The caller is bound to hart 0,
 * so that its work does not interrupt a vCPU. If there are not enough harts, this is the same
 * as vcpu_start().
 */
void vcpu_start_alone(struct vcpu *vcpu);

/** vcpu_stop() - force the vCPU out of the guest and end its thread */
void vcpu_stop(struct vcpu *vcpu);

/** vcpu_post() - start a command, whose arguments are in the mailbox, and do not wait for it */
void vcpu_post(struct vcpu *vcpu, u32 op);

/** vcpu_wait() - wait until the guest has done the command; ends the program if it does not */
void vcpu_wait(struct vcpu *vcpu);

/** vcpu_do() - vcpu_post() and vcpu_wait() */
void vcpu_do(struct vcpu *vcpu, u32 op);

/** vcpu_halt() - end a command that runs until it is told to stop, and wait for that */
void vcpu_halt(struct vcpu *vcpu);

/** guest_load() - let the guest load 8 bytes */
u64 guest_load(struct vcpu *vcpu, u64 gpa);

/** guest_store() - let the guest store 8 bytes */
void guest_store(struct vcpu *vcpu, u64 gpa, u64 value);

/** guest_sfence() - let the guest execute SFENCE.VMA of all */
void guest_sfence(struct vcpu *vcpu);

/** guest_fill() - let the guest store a stamp at @count places, @stride bytes apart */
void guest_fill(struct vcpu *vcpu, u64 gpa, u64 stride, u64 count, u64 tag);

/** guest_check() - let the guest check these stamps. Return: the number of wrong ones */
u64 guest_check(struct vcpu *vcpu, u64 gpa, u64 stride, u64 count, u64 tag);

/** vcpu_prefault() - one KVM_PRE_FAULT_MEMORY: 0 or errno */
int vcpu_prefault(struct vcpu *vcpu, u64 gpa, u64 size);

#endif
