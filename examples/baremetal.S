/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Start baremetal.c on one hart, in M-mode. */
	.option	arch, +h
	.section .text.start, "ax"
	.globl	_start
_start:
	csrr	t0, mhartid
	bnez	t0, wait
	la	sp, stack_end
	la	t0, trap
	csrw	mtvec, t0
	call	main
wait:	wfi
	j	wait

/*
 * unsigned long guest_load(unsigned long gpa, unsigned long *cause): load a word as the guest
 * would. The trap handler skips the load and puts the cause of the trap into a2.
 */
	.globl	guest_load
guest_load:
	li	a2, 0
	hlv.d	a0, (a0)
	sd	a2, 0(a1)
	ret

	.balign	4
trap:	csrr	a2, mepc
	addi	a2, a2, 4
	csrw	mepc, a2
	csrr	a2, mcause
	mret

	.bss
	.balign	16
	.skip	16384
stack_end:
