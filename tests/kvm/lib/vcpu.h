/* SPDX-License-Identifier: GPL-2.0-only */
/* vCPUs, and commands to the guest program. */
#ifndef TESTS_KVM_VCPU_H
#define TESTS_KVM_VCPU_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>

#include "vm.h"

/* Headers before Linux 6.11 do not have it. */
#ifndef KVM_PRE_FAULT_MEMORY
#define KVM_CAP_PRE_FAULT_MEMORY 236
#define KVM_PRE_FAULT_MEMORY     _IOWR(KVMIO, 0xd5, struct kvm_pre_fault_memory)
struct kvm_pre_fault_memory {
	__u64 gpa;
	__u64 size;
	__u64 flags;
	__u64 padding[5];
};
#endif

/**
 * struct vcpu - a vCPU
 * @fd: for ioctls
 * @run: shared with KVM
 * @box: its mailbox
 * @list: gpas for the OP_LIST commands
 * @first: what OP_LIST_LOAD saw first at each, once they were gone
 * @last: and last
 * @threaded: a thread of its own runs it, and it never leaves guest mode for a
 *	command; else it runs in the caller's thread, while there is a command
 * @efaults: accesses that KVM answered with EFAULT and that were skipped
 * @no_memory: called when KVM_RUN fails with ENOMEM, before it is tried again; NULL: the
 *	program ends
 * @ring_full: called when its dirty ring is full, before it runs again; NULL: the program ends
 * @trapped: called when the guest has trapped, instead of the end of the program; the
 *	command counts as done
 * @mmio_reads: exits for loads outside of slots
 * @mmio_writes: exits for stores
 * @mmio_addr: of the last
 * @mmio_len: of the last
 * @mmio_data: what the last stored
 * @mmio_answer: what loads are answered with
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

/** vcpu_new() - the next vCPU of a VM that vm_new() made */
struct vcpu *vcpu_new(struct vm *vm);

/**
 * vcpu_warm() - let the guest use its program, mailbox and stack
 *
 * So that what it faults on after that is what a test lets it touch.
 */
void vcpu_warm(struct vcpu *vcpu);

/** vcpu_set_satp() - the satp of its next instruction */
void vcpu_set_satp(struct vcpu *vcpu, u64 satp);

/** vcpu_set_pc() - the address of its next instruction */
void vcpu_set_pc(struct vcpu *vcpu, u64 pc);

/** vcpu_free() - for vm_free() */
void vcpu_free(struct vcpu *vcpu);

/** vcpu_start() - let a thread run it */
void vcpu_start(struct vcpu *vcpu);

/**
 * vcpu_start_alone() - let a thread run it on a hart of its own
 *
 * Harts are given from the last down, and the caller keeps to the first: what it
 * does then disturbs no vCPU by itself. With too few harts it is vcpu_start().
 */
void vcpu_start_alone(struct vcpu *vcpu);

/** vcpu_stop() - force it out of the guest and end the thread */
void vcpu_stop(struct vcpu *vcpu);

/** vcpu_post() - hand over the command that is in the mailbox, and do not wait */
void vcpu_post(struct vcpu *vcpu, u32 op);

/** vcpu_wait() - wait until the guest has done what was posted */
void vcpu_wait(struct vcpu *vcpu);

/** vcpu_do() - hand over a command and wait until it is done */
void vcpu_do(struct vcpu *vcpu, u32 op);

/** vcpu_halt() - tell a guest in an OP_LIST command to stop, and wait for it */
void vcpu_halt(struct vcpu *vcpu);

/** guest_load() - load 8 bytes */
u64 guest_load(struct vcpu *vcpu, u64 gpa);

/** guest_store() - store 8 bytes */
void guest_store(struct vcpu *vcpu, u64 gpa, u64 value);

/** guest_fill() - stamp places that lie @stride apart */
void guest_fill(struct vcpu *vcpu, u64 gpa, u64 stride, u64 count, u64 tag);

/** vcpu_prefault() - one KVM_PRE_FAULT_MEMORY: 0 or errno */
int vcpu_prefault(struct vcpu *vcpu, u64 gpa, u64 size);

/** guest_check() - how many of these places do not have the stamp? */
u64 guest_check(struct vcpu *vcpu, u64 gpa, u64 stride, u64 count, u64 tag);

#endif
