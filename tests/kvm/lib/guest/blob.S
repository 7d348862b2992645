/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest program as data of the test program. */
	.section .rodata
	.globl	guest_program, guest_program_end
guest_program:
	.incbin	"guest.bin"
guest_program_end:
	.section .note.GNU-stack, "", @progbits
