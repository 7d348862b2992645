/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest.h"

	.section .text.start, "ax"
	.option norvc
	/* The host has set sp to the stack, and a0 to the mailbox. */
	.globl	_start
_start:
	j	guest_main
	.balign	8
trap:
	/* sscratch points to the trap words of the mailbox. The guest stays in the trap. */
	csrr	t0, sscratch
	csrr	t1, scause
	sd	t1, 0(t0)
	csrr	t1, sepc
	sd	t1, 8(t0)
	csrr	t1, stval
	sd	t1, 16(t0)
	fence
	li	t0, TRAP_GPA
	sw	zero, 0(t0)
1:	j	1b
