/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface between the host and the guest program.
 *
 * The guest program runs without paging (vsatp is Bare), so that its addresses are gpas. It is
 * in the control slot. The control slot also has a mailbox, a stack and three arrays for each
 * vCPU. The program polls its mailbox for commands, so that the host can give commands to a vCPU
 * that never leaves guest mode. If the host asks for it, the program rings the doorbell after
 * each command, which is an MMIO exit.
 */
#ifndef TESTS_KVM_GUEST_H
#define TESTS_KVM_GUEST_H

#define CONTROL_GPA       0x10000000
#define CONTROL_SIZE      0x00200000
#define CONTROL_CODE_SIZE 0x00010000
#define VCPUS_MAX         4
#define BOX_STRIDE        0x00070000
#define BOX_STACK_TOP     0x00004000
#define BOX_LIST          0x00008000
#define BOX_FIRST         0x00028000
#define BOX_LAST          0x00048000
#define LIST_MAX          0x00004000

/* MMIO: no test creates a slot here. */
#define DOORBELL_GPA 0x0f000000
#define TRAP_GPA     0x0f001000

/* Offsets in the program: where it starts, and its trap handler. */
#define GUEST_ENTRY 0
#define GUEST_TRAP  8

#ifndef __ASSEMBLER__

#include <stdint.h>

/* The result of a load that KVM_RUN answered with EFAULT, and of a load without a slot. */
#define NO_ACCESS   0x6e6f206163636573ULL
#define MMIO_ANSWER 0xf0e1d2c3b4a59687ULL
/* In the result arrays: there is no result yet. */
#define UNSEEN 0x756e7365656e2121ULL

/* A value for a page. It is different for each page of a VM, and for each tag. */
static inline uint64_t stamp(uint64_t tag, uint64_t gpa)
{
	return tag << 48 | gpa >> 12;
}

enum guest_op {
	/* result = *addr, and *addr = value, of `width` bytes. */
	OP_LOAD,
	OP_STORE,
	/* SFENCE.VMA of all. */
	OP_SFENCE,
	/*
	 * Store stamps at `count` places, `stride` bytes apart; check them, and set `result` to
	 * the number of wrong ones.
	 */
	OP_FILL,
	OP_CHECK,
	/* Store a stamp at each of the `count` gpas in the list. */
	OP_LIST_FILL,
	/*
	 * Load from each gpa in the list, again and again. Stop when told to, or after `value`
	 * passes that began after `gone` was set. first[i] and last[i] become the first and the
	 * last value that was read after that.
	 */
	OP_LIST_LOAD,
	/* The same with stores: the stamp of `tag`, and after `gone` is set the stamp of `tag2`. */
	OP_LIST_STORE,
	/*
	 * Go through the list until told to stop. Each place must have the stamp of the pass
	 * before, and gets the stamp of this pass. `result` is the number of wrong stamps.
	 */
	OP_LIST_RENEW,
	/* Store increasing numbers to random places of the list until told to stop. */
	OP_LIST_RANDOM,
	/* Execute one load or store instruction: see guest/decode.S. */
	OP_DECODE,
	/* Check and change memory in a loop: see soak.h. */
	OP_SOAK,
};

/* The host and the guest share the mailbox. Each field has one writer at a time. */
struct mailbox {
	volatile uint32_t seq;  /* the host counts commands */
	volatile uint32_t done; /* the guest: the last command that it has done */
	volatile uint32_t gone;
	volatile uint32_t stop;
	volatile uint64_t passes;      /* passes over the list */
	volatile uint64_t passes_gone; /* passes that began after `gone` was set */

	uint32_t op;
	uint32_t ring; /* ring the doorbell after this command */
	uint64_t addr, count, stride, width;
	uint64_t value, tag, tag2;
	uint64_t start; /* the index in the list to begin at */

	uint64_t result;
	uint64_t bad_addr, bad_value; /* OP_CHECK, OP_LIST_RENEW: the first wrong value */
	volatile uint64_t trap_cause, trap_pc, trap_value;
};

#endif
#endif
