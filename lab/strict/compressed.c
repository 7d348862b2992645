// SPDX-License-Identifier: GPL-2.0-only
/* C: expand each compressed instruction to one of 32 bits. */
#include "strict.h"

static u32 i_type(u32 op, u32 f3, u32 rd, u32 rs1, u32 imm)
{
	return op | rd << 7 | f3 << 12 | rs1 << 15 | imm << 20;
}

static u32 r_type(u32 op, u32 f3, u32 f7, u32 rd, u32 rs1, u32 rs2)
{
	return op | rd << 7 | f3 << 12 | rs1 << 15 | rs2 << 20 | f7 << 25;
}

static u32 s_type(u32 op, u32 f3, u32 rs1, u32 rs2, u32 imm)
{
	return op | BITS(imm, 4, 0) << 7 | f3 << 12 | rs1 << 15 | rs2 << 20 |
	       BITS(imm, 11, 5) << 25;
}

static u32 b_type(u32 f3, u32 rs1, u32 imm)
{
	return 0x63 | BITS(imm, 11, 11) << 7 | BITS(imm, 4, 1) << 8 | f3 << 12 | rs1 << 15 |
	       BITS(imm, 10, 5) << 25 | (u32)BITS(imm, 12, 12) << 31;
}

static u32 j_type(u32 rd, u32 imm)
{
	return 0x6f | rd << 7 | BITS(imm, 19, 12) << 12 | BITS(imm, 11, 11) << 20 |
	       BITS(imm, 10, 1) << 21 | (u32)BITS(imm, 20, 20) << 31;
}

/* Move bits of the instruction to their place in the immediate. */
#define AT(hi, lo, to) (BITS(c, hi, lo) << (to))
#define SIGN(x, bits)  ((u32)((s32)((u32)(x) << (32 - (bits))) >> (32 - (bits))))

static u32 quadrant0(u32 c)
{
	u32 rd = AT(4, 2, 0) + 8, rs1 = AT(9, 7, 0) + 8, imm;
	u32 w = AT(5, 5, 6) | AT(12, 10, 3) | AT(6, 6, 2), d = AT(6, 5, 6) | AT(12, 10, 3);

	switch (c >> 13) {
	case 0: /* c.addi4spn */
		imm = AT(10, 7, 6) | AT(12, 11, 4) | AT(5, 5, 3) | AT(6, 6, 2);
		return imm ? i_type(0x13, 0, rd, 2, imm) : 0;
	case 1: /* c.fld */
		return i_type(0x07, 3, rd, rs1, d);
	case 2: /* c.lw */
		return i_type(0x03, 2, rd, rs1, w);
	case 3: /* c.ld, c.flw */
		return XLEN == 64 ? i_type(0x03, 3, rd, rs1, d) : i_type(0x07, 2, rd, rs1, w);
	case 5: /* c.fsd */
		return s_type(0x27, 3, rs1, rd, d);
	case 6: /* c.sw */
		return s_type(0x23, 2, rs1, rd, w);
	case 7: /* c.sd, c.fsw */
		return XLEN == 64 ? s_type(0x23, 3, rs1, rd, d) : s_type(0x27, 2, rs1, rd, w);
	default:
		return 0;
	}
}

static u32 arithmetic(u32 c)
{
	static const struct {
		u8 op, f3, f7;
	} two[8] = {
		{ 0x33, 0, 0x20 }, { 0x33, 4, 0 },
		{ 0x33, 6, 0 },    { 0x33, 7, 0 }, /* sub xor or and */
		{ 0x3b, 0, 0x20 }, { 0x3b, 0, 0 }, /* subw addw */
	};
	u32 rd = AT(9, 7, 0) + 8, rs2 = AT(4, 2, 0) + 8, which;
	u32 imm = SIGN(AT(12, 12, 5) | AT(6, 2, 0), 6) & 0xfff, shift = imm & 63;

	switch (BITS(c, 11, 10)) {
	case 0: /* c.srli */
		return i_type(0x13, 5, rd, rd, shift);
	case 1: /* c.srai */
		return i_type(0x13, 5, rd, rd, shift | 0x400);
	case 2: /* c.andi */
		return i_type(0x13, 7, rd, rd, imm);
	}
	which = AT(12, 12, 2) | AT(6, 5, 0);
	if (XLEN == 32 && which >= 4)
		return 0;
	return two[which].op ? r_type(two[which].op, two[which].f3, two[which].f7, rd, rd, rs2) : 0;
}

static u32 quadrant1(u32 c)
{
	u32 rd = AT(11, 7, 0), imm = SIGN(AT(12, 12, 5) | AT(6, 2, 0), 6);
	u32 jump = SIGN(AT(12, 12, 11) | AT(8, 8, 10) | AT(10, 9, 8) | AT(6, 6, 7) | AT(7, 7, 6) |
				AT(2, 2, 5) | AT(11, 11, 4) | AT(5, 3, 1),
			12);
	u32 branch =
		SIGN(AT(12, 12, 8) | AT(6, 5, 6) | AT(2, 2, 5) | AT(11, 10, 3) | AT(4, 3, 1), 9);

	switch (c >> 13) {
	case 0: /* c.addi */
		return i_type(0x13, 0, rd, rd, imm & 0xfff);
	case 1: /* c.addiw, c.jal */
		if (XLEN == 32)
			return j_type(1, jump);
		return rd ? i_type(0x1b, 0, rd, rd, imm & 0xfff) : 0;
	case 2: /* c.li */
		return i_type(0x13, 0, rd, 0, imm & 0xfff);
	case 3:
		if (rd == 2) { /* c.addi16sp */
			imm = SIGN(AT(12, 12, 9) | AT(4, 3, 7) | AT(5, 5, 6) | AT(2, 2, 5) |
					   AT(6, 6, 4),
				   10);
			return imm ? i_type(0x13, 0, 2, 2, imm & 0xfff) : 0;
		}
		return imm ? 0x37 | rd << 7 | imm << 12 : 0; /* c.lui */
	case 4:
		return arithmetic(c);
	case 5: /* c.j */
		return j_type(0, jump);
	case 6: /* c.beqz */
		return b_type(0, AT(9, 7, 0) + 8, branch);
	default: /* c.bnez */
		return b_type(1, AT(9, 7, 0) + 8, branch);
	}
}

static u32 quadrant2(u32 c)
{
	u32 rd = AT(11, 7, 0), rs2 = AT(6, 2, 0), shift = AT(12, 12, 5) | rs2;
	u32 ldsp = AT(4, 2, 6) | AT(12, 12, 5) | AT(6, 5, 3);
	u32 lwsp = AT(3, 2, 6) | AT(12, 12, 5) | AT(6, 4, 2);
	u32 sdsp = AT(9, 7, 6) | AT(12, 10, 3), swsp = AT(8, 7, 6) | AT(12, 9, 2);

	switch (c >> 13) {
	case 0: /* c.slli */
		return i_type(0x13, 1, rd, rd, shift);
	case 1: /* c.fldsp */
		return i_type(0x07, 3, rd, 2, ldsp);
	case 2: /* c.lwsp */
		return rd ? i_type(0x03, 2, rd, 2, lwsp) : 0;
	case 3: /* c.ldsp, c.flwsp */
		if (XLEN == 32)
			return i_type(0x07, 2, rd, 2, lwsp);
		return rd ? i_type(0x03, 3, rd, 2, ldsp) : 0;
	case 4:
		if (!BITS(c, 12, 12)) {
			if (rs2) /* c.mv */
				return r_type(0x33, 0, 0, rd, 0, rs2);
			return rd ? i_type(0x67, 0, 0, rd, 0) : 0; /* c.jr */
		}
		if (rs2) /* c.add */
			return r_type(0x33, 0, 0, rd, rd, rs2);
		return rd ? i_type(0x67, 0, 1, rd, 0) : 0x00100073; /* c.jalr, c.ebreak */
	case 5:                                                     /* c.fsdsp */
		return s_type(0x27, 3, 2, rs2, sdsp);
	case 6: /* c.swsp */
		return s_type(0x23, 2, 2, rs2, swsp);
	default: /* c.sdsp, c.fswsp */
		return XLEN == 64 ? s_type(0x23, 3, 2, rs2, sdsp) : s_type(0x27, 2, 2, rs2, swsp);
	}
}

u32 expand(u16 half)
{
	switch (half & 3) {
	case 0:
		return quadrant0(half);
	case 1:
		return quadrant1(half);
	default:
		return quadrant2(half);
	}
}
