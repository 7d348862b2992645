/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * OP_SOAK: the guest checks and changes memory in a loop, and does not leave.
 *
 * Each vCPU has a word of its own in each page of its list. In a pass it looks at
 * every place - it must hold what this vCPU stored in the pass before - and
 * stores something new. The list has, one after the other:
 *
 *	steady	places that nobody takes away
 *	fickle	places whose pages the host may drop at any time: 0 will do
 *	logged	places of a slot whose dirty pages are logged: all in the first
 *		pass, then one in each, at random, a value that was not there before
 *	high	places of a slot that comes and goes: only while `up` is set, and 0 will do
 */
#ifndef TESTS_KVM_GUEST_SOAK_H
#define TESTS_KVM_GUEST_SOAK_H

#include "guest.h"

/* Behind the mailbox: below it the stack, which is small. */
#define BOX_SOAK 0x00001000

#ifndef __ASSEMBLER__

struct soak {
	uint64_t steady, fickle, logged, high; /* how many places */
	uint64_t word;			       /* this vCPU's, in each page */
	volatile uint64_t up;		       /* host: the high places are there */
	volatile uint64_t passes_up;   /* guest: passes that saw `up` at their begin */
	volatile uint64_t passes_down; /* and that did not */
	volatile uint64_t wrong;       /* places that were wrong */
	uint64_t bad_addr, bad_value, bad_expected; /* the first of them */
};

void soak(struct mailbox *box);

#endif
#endif
