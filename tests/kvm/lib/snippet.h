/* SPDX-License-Identifier: GPL-2.0-only */
/* A VM without the guest program: its vCPU runs a few instructions of the test. */
#ifndef TESTS_KVM_SNIPPET_H
#define TESTS_KVM_SNIPPET_H

#include <linux/kvm.h>

#include "vm.h"

#define SNIPPET_GPA 0x80000000UL

enum { A0 = 10, A1, A2, A3, A4, A5, A6, A7, S2, S3 };

#define INSN_ECALL   0x00000073
#define INSN_STORE_0 0x00002023 /* sw zero, 0(zero) */

/**
 * struct snippet - a VM with a page of code and one vCPU
 * @vm: its fd
 * @vcpu: the vCPU's fd, -1 before snippet_vcpu()
 * @run: shared with KVM
 * @code: the page
 */
struct snippet {
	int vm, vcpu;
	struct kvm_run *run;
	u32 *code;
};

/** snippet_begin() - create the VM and its page of code, without a vCPU */
void snippet_begin(struct snippet *s);

/** snippet_vcpu() - create the vCPU */
void snippet_vcpu(struct snippet *s);

/** snippet_end() - delete the VM */
void snippet_end(struct snippet *s);

/** snippet_set() - set an integer register of the vCPU; @x is its number, for example A0 */
void snippet_set(const struct snippet *s, unsigned int x, u64 value);

/** snippet_get() - read an integer register of the vCPU */
u64 snippet_get(const struct snippet *s, unsigned int x);

/**
 * snippet_run() - run instructions, and then a store to gpa 0, where there is no memory
 * @s: the VM
 * @insns: the instructions
 * @count: their number
 *
 * A trap of the guest also leads to that store.
 *
 * Return: the exit reason, which is KVM_EXIT_MMIO if the guest reached the store; -errno if KVM_RUN
 * failed
 */
int snippet_run(struct snippet *s, const u32 *insns, unsigned int count);

/** snippet_cause() - the guest's scause after snippet_run(): 0 if the guest had no trap */
u64 snippet_cause(const struct snippet *s);

/* SBI: the arguments of a call, in a0 to a5, and the extension for remote fences. */
#define SBI_ARGS       6
#define SBI_EXT_RFENCE 0x52464e43

enum { RFENCE_FENCE_I, RFENCE_SFENCE_VMA, RFENCE_SFENCE_VMA_ASID };

/**
 * snippet_sbi() - let the guest make an SBI call; ends the program if the guest does not come back
 * @s: the snippet
 * @ext: the extension
 * @function: its function
 * @args: the first arguments; the others are 0
 * @count: the number of @args
 * @value: set to the value that the call returns; may be NULL
 *
 * Return: the error of the call
 */
long snippet_sbi(struct snippet *s, u64 ext, u64 function, const u64 *args, unsigned int count,
		 u64 *value);

#endif
