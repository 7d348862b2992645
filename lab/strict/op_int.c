// SPDX-License-Identifier: GPL-2.0-only
/* The base instructions and M: arithmetic, jumps, loads and stores. */
#include "op.h"

COMPUTE(lui, IMM)
COMPUTE(auipc, h->pc + IMM)
COMPUTE(addi, RS1 + IMM)
COMPUTE(sltiu, RS1 < (ux)IMM)
COMPUTE(xori, RS1 ^ IMM)
COMPUTE(ori, RS1 | IMM)
COMPUTE(andi, RS1 &IMM)
COMPUTE(slli, RS1 << IMM)
COMPUTE(srli, RS1 >> IMM)
COMPUTE(srai, (sx)RS1 >> IMM)
COMPUTE(add, RS1 + RS2)
COMPUTE(sub, RS1 - RS2)
COMPUTE(sll, RS1 << (RS2 & (XLEN - 1)))
COMPUTE(slt, (sx)RS1 < (sx)RS2)
COMPUTE(sltu, RS1 < RS2)
COMPUTE(xor, RS1 ^ RS2)
COMPUTE(srl, RS1 >> (RS2 & (XLEN - 1)))
COMPUTE(sra, (sx)RS1 >> (RS2 & (XLEN - 1)))
COMPUTE(or, RS1 | RS2)
COMPUTE(and, RS1 &RS2)
COMPUTE(addiw, SEXT32(RS1 + IMM))
COMPUTE(slliw, SEXT32(RS1 << IMM))
COMPUTE(srliw, SEXT32((u32)RS1 >> IMM))
COMPUTE(sraiw, SEXT32((s32)RS1 >> IMM))
COMPUTE(addw, SEXT32(RS1 + RS2))
COMPUTE(subw, SEXT32(RS1 - RS2))
COMPUTE(sllw, SEXT32((u32)RS1 << (RS2 & 31)))
COMPUTE(srlw, SEXT32((u32)RS1 >> (RS2 & 31)))
COMPUTE(sraw, SEXT32((s32)RS1 >> (RS2 & 31)))

COMPUTE(mul, RS1 *RS2)
COMPUTE(mulh, (sxx)(sx)RS1 *(sx)RS2 >> XLEN)
COMPUTE(mulhsu, (sxx)(sx)RS1 *(uxx)RS2 >> XLEN)
COMPUTE(mulhu, (uxx)RS1 *RS2 >> XLEN)
COMPUTE(mulw, SEXT32(RS1 *RS2))

static s64 div_signed(s64 a, s64 b)
{
	if (!b)
		return SEED(DIVIDE) ? 0 : -1;
	return b == -1 ? (s64)(0 - (u64)a) : a / b;
}

static s64 rem_signed(s64 a, s64 b)
{
	if (!b)
		return a;
	return b == -1 ? 0 : a % b;
}

COMPUTE(div, div_signed((sx)RS1, (sx)RS2))
COMPUTE(divu, RS2 ? RS1 / RS2 : (ux)-1)
COMPUTE(rem, rem_signed((sx)RS1, (sx)RS2))
COMPUTE(remu, RS2 ? RS1 % RS2 : RS1)
COMPUTE(divw, SEXT32(div_signed((s32)RS1, (s32)RS2)))
COMPUTE(divuw, SEXT32((u32)RS2 ? (u32)RS1 / (u32)RS2 : ~0u))
COMPUTE(remw, SEXT32(rem_signed((s32)RS1, (s32)RS2)))
COMPUTE(remuw, SEXT32((u32)RS2 ? (u32)RS1 % (u32)RS2 : (u32)RS1))

/* With rd=x0 this is a HINT for custom use. Here it calls the machine; other harts ignore it. */
OP(slti)
{
	if (unlikely(i->rd == 32) && i->imm && !h->virt)
		hypercall(h, i->imm, RS1);
	RD = (sx)RS1 < IMM;
}

OP(jal)
{
	RD = h->next;
	h->next = h->pc + IMM;
}

OP(jalr)
{
	ux to = (RS1 + IMM) & ~1ull;

	RD = h->next;
	h->next = to;
}

#define BRANCH(name, cond)                                                                         \
	OP(name)                                                                                   \
	{                                                                                          \
		if (cond)                                                                          \
			h->next = h->pc + IMM;                                                     \
	}

BRANCH(beq, RS1 == RS2)
BRANCH(bne, RS1 != RS2)
BRANCH(blt, (sx)RS1 < (sx)RS2)
BRANCH(bge, (sx)RS1 >= (sx)RS2)
BRANCH(bltu, RS1 < RS2)
BRANCH(bgeu, RS1 >= RS2)

COMPUTE(lb, (s64)(s8)load(h, RS1 + IMM, 1))
COMPUTE(lh, (s64)(s16)load(h, RS1 + IMM, 2))
COMPUTE(lw, (s64)(s32)load(h, RS1 + IMM, 4))
COMPUTE(ld, load(h, RS1 + IMM, 8))
COMPUTE(lbu, load(h, RS1 + IMM, 1))
COMPUTE(lhu, load(h, RS1 + IMM, 2))
COMPUTE(lwu, load(h, RS1 + IMM, 4))

#define STORE_OP(name, size)                                                                       \
	OP(name)                                                                                   \
	{                                                                                          \
		store(h, RS1 + IMM, RS2, size);                                                    \
	}

STORE_OP(sb, 1)
STORE_OP(sh, 2)
STORE_OP(sw, 4)
STORE_OP(sd, 8)
