// SPDX-License-Identifier: GPL-2.0-only
/* The CSRs that are compared after each instruction. */
#include "diff.h"

/* SD tells of FS. QEMU has bits 0, 2 and 4, too, which nothing uses. */
#define STATUS (~(BIT(XLEN - 1) | BIT(0) | BIT(2) | BIT(4) | BIT(7)))
#define ALL    (~0ull)
/* QEMU gives other things than VSTIP here. */
#define PENDING (BIT(1) | BIT(2) | BIT(10))

/* With XLEN 32: the upper halves. */
#if XLEN == 32
#define UPPER(X)                                                                                   \
	X(0x310, mstatush, ALL)                                                                    \
	X(0x31a, menvcfgh, ALL)                                                                    \
	X(0x615, htimedeltah, ALL)                                                                 \
	X(0x61a, henvcfgh, ALL)
#else
#define UPPER(X)
#endif

/* number, name, bits */
#define LIST(X)                                                                                    \
	X(0x300, mstatus, STATUS)                                                                  \
	X(0x341, mepc, ALL)                                                                        \
	X(0x342, mcause, ALL)                                                                      \
	X(0x343, mtval, ALL)                                                                       \
	X(0x34b, mtval2, ALL)                                                                      \
	X(0x34a, mtinst, ALL)                                                                      \
	X(0x30a, menvcfg, ALL)                                                                     \
	X(0x302, medeleg, ALL)                                                                     \
	X(0x306, mcounteren, 7)                                                                    \
	X(0x344, mip, PENDING)                                                                     \
	X(0x100, sstatus, STATUS)                                                                  \
	X(0x105, stvec, ALL)                                                                       \
	X(0x106, scounteren, 7)                                                                    \
	X(0x10a, senvcfg, ALL)                                                                     \
	X(0x140, sscratch, ALL)                                                                    \
	X(0x141, sepc, ~1ull)                                                                      \
	X(0x142, scause, ALL)                                                                      \
	X(0x143, stval, ALL)                                                                       \
	X(0x180, satp, ALL)                                                                        \
	X(0x600, hstatus, 0x3007003c0)                                                             \
	X(0x602, hedeleg, 0xb1ff)                                                                  \
	X(0x603, hideleg, 0x444)                                                                   \
	X(0x606, hcounteren, 7)                                                                    \
	X(0x605, htimedelta, ALL)                                                                  \
	X(0x60a, henvcfg, ALL)                                                                     \
	X(0x643, htval, ALL)                                                                       \
	X(0x645, hvip, PENDING)                                                                    \
	X(0x64a, htinst, ALL)                                                                      \
	X(0x680, hgatp, ~3ull)                                                                     \
	X(0x200, vsstatus, 0x3000c6122)                                                            \
	X(0x205, vstvec, ALL)                                                                      \
	X(0x240, vsscratch, ALL)                                                                   \
	X(0x241, vsepc, ~1ull)                                                                     \
	X(0x242, vscause, ALL)                                                                     \
	X(0x243, vstval, ALL)                                                                      \
	X(0x280, vsatp, ALL)                                                                       \
	UPPER(X)

#define ACCESS(number, name, bits)                                                                 \
	static ux read_##name(void)                                                                \
	{                                                                                          \
		ux value;                                                                          \
		asm volatile("csrr %0, " #number : "=r"(value));                                   \
		return value;                                                                      \
	}                                                                                          \
	static void write_##name(ux value)                                                         \
	{                                                                                          \
		asm volatile("csrw " #number ", %0" : : "r"(value));                               \
	}
LIST(ACCESS)

#define ENTRY(number, name, bits) { number, #name, read_##name, write_##name, (ux)(bits) },
const struct csr csrs[] = { LIST(ENTRY) };
const unsigned int ncsrs = COUNT(csrs);
