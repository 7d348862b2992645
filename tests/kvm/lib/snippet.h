/* SPDX-License-Identifier: GPL-2.0-only */
/* A vCPU that runs a few instructions which the test writes, in a VM without the guest program. */
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

/** snippet_begin() - a VM with its page, and no vCPU yet */
void snippet_begin(struct snippet *s);

/** snippet_vcpu() - its vCPU */
void snippet_vcpu(struct snippet *s);

/** snippet_end() - the VM goes */
void snippet_end(struct snippet *s);

/** snippet_set() - a register of the vCPU: x10 is A0 */
void snippet_set(const struct snippet *s, unsigned int x, u64 value);

/** snippet_get() - read it */
u64 snippet_get(const struct snippet *s, unsigned int x);

/**
 * snippet_run() - run instructions, and a store to gpa 0 behind them, where there is no memory
 *
 * A trap of the guest goes to that store, too.
 *
 * Return: the exit reason, KVM_EXIT_MMIO where the guest came to the store; or -errno of KVM_RUN
 */
int snippet_run(struct snippet *s, const u32 *insns, unsigned int count);

/** snippet_cause() - scause of the guest: its last trap, 0 after snippet_run() without one */
u64 snippet_cause(const struct snippet *s);

#endif
