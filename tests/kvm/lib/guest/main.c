// SPDX-License-Identifier: GPL-2.0-only
/* The guest program: see guest.h. It is freestanding and runs in S-mode without paging. */
#include "soak.h"

typedef uint32_t u32;
typedef uint64_t u64;

uint64_t decode(uint64_t which, uint64_t addr, uint64_t value);

/*
 * Load and store guest memory. If KVM_RUN fails with EFAULT, the host skips the instruction: the
 * result of a load is then NO_ACCESS, and a store has no effect.
 */
#define LOAD(insn, addr)                                                                           \
	({                                                                                         \
		u64 v_ = NO_ACCESS;                                                                \
		asm volatile(".option push\n.option norvc\n" insn " %0, 0(%1)\n"                   \
			     ".option pop"                                                         \
			     : "+&r"(v_)                                                           \
			     : "r"(addr)                                                           \
			     : "memory");                                                          \
		v_;                                                                                \
	})

#define STORE(insn, addr, value)                                                                   \
	asm volatile(".option push\n.option norvc\n" insn " %1, 0(%0)\n"                           \
		     ".option pop" ::"r"(addr),                                                    \
		     "r"(value)                                                                    \
		     : "memory")

static inline void fence(void)
{
	asm volatile("fence rw, rw" ::: "memory");
}

static u64 load(u64 addr, u64 width)
{
	switch (width) {
	case 1:
		return LOAD("lbu", addr);
	case 2:
		return LOAD("lhu", addr);
	case 4:
		return LOAD("lwu", addr);
	default:
		return LOAD("ld", addr);
	}
}

static void store(u64 addr, u64 width, u64 value)
{
	switch (width) {
	case 1:
		STORE("sb", addr, value);
		break;
	case 2:
		STORE("sh", addr, value);
		break;
	case 4:
		STORE("sw", addr, value);
		break;
	default:
		STORE("sd", addr, value);
	}
}

static void check_one(struct mailbox *box, u64 addr, u64 tag)
{
	u64 value = LOAD("ld", addr);

	if (value == stamp(tag, addr))
		return;
	if (!box->result++) {
		box->bad_addr = addr;
		box->bad_value = value;
	}
}

static void check(struct mailbox *box)
{
	u64 addr = box->addr;

	box->result = 0;
	for (u64 i = 0; i < box->count; i++, addr += box->stride)
		check_one(box, addr, box->tag);
}

static void fill(const struct mailbox *box)
{
	u64 addr = box->addr;

	for (u64 i = 0; i < box->count; i++, addr += box->stride)
		STORE("sd", addr, stamp(box->tag, addr));
}

static volatile u64 *array(struct mailbox *box, u64 offset)
{
	return (volatile u64 *)((char *)box + offset);
}

static void list(struct mailbox *box)
{
	const volatile u64 *gpas = array(box, BOX_LIST);
	volatile u64 *first = array(box, BOX_FIRST);
	volatile u64 *last = array(box, BOX_LAST);
	u64 at = box->start;

	do {
		u32 whole = box->gone;

		for (u64 i = 0; i < box->count; i++, at++) {
			u64 gpa, value;
			u32 gone;

			if (at >= box->count)
				at = 0;
			gpa = gpas[at];
			/* If `gone` is set here, the page was withdrawn before the access. */
			gone = box->gone;
			fence();
			if (box->op == OP_LIST_STORE) {
				STORE("sd", gpa, stamp(gone ? box->tag2 : box->tag, gpa));
				continue;
			}
			value = LOAD("ld", gpa);
			if (!gone)
				continue;
			if (first[at] == UNSEEN)
				first[at] = value;
			last[at] = value;
		}
		fence();
		box->passes++;
		if (whole)
			box->passes_gone++;
	} while (!box->stop && box->passes_gone < box->value);
}

static void list_fill(struct mailbox *box)
{
	const volatile u64 *gpas = array(box, BOX_LIST);

	for (u64 i = 0; i < box->count; i++)
		STORE("sd", gpas[i], stamp(box->tag, gpas[i]));
}

static void list_renew(struct mailbox *box)
{
	const volatile u64 *gpas = array(box, BOX_LIST);

	box->result = 0;
	for (u64 pass = 1; !box->stop; pass++) {
		for (u64 i = 0; i < box->count; i++) {
			check_one(box, gpas[i], (pass - 1) & 0xffff);
			STORE("sd", gpas[i], stamp(pass & 0xffff, gpas[i]));
		}
		box->passes = pass;
	}
}

static void list_random(struct mailbox *box)
{
	const volatile u64 *gpas = array(box, BOX_LIST);
	u64 state = box->value, n = 0;

	while (!box->stop) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		STORE("sd", gpas[(state >> 16) % box->count], ++n);
		box->passes = n;
		for (volatile u64 i = 0; i < box->stride; i++)
			;
	}
}

static void run(struct mailbox *box)
{
	switch (box->op) {
	case OP_LOAD:
		box->result = load(box->addr, box->width);
		break;
	case OP_STORE:
		store(box->addr, box->width, box->value);
		break;
	case OP_SFENCE:
		asm volatile("sfence.vma" : : : "memory");
		break;
	case OP_FILL:
		fill(box);
		break;
	case OP_CHECK:
		check(box);
		break;
	case OP_LIST_FILL:
		list_fill(box);
		break;
	case OP_LIST_LOAD:
	case OP_LIST_STORE:
		list(box);
		break;
	case OP_LIST_RENEW:
		list_renew(box);
		break;
	case OP_LIST_RANDOM:
		list_random(box);
		break;
	case OP_DECODE:
		box->result = decode(box->count, box->addr, box->value);
		break;
	case OP_SOAK:
		soak(box);
		break;
	}
}

void guest_main(struct mailbox *box);
void guest_main(struct mailbox *box)
{
	u32 done = 0;

	for (;;) {
		u32 seq = box->seq;

		if (seq == done)
			continue;
		fence();
		run(box);
		fence();
		done = seq;
		box->done = done;
		if (box->ring)
			*(volatile u32 *)DOORBELL_GPA = done;
	}
}
