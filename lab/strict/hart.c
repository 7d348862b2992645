// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hart: the loop that executes instructions, and the decoder, which uses the table in insns.h.
 * Each page that instructions were fetched from has an array of decoded instructions.
 */
#include <stdlib.h>
#include <string.h>

#include "strict.h"

/* The functions that execute the instructions: op_*.c. */
#define OP_DECLARE(name) insn_fn op_##name;
#define R(name, ...)     OP_DECLARE(name)
#define R2(name, ...)    OP_DECLARE(name)
#define RM(name, ...)    OP_DECLARE(name)
#define RM2(name, ...)   OP_DECLARE(name)
#define R4(name, ...)    OP_DECLARE(name)
#define I(name, ...)     OP_DECLARE(name)
#define SH(name, ...)    OP_DECLARE(name)
#define SHW(name, ...)   OP_DECLARE(name)
#define S(name, ...)     OP_DECLARE(name)
#define B(name, ...)     OP_DECLARE(name)
#define U(name, ...)     OP_DECLARE(name)
#define J(name, ...)     OP_DECLARE(name)
#define A(name, ...)     OP_DECLARE(name)
#define X(name, ...)     OP_DECLARE(name)
#define CBO(name, ...)   OP_DECLARE(name)
#define F(name, ...)     OP_DECLARE(name)
#define H(name, ...)     OP_DECLARE(name)
#include "insns.h"
#undef R
#undef R2
#undef RM
#undef RM2
#undef R4
#undef I
#undef SH
#undef SHW
#undef S
#undef B
#undef U
#undef J
#undef A
#undef X
#undef CBO
#undef F
#undef H

enum format { NONE, IMM_I, IMM_SH, IMM_S, IMM_B, IMM_U, IMM_J };

static const struct encoding {
	u32 mask, match;
	enum format format;
	insn_fn *fn;
} encodings[] = {
#define E(name, mask, match, format) { mask, match, format, op_##name },
#define F3(f)                        ((u32)(f) << 12)
#define F7(f)                        ((u32)(f) << 25)
#define RS2(f)                       ((u32)(f) << 20)
#define SH_MASK                      (XLEN == 64 ? 0xfc00707f : 0xfe00707f)
#define R(name, op, f3, f7)          E(name, 0xfe00707f, (op) | F3(f3) | F7(f7), NONE)
#define R2(name, op, f3, f7, r2)     E(name, 0xfff0707f, (op) | F3(f3) | F7(f7) | RS2(r2), NONE)
#define RM(name, op, f7)             E(name, 0xfe00007f, (op) | F7(f7), NONE)
#define RM2(name, op, f7, r2)        E(name, 0xfff0007f, (op) | F7(f7) | RS2(r2), NONE)
#define R4(name, op, fmt)            E(name, 0x0600007f, (op) | F7(fmt), NONE)
#define I(name, op, f3)              E(name, 0x0000707f, (op) | F3(f3), IMM_I)
#define SH(name, op, f3, f6)         E(name, SH_MASK, (op) | F3(f3) | F7((f6) << 1), IMM_SH)
#define SHW(name, op, f3, f7)        E(name, 0xfe00707f, (op) | F3(f3) | F7(f7), IMM_SH)
#define S(name, op, f3)              E(name, 0x0000707f, (op) | F3(f3), IMM_S)
#define B(name, op, f3)              E(name, 0x0000707f, (op) | F3(f3), IMM_B)
#define U(name, op)                  E(name, 0x0000007f, op, IMM_U)
#define J(name, op)                  E(name, 0x0000007f, op, IMM_J)
#define A(name, f3, f5)              E(name, 0xf800707f, 0x2f | F3(f3) | F7((f5) << 2), NONE)
#define X(name, word)                E(name, 0xffffffff, word, NONE)
#define CBO(name, n)                 E(name, 0xfff07fff, 0x0f | F3(2) | RS2(n), NONE)
#define F(name, f7)                  E(name, 0xfe007fff, 0x73 | F7(f7), NONE)
#define H(name, f7)                  E(name, 0xfe007fff, 0x73 | F3(4) | F7(f7), NONE)
#include "insns.h"
};
#define N_ENCODINGS (sizeof(encodings) / sizeof(encodings[0]))

/* The encodings of each major opcode. */
static u16 by_opcode[32][N_ENCODINGS + 1];
static struct code undecoded;

void decode_init(void)
{
	unsigned n[32] = { 0 };

	for (unsigned e = 0; e < N_ENCODINGS; e++) {
		unsigned op = encodings[e].match >> 2 & 31;

		by_opcode[op][n[op]++] = e + 1;
	}
	for (unsigned i = 0; i < INSNS_PER_PAGE; i++)
		undecoded.insn[i] = (struct insn){ .fn = op_undecoded, .rd = 32 };
}

static s32 immediate(u32 bits, enum format format)
{
	s32 s = bits;

	switch (format) {
	case IMM_I:
		return s >> 20;
	case IMM_SH:
		return BITS(bits, 25, 20);
	case IMM_S:
		return s >> 25 << 5 | BITS(bits, 11, 7);
	case IMM_B:
		return s >> 31 << 12 | BITS(bits, 7, 7) << 11 | BITS(bits, 30, 25) << 5 |
		       BITS(bits, 11, 8) << 1;
	case IMM_U:
		return bits & 0xfffff000;
	case IMM_J:
		return s >> 31 << 20 | BITS(bits, 19, 12) << 12 | BITS(bits, 20, 20) << 11 |
		       BITS(bits, 30, 21) << 1;
	default:
		return 0;
	}
}

/* Arithmetic and jumps, whose result depends on no register but rs1 and rs2. */
static bool computes(u32 opcode)
{
	switch (opcode) {
	case 0x13:
	case 0x17:
	case 0x1b:
	case 0x33:
	case 0x37:
	case 0x3b:
	case 0x67:
	case 0x6f:
		return true;
	default:
		return false;
	}
}

/* bits: as in memory. The upper half is ignored if the instruction is compressed. */
void decode(struct insn *i, u32 bits)
{
	i->half = bits;
	i->len = 4;
	if ((bits & 3) != 3) {
		i->len = 2;
		bits = expand(bits);
	}
	i->raw = bits;
	i->rd = BITS(bits, 11, 7) ? BITS(bits, 11, 7) : 32;
	i->rs1 = BITS(bits, 19, 15);
	i->rs2 = BITS(bits, 24, 20);
	i->imm = 0;
	i->fn = op_illegal;
	i->computes = false;
	if ((bits & 3) != 3)
		return;
	for (const u16 *e = by_opcode[bits >> 2 & 31]; *e; e++) {
		const struct encoding *c = &encodings[*e - 1];

		if ((bits & c->mask) == c->match) {
			i->fn = c->fn;
			i->imm = immediate(bits, c->format);
			i->computes = computes(bits & 0x7f);
			if (c->format == IMM_S || c->format == IMM_B)
				i->rd = 32;
			return;
		}
	}
}

struct code *code_of(struct machine *m, u64 pa)
{
	u64 page = (pa - RAM_BASE) / PAGE_SIZE;
	struct code *code = m->code[page];

	if (code)
		return code;
	code = m->free_code;
	if (code) {
		m->free_code = code->next_free;
	} else {
		code = aligned_alloc(64, (sizeof(*code) + 63) & ~63ul);
		if (!code)
			abort();
	}
	memcpy(code, &undecoded, sizeof(*code));
	code->pa = RAM_BASE + page * PAGE_SIZE;
	m->code[page] = code;
	/*
	 * From now on a store to this page takes the slow path, which sees that the page has code.
	 */
	for (unsigned n = 0; n < m->cfg.harts; n++) {
		struct hart *h = m->hart[n];
		u8 *host = m->ram + page * PAGE_SIZE;

		for (unsigned f = 0; f < FAST_SIZE; f++)
			if (h->fast[STORE][f].host == host)
				h->fast[STORE][f].tag = FAST_INVALID;
	}
	return code;
}

/* A page with decoded instructions was written. */
void code_written(struct machine *m, u64 pa)
{
	u64 page = (pa - RAM_BASE) / PAGE_SIZE;
	struct code *code = m->code[page];

	if (!code)
		return;
	m->code[page] = NULL;
	code->next_free = m->free_code;
	m->free_code = code;
	for (unsigned n = 0; n < m->cfg.harts; n++) {
		struct hart *h = m->hart[n];

		if (h->code == code)
			h->code_va = ~0ull;
		for (unsigned f = 0; f < FAST_SIZE; f++)
			if (h->fast[FETCH][f].host == code)
				h->fast[FETCH][f].tag = FAST_INVALID;
	}
}

/* The first execution of an instruction: decode it, keep it and execute it. */
void op_undecoded(struct hart *h, const struct insn *i)
{
	struct insn *slot = &h->code->insn[i - h->code->insn], once;
	u64 pa = h->code->pa + (h->pc & PAGE_MASK);
	u32 bits = ram_read(h->m, pa, 2);

	if ((bits & 3) == 3) {
		if ((h->pc & PAGE_MASK) == PAGE_SIZE - 2) {
			/*
			 * It continues in the next page, whose mapping may change: do not keep it.
			 */
			pa = translate(h, h->pc + 2, 2, FETCH, own_view(h));
			slot = &once;
			bits |= (u32)ram_read(h->m, pa, 2) << 16;
		} else {
			bits |= (u32)ram_read(h->m, pa + 2, 2) << 16;
		}
	}
	decode(slot, bits);
	h->cur = slot;
	h->next = h->pc + slot->len;
	slot->fn(h, slot);
	/* For the one that was not kept. hart_run() does it for all others. */
	if (h->early)
		early_depend(h, slot);
}

void op_illegal(struct hart *h, const struct insn *i)
{
	(void)i;
	raise_illegal(h);
}

/*
 * Execute at most this number of instructions. Stop early at a WFI, or if an interrupt may be
 * taken.
 */
void hart_run(struct hart *h, u64 instructions)
{
	bool tracing = h->m->cfg.trace;

	h->slice_start = h->instret;
	h->stop = h->instret + instructions;
	if (setjmp(h->env)) {
		h->loaded = 0;
		take_trap(h);
	}
	take_interrupt(h);
	while (h->instret < h->stop) {
		const struct insn *i;

		if (unlikely((h->pc & ~PAGE_MASK) != h->code_va)) {
			h->cur = NULL;
			fetch_page(h);
		}
		i = &h->code->insn[(h->pc & PAGE_MASK) >> 1];
		h->instret++;
		h->cur = i;
		h->next = h->pc + i->len;
		if (unlikely(tracing))
			trace(h, "insn", i->raw, 0);
		i->fn(h, i);
		if (unlikely(h->early))
			early_depend(h, i);
		h->pc = h->next;
	}
}

void hart_reset(struct hart *h, u64 pc, u64 a0, u64 a1, enum priv priv)
{
	memset(h->x, 0, sizeof(h->x));
	h->x[10] = a0;
	h->x[11] = a1;
	h->pc = pc;
	h->priv = priv;
	h->virt = false;
	h->waiting = false;
	h->online = true;
	h->reserved = ~0ull;
	csr_reset(h);
	context_changed(h);
}
