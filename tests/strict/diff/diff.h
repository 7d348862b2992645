/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program executes random instructions in random states, one at a time, and prints the results.
 * The results of two harts are compared.
 */
#ifndef TESTS_STRICT_DIFF_H
#define TESTS_STRICT_DIFF_H

#include <stdbool.h>
#include <stdint.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint16_t u16;
typedef uint8_t u8;
typedef unsigned long ux; /* a register */

#define XLEN __riscv_xlen

#define BIT(n)       (1ull << (n))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum mode { U, S, M, VU, VS };

/* rnd.c */
void seed_random(u64 seed);
u64 rnd(void);
static inline u32 below(u32 n)
{
	return (rnd() >> 32) * n >> 32;
}
static inline bool chance(u32 percent)
{
	return below(100) < percent;
}
u64 any_value(void);

/* csrs.c: the CSRs, by their number in the list. */
struct csr {
	u16 number;
	const char *name;
	ux (*read)(void);
	void (*write)(ux value);
	ux compared; /* the bits that both harts must have alike */
};
extern const struct csr csrs[];
extern const unsigned int ncsrs;

/* region.c: tables and data. */
#if XLEN == 64
#define VPN_BITS   9
#define USER_ALIAS 0x100000000ull /* the memory again, for U-mode: the first GiB of it */
#define REGION     0x80200000ull
#define NOWHERE    0x10000000000ull /* no memory and no device is there, up to twice this address */
#else
#define VPN_BITS   10
#define USER_ALIAS 0xe0000000ull /* or the first 8 MiB */
#define REGION     0x80400000ull
#define NOWHERE    0x100000000ull
#endif
#define HUGE       BIT(12 + VPN_BITS)
#define DATA       (REGION + 0x100000) /* data pages, with room between them and tables */
#define DATA_PAGES 8
#define WINDOW     0xc0000000ull /* where the random leaves are; no memory is there */
void region_new(void);
u64 region_hash(void);
ux some_atp(unsigned int kind);
ux some_address(void);

/* insns.c */
u32 some_insn(enum mode mode);

/* start.S */
struct context {
	ux x[32];
};
void enter(struct context *c);
void enter_v(struct context *c);
void floats(u64 *f);
void set_floats(const u64 *f);
void fence_all(void);
void clear_mpv(void);
extern char stub[];

#endif
