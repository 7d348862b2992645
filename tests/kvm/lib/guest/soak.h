/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * OP_SOAK: the guest checks and changes memory in a loop, and does not leave guest mode.
 *
 * Each vCPU has a word of its own in each page of its list. In each pass it checks every place
 * and stores a new value there. A place must have the value that this vCPU stored in the pass
 * before. The list has four parts, one after the other:
 *
 *	steady	The host does not drop these pages.
 *	fickle	The host may drop these pages at any time, so 0 is right too.
 *	logged	The pages of a slot with dirty logging. They are not checked. In the first pass
 *		the vCPU stores to all of them, and in later passes to one of them, at random.
 *		It never stores the same value twice.
 *	high	The pages of a slot that is created and deleted. The vCPU uses them only while
 *		`up` is set, and 0 is right too.
 */
#ifndef TESTS_KVM_GUEST_SOAK_H
#define TESTS_KVM_GUEST_SOAK_H

#include "guest.h"

/* The offset from the mailbox. The stack grows down towards it, but it is small. */
#define BOX_SOAK 0x00001000

#ifndef __ASSEMBLER__

struct soak {
	uint64_t steady, fickle, logged, high; /* the number of places of each part */
	uint64_t word;                         /* the index of this vCPU's word in each page */
	volatile uint64_t up;                  /* set by the host: the high places can be used */
	volatile uint64_t passes_up;           /* the number of passes that began with `up` set */
	volatile uint64_t passes_down;         /* the number of passes that began without it */
	volatile uint64_t wrong;               /* the number of wrong values */
	uint64_t bad_addr, bad_value, bad_expected; /* the first wrong value */
};

void soak(struct mailbox *box);

#endif
#endif
