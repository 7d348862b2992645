/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The entry point, the trap handler, and the accesses that may trap.
 */
	.option	arch, +h

#if __riscv_xlen == 64
#define LOAD  hlv.d
#define STORE hsv.d
#else
#define LOAD  hlv.w
#define STORE hsv.w
#endif

	.section .text.start, "ax"
	.globl	_start
_start:
	csrr	t0, mhartid
	bnez	t0, park
	la	sp, stack_end

	/* Open all memory in the PMP, for HLV acts as VS-mode. A hart without PMP traps here. */
	la	t0, 1f
	csrw	mtvec, t0
	li	t0, -1
	csrw	pmpaddr0, t0
	li	t0, 0x1f
	csrw	pmpcfg0, t0
	.balign	4
1:	la	t0, trap
	csrw	mtvec, t0

	la	t0, bss_start
	la	t1, bss_end
2:	bgeu	t0, t1, 3f
	sb	zero, 0(t0)
	addi	t0, t0, 1
	j	2b
3:	call	isa_main
park:
	wfi
	j	park

/*
 * struct answer isa_load(unsigned long gva), and similar functions. They return the data in a0
 * and the cause of the trap, or 0, in a1. The handler writes a1 and skips the access, which is
 * an instruction of 4 bytes.
 */
	.text
	.globl	isa_load
	.globl	isa_fetch
	.globl	isa_store
access_start:
isa_load:
	li	a1, 0
	LOAD	a0, (a0)
	ret
isa_fetch:
	li	a1, 0
	hlvx.wu	a0, (a0)
	ret
isa_store:
	mv	a2, a1
	li	a1, 0
	STORE	a2, (a0)
	ret
access_end:

	.balign	4
trap:
	csrw	mscratch, t0
	csrr	a1, mepc
	la	t0, access_start
	bltu	a1, t0, lost
	la	t0, access_end
	bgeu	a1, t0, lost
	addi	a1, a1, 4
	csrw	mepc, a1
	csrr	a1, mcause
	csrr	t0, mscratch
	mret

/* A trap of the program itself: report it and end. */
lost:
	la	sp, stack_end
	csrr	a0, mcause
	csrr	a1, mepc
	csrr	a2, mtval
	j	isa_lost

	.bss
	.balign	16
	.skip	32768
stack_end:
