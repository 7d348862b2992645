/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions for the tests of the strict machine: results, a small machine, instructions, page
 * tables.
 */
#ifndef T_H
#define T_H

#include "../../lab/strict/bits.h"

void ok(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A machine of 16 MiB with one hart, or more, in S-mode under firmware. */
struct machine *machine(unsigned harts, void (*change)(struct config *cfg));
#define CODE  (RAM_BASE + 0x1000)
#define DATA  (RAM_BASE + 0x4000)
#define TRAPS (RAM_BASE + 0x3000) /* stvec and vstvec */
#define TABLE (RAM_BASE + 0x100000)

/* Copy @n words to CODE, and execute @steps instructions from there. */
void run(struct hart *h, const u32 *words, unsigned n, unsigned steps);
#define RUN(h, steps, ...)                                                                         \
	run(h, (const u32[]){ __VA_ARGS__ }, sizeof((const u32[]){ __VA_ARGS__ }) / 4, steps)

/* Registers by number. */
enum { X0, RA, SP, GP, TP, T0, T1, T2, S0, S1, A0, A1, A2, A3, A4, A5 };
u32 r(u32 op, u32 f3, u32 f7, u32 rd, u32 rs1, u32 rs2);
u32 i(u32 op, u32 f3, u32 rd, u32 rs1, u32 imm);
u32 s(u32 op, u32 f3, u32 rs1, u32 rs2, u32 imm);
/* Of the width of a register: LD and SD, or LW and SW, and so on. */
#define WIDTH          (XLEN == 64 ? 3 : 2)
#define LX(rd, rs1)    i(0x03, WIDTH, rd, rs1, 0)
#define SX(rs2, rs1)   s(0x23, WIDTH, rs1, rs2, 0)
#define HLV_X(rd, rs1) r(0x73, 4, XLEN == 64 ? 0x36 : 0x34, rd, rs1, 0)
/* aqrl: 2 is .aq, 1 is .rl. */
#define AMO(f5, aqrl, rd, rs2, rs1) r(0x2f, WIDTH, (f5) << 2 | (aqrl), rd, rs1, rs2)
enum { AMOADD = 0, AMOSWAP = 1, LR = 2, SC = 3 };
#define CSRR(rd, csr)     i(0x73, 2, rd, X0, csr)
#define CSRW(csr, rs1)    i(0x73, 1, X0, rs1, csr)
#define FENCE(pred, succ) (0x0f | (pred) << 24 | (succ) << 20)
#define SFENCE(va, asid)  r(0x73, 0, 0x09, X0, va, asid)
#define HFENCE_G(gpa, id) r(0x73, 0, 0x31, X0, gpa, id)
#define SRET              0x10200073
#define ECALL             0x00000073

/*
 * The tables are at TABLE. map() sets the entry of @level for @va below @root, and entry() finds
 * it. Both create missing tables in between.
 */
void map(struct machine *m, u64 root, int levels, u64 va, int level, u64 pa, u64 flags);
ux *entry(struct machine *m, u64 root, int levels, u64 va, int level);
#define LEAF (PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D)

/* The first format: Sv39 and Sv39x4, or Sv32 and Sv32x4. The size of its smallest huge leaf. */
#if XLEN == 64
#define MODE MODE_SV39
#else
#define MODE MODE_SV32
#endif
#define DEPTH LEVELS(MODE)
#define HUGE  BIT(VPN_SHIFT(1))
u64 atp(u64 mode, u64 id, u64 root);

/*
 * Litmus tests of two harts. put() gives instructions to a hart, and has the addresses of X and Y
 * in s0 and s1, and 1 in a2. play() lets the harts execute @n instructions each, one at a time in
 * random order. The result is in their a0 and a1.
 */
#define ROUNDS 2000
#define X      DATA
#define Y      (DATA + 64)
void put(struct machine *m, unsigned hart, const u32 *words, unsigned n);
#define PUT(m, hart, ...)                                                                          \
	put(m, hart, (const u32[]){ __VA_ARGS__ }, sizeof((const u32[]){ __VA_ARGS__ }) / 4)
void play(struct machine *m, unsigned n);

void test_insns(void);
void test_csrs(void);
void test_walk(void);
void test_keep(void);
void test_buffer(void);
void test_early(void);

#endif
