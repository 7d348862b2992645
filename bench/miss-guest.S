/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest of bench/miss.c: in place of the guest program of tests/kvm, but with
 * its mailbox: `value` times, empty the TLB and load from `count` places, `stride`
 * bytes apart; then ring the doorbell, and begin anew.
 */
#include "guest/guest.h"
#include "miss.h"

	.section .rodata
	.option	norvc
	.balign	4
	.globl	miss_guest, miss_guest_end
miss_guest:
	/* The host has a0 point at the mailbox. */
	fence
	lw	s0, MAILBOX_SEQ(a0)
	ld	s1, MAILBOX_VALUE(a0)
	ld	s2, MAILBOX_COUNT(a0)
	ld	s3, MAILBOX_STRIDE(a0)
	ld	s4, MAILBOX_ADDR(a0)
	beqz	s1, 3f
1:	sfence.vma
	mv	t0, s4
	mv	t1, s2
2:	ld	t2, 0(t0)
	add	t0, t0, s3
	addi	t1, t1, -1
	bnez	t1, 2b
	addi	s1, s1, -1
	bnez	s1, 1b
3:	fence
	sw	s0, MAILBOX_DONE(a0)
	li	t0, DOORBELL_GPA
	sw	s0, 0(t0)
	j	miss_guest
miss_guest_end:
	.section .note.GNU-stack, "", @progbits
