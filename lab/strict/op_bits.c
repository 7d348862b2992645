// SPDX-License-Identifier: GPL-2.0-only
/* Zba, Zbb, Zbs: address generation and bit manipulation. */
#include "op.h"

static ux rotate(ux x, unsigned right)
{
	right &= XLEN - 1;
	return right ? x >> right | x << (XLEN - right) : x;
}

static ux rotate32(u32 x, unsigned right)
{
	right &= 31;
	return SEXT32(right ? x >> right | x << (32 - right) : x);
}

static ux or_combine(ux x)
{
	ux r = 0;

	for (unsigned byte = 0; byte < XLEN; byte += 8)
		if (x >> byte & 0xff)
			r |= (ux)0xff << byte;
	return r;
}

COMPUTE(add_uw, (u32)RS1 + RS2)
COMPUTE(sh1add, (RS1 << 1) + RS2)
COMPUTE(sh2add, (RS1 << 2) + RS2)
COMPUTE(sh3add, (RS1 << 3) + RS2)
COMPUTE(sh1add_uw, ((u64)(u32)RS1 << 1) + RS2)
COMPUTE(sh2add_uw, ((u64)(u32)RS1 << 2) + RS2)
COMPUTE(sh3add_uw, ((u64)(u32)RS1 << 3) + RS2)
COMPUTE(slli_uw, (u64)(u32)RS1 << IMM)

COMPUTE(andn, RS1 & ~RS2)
COMPUTE(orn, RS1 | ~RS2)
COMPUTE(xnor, ~(RS1 ^ RS2))
COMPUTE(clz, RS1 ? __builtin_clzll(RS1) - (64 - XLEN) : XLEN)
COMPUTE(ctz, RS1 ? __builtin_ctzll(RS1) : XLEN)
COMPUTE(cpop, __builtin_popcountll(RS1))
COMPUTE(clzw, (u32)RS1 ? __builtin_clz((u32)RS1) : 32)
COMPUTE(ctzw, (u32)RS1 ? __builtin_ctz((u32)RS1) : 32)
COMPUTE(cpopw, __builtin_popcount((u32)RS1))
COMPUTE(max, (sx)RS1 > (sx)RS2 ? RS1 : RS2)
COMPUTE(maxu, RS1 > RS2 ? RS1 : RS2)
COMPUTE(min, (sx)RS1 < (sx)RS2 ? RS1 : RS2)
COMPUTE(minu, RS1 < RS2 ? RS1 : RS2)
COMPUTE(sext_b, (s64)(s8)RS1)
COMPUTE(sext_h, (s64)(s16)RS1)
COMPUTE(zext_h, (u16)RS1)
COMPUTE(rol, rotate(RS1, -RS2))
COMPUTE(ror, rotate(RS1, RS2))
COMPUTE(rori, rotate(RS1, IMM))
COMPUTE(rolw, rotate32(RS1, -RS2))
COMPUTE(rorw, rotate32(RS1, RS2))
COMPUTE(roriw, rotate32(RS1, IMM))
COMPUTE(orc_b, or_combine(RS1))
COMPUTE(rev8, __builtin_bswap64(RS1) >> (64 - XLEN))

COMPUTE(bclr, RS1 & ~BIT(RS2 & (XLEN - 1)))
COMPUTE(bext, RS1 >> (RS2 & (XLEN - 1)) & 1)
COMPUTE(binv, RS1 ^ BIT(RS2 & (XLEN - 1)))
COMPUTE(bset, RS1 | BIT(RS2 & (XLEN - 1)))
COMPUTE(bclri, RS1 & ~BIT(IMM))
COMPUTE(bexti, RS1 >> IMM & 1)
COMPUTE(binvi, RS1 ^ BIT(IMM))
COMPUTE(bseti, RS1 | BIT(IMM))
