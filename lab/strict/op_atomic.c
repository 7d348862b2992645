// SPDX-License-Identifier: GPL-2.0-only
/*
 * A: each of these instructions is one access to memory. It is not early. Earlier stores may still
 * be in the buffer afterwards, unless the instruction is a release, or they overlap.
 *
 * One hart runs at a time, and a reservation is lost when another hart gets its turn. So no other
 * hart can have written to the reservation set.
 */
#include "op.h"

#define AQ(i) ((i)->raw >> 26 & 1)
#define RL(i) ((i)->raw >> 25 & 1)

static u64 address(struct hart *h, const struct insn *i, unsigned size, enum access acc)
{
	u64 va = RS1, pa;

	if (va & (size - 1))
		raise_exception(h, acc == LOAD ? E_LOAD_MISALIGNED : E_STORE_MISALIGNED, va);
	pa = translate(h, va, size, acc, data_view(h));
	if (!in_ram(h->m, pa, size))
		raise_exception(h, acc == LOAD ? E_LOAD_ACCESS : E_STORE_ACCESS, va);
	early_note_load(h, pa);
	if (AQ(i))
		early_order(h);
	if (h->buffered) {
		if (RL(i))
			buffer_drain(h);
		else
			buffer_drain_overlap(h, pa, size);
		if (acc == STORE)
			buffer_drain_epochs(h);
	}
	return pa;
}

#define LR(name, size, type)                                                                       \
	OP(name)                                                                                   \
	{                                                                                          \
		u64 pa = address(h, i, size, LOAD);                                                \
                                                                                                   \
		h->reserved = pa;                                                                  \
		RD = (s64)(type)ram_read(h->m, pa, size);                                          \
	}

#define SC(name, size)                                                                             \
	OP(name)                                                                                   \
	{                                                                                          \
		u64 pa = address(h, i, size, STORE);                                               \
		bool ok = h->reserved == pa;                                                       \
                                                                                                   \
		h->reserved = ~0ull;                                                               \
		if (ok)                                                                            \
			ram_store(h, pa, RS2, size);                                               \
		RD = !ok;                                                                          \
	}

/* In expr, a is the value in memory, and b is rs2. */
#define AMO(name, size, type, expr)                                                                \
	OP(name)                                                                                   \
	{                                                                                          \
		u64 pa = address(h, i, size, STORE);                                               \
		type a = ram_read(h->m, pa, size), b = RS2;                                        \
                                                                                                   \
		ram_store(h, pa, (u64)(expr), size);                                               \
		RD = (s64)(s##size##_t)a;                                                          \
	}

typedef s32 s4_t;
typedef s64 s8_t;

LR(lr_w, 4, s32)
LR(lr_d, 8, s64)
SC(sc_w, 4)
SC(sc_d, 8)
AMO(amoswap_w, 4, u32, ((void)a, b))
AMO(amoadd_w, 4, u32, a + b)
AMO(amoxor_w, 4, u32, a ^ b)
AMO(amoand_w, 4, u32, a &b)
AMO(amoor_w, 4, u32, a | b)
AMO(amomin_w, 4, s32, a < b ? a : b)
AMO(amomax_w, 4, s32, a > b ? a : b)
AMO(amominu_w, 4, u32, a < b ? a : b)
AMO(amomaxu_w, 4, u32, a > b ? a : b)
AMO(amoswap_d, 8, u64, ((void)a, b))
AMO(amoadd_d, 8, u64, a + b)
AMO(amoxor_d, 8, u64, a ^ b)
AMO(amoand_d, 8, u64, a &b)
AMO(amoor_d, 8, u64, a | b)
AMO(amomin_d, 8, s64, a < b ? a : b)
AMO(amomax_d, 8, s64, a > b ? a : b)
AMO(amominu_d, 8, u64, a < b ? a : b)
AMO(amomaxu_d, 8, u64, a > b ? a : b)
