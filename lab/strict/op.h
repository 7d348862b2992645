/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the functions that execute instructions. */
#ifndef STRICT_OP_H
#define STRICT_OP_H

#include "strict.h"

#define OP(name)  void op_##name(struct hart *h, const struct insn *i)
#define RD        (h->x[i->rd])
#define RS1       (h->x[i->rs1])
#define RS2       (h->x[i->rs2])
#define IMM       ((sx)i->imm)
#define SEXT32(x) ((ux)(s32)(x))

/* An instruction that only computes rd. */
#define COMPUTE(name, expr)                                                                        \
	OP(name)                                                                                   \
	{                                                                                          \
		(void)h;                                                                           \
		RD = (ux)(expr);                                                                   \
	}

#endif
