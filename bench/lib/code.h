/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest code of our own. It replaces the guest program of tests/kvm, and uses the same mailbox. */
#ifndef BENCH_LIB_CODE_H
#define BENCH_LIB_CODE_H

#include "vcpu.h"

/*
 * CODE_BEGIN(name), CODE_END(name) - assembler before and after guest code, for use in an asm
 * statement. The code is between the symbols NAME and NAME_end, and has no compressed instructions.
 */
#define CODE_BEGIN(name)                                                                           \
	".pushsection .text." name ", \"ax\"\n"                                                    \
	".option push\n"                                                                           \
	".option norvc\n"                                                                          \
	".balign 4\n"                                                                              \
	".globl " name ", " name "_end\n" name ":\n"
#define CODE_END(name)                                                                             \
	name "_end:\n"                                                                             \
	     ".option pop\n"                                                                       \
	     ".popsection\n"

/**
 * code_set() - let a vCPU run other code
 * @vcpu: a vCPU that has not run yet
 * @begin: start of the code, which is copied
 * @end: its end
 *
 * The code starts with the address of its mailbox in a0.
 */
void code_set(struct vcpu *vcpu, const char *begin, const char *end);

/** code_ticks() - read the frequency of the guest's time counter, in Hz */
u64 code_ticks(struct vcpu *vcpu);

#endif
