/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host and its guest agree on.
 *
 * The guest program runs without paging (vsatp Bare), so that its addresses are
 * gpas. It lies in the control slot with, per vCPU, a mailbox, a stack and three
 * arrays. It polls its mailbox for commands and can thus be driven without ever
 * leaving guest mode; or it rings the doorbell, which is an MMIO exit, after
 * each command.
 */
#ifndef TESTS_KVM_GUEST_H
#define TESTS_KVM_GUEST_H

#define CONTROL_GPA	  0x10000000
#define CONTROL_SIZE	  0x00200000
#define CONTROL_CODE_SIZE 0x00010000
#define VCPUS_MAX	  4
#define BOX_STRIDE	  0x00070000
#define BOX_STACK_TOP	  0x00004000
#define BOX_LIST	  0x00008000
#define BOX_FIRST	  0x00028000
#define BOX_LAST	  0x00048000
#define LIST_MAX	  0x00004000

/* MMIO: no test has a slot here. */
#define DOORBELL_GPA 0x0f000000
#define TRAP_GPA     0x0f001000

/* Offsets of the program's entries. */
#define GUEST_ENTRY 0
#define GUEST_TRAP  8

#ifndef __ASSEMBLER__

#include <stdint.h>

/* What a load gives that the host could not let through, and one without a slot. */
#define NO_ACCESS   0x6e6f206163636573ULL
#define MMIO_ANSWER 0xf0e1d2c3b4a59687ULL
/* In the result arrays: not there yet. */
#define UNSEEN 0x756e7365656e2121ULL

/* The contents of a page: no two pages of a VM, and no two tags, are alike. */
static inline uint64_t stamp(uint64_t tag, uint64_t gpa)
{
	return tag << 48 | gpa >> 12;
}

enum guest_op {
	/* result = *addr, of `width` bytes; *addr = value. */
	OP_LOAD,
	OP_STORE,
	/* Stamp `count` places, `stride` bytes apart; count those that are not stamped. */
	OP_FILL,
	OP_CHECK,
	/* Stamp the places of the list of `count` gpas. */
	OP_LIST_FILL,
	/*
	 * Go through the list and load, until told to stop or until `value` passes
	 * were begun after `gone` was set. first[i] and last[i] are what was read
	 * since then.
	 */
	OP_LIST_LOAD,
	/* The same with stores: the stamp of `tag`, once `gone` is set that of `tag2`. */
	OP_LIST_STORE,
	/*
	 * Until told to stop, go through the list: each place must have the stamp of
	 * pass - 1, and gets that of the pass. result: how many had not.
	 */
	OP_LIST_RENEW,
	/* Until told to stop, store ever larger values to places taken at random. */
	OP_LIST_RANDOM,
	/* The loads and stores of the ISA, one by one: guest/decode.S. */
	OP_DECODE,
	/* Check and change memory in a loop: soak.h. */
	OP_SOAK,
};

/* Shared memory: each field has one writer at a time. */
struct mailbox {
	volatile uint32_t seq;	/* host: counts commands */
	volatile uint32_t done; /* guest: the last command it has done */
	volatile uint32_t gone;
	volatile uint32_t stop;
	volatile uint64_t passes;      /* over the list */
	volatile uint64_t passes_gone; /* of those, begun after `gone` was set */

	uint32_t op;
	uint32_t ring; /* ring the doorbell after this command */
	uint64_t addr, count, stride, width;
	uint64_t value, tag, tag2;
	uint64_t start; /* index in the list to begin at */

	uint64_t result;
	uint64_t bad_addr, bad_value; /* OP_CHECK, OP_LIST_RENEW: the first that differs */
	volatile uint64_t trap_cause, trap_pc, trap_value;
};

#endif
#endif
