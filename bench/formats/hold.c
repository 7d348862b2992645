// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "code.h"
#include "hold.h"
#include "live.h"
#include "tap.h"
#include "vcpu.h"

#define ROUNDS   400
#define MMIO_GPA 0x0f002000
#define DATA_GPA 0x100000000ULL
#define SLOT     1
/* The loop itself takes less than this many ticks, so a longer gap is an exit. */
#define GAP_TICKS 15
/* After this many loops, the guest has recorded all gaps that an event has caused. */
#define LOOPS 200

extern const char hold_guest[], hold_guest_end[];

/* What the guest does at the start of a round: `width` in its mailbox. */
enum act { NOTHING, SBI_CALL, MMIO_STORE, FRESH_PAGE };

/*
 * The guest reads its time counter in a loop, and `passes` counts the reads. For each new `seq` it
 * clears `result`, the longest gap, and `tag`, the sum of the gaps, then acts, and sets `done`.
 * Nobody calls this C function: it passes the offsets to the assembler.
 */
__attribute__((used, noinline, noclone)) static void guest(void)
{
	asm volatile(CODE_BEGIN("hold_guest") "	mv	s11, a0\n"
					      "	rdtime	s0\n"
					      "1:	lw	t0, %[seq](s11)\n"
					      "	lw	t1, %[done](s11)\n"
					      "	beq	t0, t1, 5f\n"
					      "	fence\n"
					      "	mv	s2, t0\n"
					      "	li	s3, 0\n"
					      "	li	s4, 0\n"
					      "	rdtime	s0\n"
					      "	ld	t2, %[width](s11)\n"
					      "	beqz	t2, 4f\n"
					      "	addi	t2, t2, -1\n"
					      "	bnez	t2, 2f\n"
					      "	li	a7, 0x10\n"
					      "	li	a6, 0\n"
					      "	ecall\n"
					      "	j	4f\n"
					      "2:	addi	t2, t2, -1\n"
					      "	bnez	t2, 3f\n"
					      "	li	t3, %[mmio]\n"
					      "	sw	zero, 0(t3)\n"
					      "	j	4f\n"
					      "3:	ld	t3, %[addr](s11)\n"
					      "	ld	t4, 0(t3)\n"
					      "4:	rdtime	s1\n"
					      "	sub	t0, s1, s0\n"
					      "	mv	s0, s1\n"
					      "	li	t1, %[gap]\n"
					      "	bltu	t0, t1, 6f\n"
					      "	add	s4, s4, t0\n"
					      "	mv	s3, t0\n"
					      "6:	sd	s3, %[result](s11)\n"
					      "	sd	s4, %[tag](s11)\n"
					      "	fence\n"
					      "	sw	s2, %[done](s11)\n"
					      "5:	rdtime	s1\n"
					      "	sub	t0, s1, s0\n"
					      "	mv	s0, s1\n"
					      "	li	t1, %[gap]\n"
					      "	bltu	t0, t1, 7f\n"
					      "	add	s4, s4, t0\n"
					      "	sd	s4, %[tag](s11)\n"
					      "	bgeu	s3, t0, 7f\n"
					      "	mv	s3, t0\n"
					      "	sd	s3, %[result](s11)\n"
					      "7:	ld	t0, %[passes](s11)\n"
					      "	addi	t0, t0, 1\n"
					      "	fence\n"
					      "	sd	t0, %[passes](s11)\n"
					      "	j	1b\n" CODE_END("hold_guest")
		     :
		     : [seq] "i"(offsetof(struct mailbox, seq)),
		       [done] "i"(offsetof(struct mailbox, done)),
		       [passes] "i"(offsetof(struct mailbox, passes)),
		       [width] "i"(offsetof(struct mailbox, width)),
		       [addr] "i"(offsetof(struct mailbox, addr)),
		       [result] "i"(offsetof(struct mailbox, result)),
		       [tag] "i"(offsetof(struct mailbox, tag)), [mmio] "i"(MMIO_GPA),
		       [gap] "i"(GAP_TICKS));
}

/* Why the vCPU leaves the guest: the first ones are acts of the guest, the others of the host. */
enum reason { BASE, SBI, MMIO, FAULT, SIGNAL, FENCE, WIDEN, NARROW, REASONS };

static const char *const names[REASONS] = {
	"none",
	"SBI call, answered by KVM",
	"MMIO store, to the VMM",
	"page fault",
	"signal to its thread",
	"fence: a memslot is deleted",
	"widening, from the narrowest to the widest format",
	"narrowing, from the widest to the narrowest",
};

static struct {
	u64 longest[ROUNDS], sum[ROUNDS], call[ROUNDS];
} seen[REASONS];

/* Do what the host does in a round. */
static void host_acts(struct vcpu *vcpu, enum reason reason)
{
	int err = 0;

	if (reason == SIGNAL)
		pthread_kill(vcpu->thread, SIGUSR1);
	else if (reason == FENCE)
		err = set_slot(vcpu->vm->fd, SLOT, 0, DATA_GPA, 0, NULL);
	else if (reason == WIDEN || reason == NARROW)
		err = change_format(vcpu->vm->fd,
				    (reason == WIDEN ? host.widest : next_format(NULL))->mode);
	if (err)
		bail("%s: %s", names[reason], strerror(err));
}

static void once(struct vcpu *vcpu, enum reason reason, unsigned int round, u64 tick_ns)
{
	struct mailbox *box = vcpu->box;
	u64 start, from;

	box->width = reason == SBI   ? SBI_CALL :
		     reason == MMIO  ? MMIO_STORE :
		     reason == FAULT ? FRESH_PAGE :
				       NOTHING;
	atomic_thread_fence(memory_order_seq_cst);
	box->seq++;
	if (!wait_for(box->done == box->seq, 10000))
		bail("the guest does not begin a round");
	start = now_ns();
	host_acts(vcpu, reason);
	seen[reason].call[round] = reason > FAULT ? now_ns() - start : 0;
	from = box->passes;
	if (!wait_for(box->passes >= from + LOOPS, 10000))
		bail("the guest does not go on");
	atomic_thread_fence(memory_order_seq_cst);
	seen[reason].longest[round] = box->result * tick_ns;
	seen[reason].sum[round] = box->tag * tick_ns;
}

static void print_three(u64 *of)
{
	qsort(of, ROUNDS, sizeof(*of), compare_u64);
	printf("\t%lu\t%lu\t%lu", (unsigned long)of[ROUNDS / 2], (unsigned long)of[ROUNDS * 9 / 10],
	       (unsigned long)of[ROUNDS - 1]);
}

void holds(void)
{
	struct vm *vm = vm_new(next_format(NULL));
	char *page = mem_map(SZ_4K, SMALL);
	struct vcpu *vcpu = vcpu_new(vm);
	u64 tick_ns = 1000000000ULL / code_ticks(vcpu);

	memset(page, 1, SZ_4K);
	code_set(vcpu, hold_guest, hold_guest_end);
	vcpu->box->addr = DATA_GPA;
	vcpu_start_alone(vcpu);
	/* Take the reasons by turns, so that a slow moment of the machine affects all of them. */
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (enum reason reason = 0; reason < REASONS; reason++) {
			/* FENCE deletes the slot again, and with it the page that FAULT maps. */
			if (reason == FAULT)
				vm_slot(vm, SLOT, 0, DATA_GPA, SZ_4K, page);
			once(vcpu, reason, round, tick_ns);
		}
	}
	for (enum reason reason = 0; reason < REASONS; reason++) {
		printf("hold\t%s\t%u", names[reason], ROUNDS);
		print_three(seen[reason].longest);
		print_three(seen[reason].sum);
		print_three(seen[reason].call);
		printf("\n");
	}
	vcpu_stop(vcpu);
	vm_free(vm);
	mem_unmap(page, SZ_4K);
}
