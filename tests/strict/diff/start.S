/* SPDX-License-Identifier: GPL-2.0-only */
/* The entry point; into the code under test, and back by whatever trap it takes. */
	.option	arch, +h
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
	sd	zero, 0(t0)
	addi	t0, t0, 8
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
	sd	ra, 0(t0)
	sd	sp, 8(t0)
	sd	gp, 16(t0)
	sd	tp, 24(t0)
	sd	s0, 32(t0)
	sd	s1, 40(t0)
	sd	s2, 48(t0)
	sd	s3, 56(t0)
	sd	s4, 64(t0)
	sd	s5, 72(t0)
	sd	s6, 80(t0)
	sd	s7, 88(t0)
	sd	s8, 96(t0)
	sd	s9, 104(t0)
	sd	s10, 112(t0)
	sd	s11, 120(t0)
	la	t0, back
	csrw	mtvec, t0
	csrw	mscratch, a0
	mv	x31, a0
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	ld	x\n, 8*\n(x31)
	.endr
	ld	x31, 8*31(x31)
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
	sd	x\n, 8*\n(x31)
	.endr
	csrr	t0, mscratch
	sd	t0, 8*31(x31)
	la	t0, kept
	ld	ra, 0(t0)
	ld	sp, 8(t0)
	ld	gp, 16(t0)
	ld	tp, 24(t0)
	ld	s0, 32(t0)
	ld	s1, 40(t0)
	ld	s2, 48(t0)
	ld	s3, 56(t0)
	ld	s4, 64(t0)
	ld	s5, 72(t0)
	ld	s6, 80(t0)
	ld	s7, 88(t0)
	ld	s8, 96(t0)
	ld	s9, 104(t0)
	ld	s10, 112(t0)
	ld	s11, 120(t0)
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
