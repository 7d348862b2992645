/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * u64 decode(u64 which, u64 addr, u64 value): execute one load or store at `addr`.
 *
 * A load returns the value that it has read. The order of the instructions is the order of
 * insns[] in mmio-decode.c. The list also has compressed instructions and instructions that use
 * sp, because they have encodings of their own. Most instructions have an offset.
 */
	.text
	.option	norvc
	.macro	entry insn:vararg
	.balign	32
	\insn
	mv	a0, a2
	ret
	.endm

	/* The instruction uses sp as its base. a3 saves sp. */
	.macro	entry_sp insn:vararg
	.balign	32
	mv	a3, sp
	mv	sp, a1
	\insn
	mv	sp, a3
	mv	a0, a2
	ret
	.endm

	.globl	decode
decode:
	slli	a0, a0, 5
	la	t0, table
	add	t0, t0, a0
	jr	t0

	.balign	32
table:
	entry	lb	a2, 0(a1)
	entry	lbu	a2, 1(a1)
	entry	lh	a2, -2(a1)
	entry	lhu	a2, 2(a1)
	entry	lw	a2, 0(a1)
	entry	lwu	a2, 2047-3(a1)
	entry	ld	a2, -2048(a1)
	entry	sb	a2, 3(a1)
	entry	sh	a2, 6(a1)
	entry	sw	a2, -4(a1)
	entry	sd	a2, 8(a1)
	.option	push
	.option	rvc
	entry	c.lw	a2, 4(a1)
	entry	c.ld	a2, 8(a1)
	entry	c.sw	a2, 124(a1)
	entry	c.sd	a2, 248(a1)
	entry_sp c.lwsp	a2, 12(sp)
	entry_sp c.ldsp	a2, 504(sp)
	entry_sp c.swsp	a2, 252(sp)
	entry_sp c.sdsp	a2, 16(sp)
	.option	pop
