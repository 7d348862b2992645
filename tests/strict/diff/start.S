/* SPDX-License-Identifier: GPL-2.0-only */
/* The entry point; into the code under test, and back by whatever trap it takes. */
	.option	arch, +h
#if __riscv_xlen == 64
#define STORE	sd
#define LOAD	ld
#define SIZE	8
#else
#define STORE	sw
#define LOAD	lw
#define SIZE	4
#endif
	.section .text.start, "ax"
	.globl	_start
_start:
	csrr	t0, mhartid
	bnez	t0, park
	la	sp, stack_end
	li	t0, -1
	csrw	pmpaddr0, t0
	li	t0, 0x1f
	csrw	pmpcfg0, t0
	la	t0, bss_start
	la	t1, bss_end
1:	bgeu	t0, t1, 2f
	STORE	zero, 0(t0)
	addi	t0, t0, SIZE
	j	1b
2:	call	diff_main
park:
	wfi
	j	park

/* Where the code under test goes when a trap is delegated: the environment call leads on to M-mode. */
	.text
	.balign	4
	.globl	stub
stub:
	ecall

/*
 * void enter(struct context *c), void enter_v(struct context *c): load the registers of the context
 * and go where mepc says, or with V=1 where sepc says. Return after the next trap into M-mode, with
 * the registers of then in the context.
 *
 * With mstatus.MPRV set, MPP is M here, so that these loads and stores are of M-mode. QEMU does not
 * let M-mode write mstatus.MPV; so it is SRET that leads to V=1.
 */
	.macro	enter_by return
	la	t0, kept
	STORE	ra, 0*SIZE(t0)
	STORE	sp, 1*SIZE(t0)
	STORE	gp, 2*SIZE(t0)
	STORE	tp, 3*SIZE(t0)
	STORE	s0, 4*SIZE(t0)
	STORE	s1, 5*SIZE(t0)
	STORE	s2, 6*SIZE(t0)
	STORE	s3, 7*SIZE(t0)
	STORE	s4, 8*SIZE(t0)
	STORE	s5, 9*SIZE(t0)
	STORE	s6, 10*SIZE(t0)
	STORE	s7, 11*SIZE(t0)
	STORE	s8, 12*SIZE(t0)
	STORE	s9, 13*SIZE(t0)
	STORE	s10, 14*SIZE(t0)
	STORE	s11, 15*SIZE(t0)
	la	t0, back
	csrw	mtvec, t0
	csrw	mscratch, a0
	mv	x31, a0
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	LOAD	x\n, SIZE*\n(x31)
	.endr
	LOAD	x31, SIZE*31(x31)
	\return
	.endm

	.globl	enter
enter:	enter_by mret
	.globl	enter_v
enter_v:
	enter_by sret

	.balign	4
back:
	csrrw	x31, mscratch, x31
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	STORE	x\n, SIZE*\n(x31)
	.endr
	csrr	t0, mscratch
	STORE	t0, SIZE*31(x31)
	la	t0, kept
	LOAD	ra, 0*SIZE(t0)
	LOAD	sp, 1*SIZE(t0)
	LOAD	gp, 2*SIZE(t0)
	LOAD	tp, 3*SIZE(t0)
	LOAD	s0, 4*SIZE(t0)
	LOAD	s1, 5*SIZE(t0)
	LOAD	s2, 6*SIZE(t0)
	LOAD	s3, 7*SIZE(t0)
	LOAD	s4, 8*SIZE(t0)
	LOAD	s5, 9*SIZE(t0)
	LOAD	s6, 10*SIZE(t0)
	LOAD	s7, 11*SIZE(t0)
	LOAD	s8, 12*SIZE(t0)
	LOAD	s9, 13*SIZE(t0)
	LOAD	s10, 14*SIZE(t0)
	LOAD	s11, 15*SIZE(t0)
	ret

/* void floats(u64 *f): the floating-point registers; mstatus.FS is on. */
	.globl	floats
floats:
	.option push
	.option arch, +d
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	fsd	f\n, 8*\n(a0)
	.endr
	ret
	.globl	set_floats
set_floats:
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	fld	f\n, 8*\n(a0)
	.endr
	ret
	.option pop

/* By MRET to M-mode, since QEMU lets nobody write MPV. */
	.globl	clear_mpv
clear_mpv:
	li	t0, 1 << 17		/* MPRV */
	csrc	mstatus, t0
	la	t0, 1f
	csrw	mepc, t0
	li	t0, 3 << 11
	csrs	mstatus, t0
	mret
1:	ret

	.globl	fence_all
fence_all:
	hfence.gvma
	hfence.vvma
	sfence.vma
	fence.i
	ret

	.bss
	.balign	16
kept:	.skip	128
	.skip	16384
stack_end:
