// SPDX-License-Identifier: GPL-2.0-only
/* Instructions whose results the unprivileged specification names. */
#include "t.h"

struct two {
	const char *name;
	u32 op, f3, f7;
	u64 a, b, want;
};

#define MIN BIT(XLEN - 1)
static const struct two two[] = {
	{ "add", 0x33, 0, 0x00, 1, ~0ull, 0 },
	{ "sub", 0x33, 0, 0x20, 1, 2, ~0ull },
	{ "sll by XLEN + 1", 0x33, 1, 0x00, 3, XLEN + 1, 6 },
	{ "slt", 0x33, 2, 0x00, ~0ull, 0, 1 },
	{ "sltu", 0x33, 3, 0x00, ~0ull, 0, 0 },
	{ "sra", 0x33, 5, 0x20, MIN, XLEN - 1, ~0ull },
	{ "addw overflows", 0x3b, 0, 0x00, 0x7fffffff, 1, 0xffffffff80000000 },
	{ "sraw", 0x3b, 5, 0x20, 0x80000000, 31, ~0ull },
	{ "mulh", 0x33, 1, 0x01, ~0ull, ~0ull, 0 },
	{ "mulhu", 0x33, 3, 0x01, ~0ull, ~0ull, ~1ull },
	{ "mulhsu", 0x33, 2, 0x01, ~0ull, ~0ull, ~0ull },
	{ "div by zero is -1", 0x33, 4, 0x01, 7, 0, ~0ull },
	{ "div overflows to its dividend", 0x33, 4, 0x01, MIN, ~0ull, MIN },
	{ "divu by zero is all ones", 0x33, 5, 0x01, 7, 0, ~0ull },
	{ "rem by zero is the dividend", 0x33, 6, 0x01, 7, 0, 7 },
	{ "rem overflows to 0", 0x33, 6, 0x01, MIN, ~0ull, 0 },
	{ "divuw by zero", 0x3b, 5, 0x01, 7, 0, ~0ull },
	{ "remuw", 0x3b, 7, 0x01, 0x1ffffffffull, 16, 15 },
	{ "add.uw", 0x3b, 0, 0x04, 0xfffffffffffffffeull, 1, 0xffffffff },
	{ "sh3add", 0x33, 6, 0x10, 2, 5, 21 },
	{ "andn", 0x33, 7, 0x20, 0xff, 0x0f, 0xf0 },
	{ "xnor", 0x33, 4, 0x20, 0, 0, ~0ull },
	{ "max", 0x33, 6, 0x05, ~0ull, 1, 1 },
	{ "minu", 0x33, 5, 0x05, ~0ull, 1, 1 },
	{ "rol", 0x33, 1, 0x30, MIN, 1, 1 },
	{ "rorw", 0x3b, 5, 0x30, 1, 1, 0xffffffff80000000 },
	{ "bext", 0x33, 5, 0x24, 4, 2, 1 },
	{ "bclr", 0x33, 1, 0x24, 7, 1, 5 },
};

struct one {
	const char *name;
	u32 word; /* rd is a0, rs1 is a1 */
	u64 a, want;
};

#define ONE(op, f3, imm) ((op) | A0 << 7 | (f3) << 12 | A1 << 15 | (u32)(imm) << 20)
static const struct one one[] = {
	{ "clz of 0", ONE(0x13, 1, 0x600), 0, XLEN },
	{ "ctz", ONE(0x13, 1, 0x601), 8, 3 },
	{ "cpop", ONE(0x13, 1, 0x602), 0xff00ff, 16 },
	{ "sext.b", ONE(0x13, 1, 0x604), 0x80, 0xffffffffffffff80 },
#if XLEN == 64
	{ "zext.h", 0x0800403b | A0 << 7 | A1 << 15, ~0ull, 0xffff },
	{ "rev8", ONE(0x13, 5, 0x6b8), 1, 0x0100000000000000 },
	{ "sraiw", ONE(0x1b, 5, 0x41f), 0x80000000, ~0ull },
#else
	{ "zext.h", 0x08004033 | A0 << 7 | A1 << 15, ~0ull, 0xffff },
	{ "rev8", ONE(0x13, 5, 0x698), 1, 0x01000000 },
	{ "addi wraps", ONE(0x13, 0, 0x7ff), 0xffffffff, 0x7fe },
#endif
	{ "orc.b", ONE(0x13, 5, 0x287), 0x0100002000, 0xff0000ff00 },
	{ "sltiu -1", ONE(0x13, 3, 0xfff), 5, 1 },
	{ "c.addi16sp and all compressed forms expand", 0x00000013, 0, 0 },
};

static void compressed(void)
{
	/* One instruction of each compressed form, and its expansion. */
	static const struct {
		u16 half;
		u32 word;
	} forms[] = {
		{ 0x0048, 0x00410513 }, /* c.addi4spn a0, 4: addi a0, sp, 4 */
		{ 0x4188, 0x0005a503 }, /* c.lw a0, 0(a1) */
		{ 0x1141, 0xff010113 }, /* c.addi sp, -16 */
		{ 0x717d, 0xff010113 }, /* c.addi16sp -16 */
		{ 0x6505, 0x00001537 }, /* c.lui a0, 1 */
		{ 0x8d0d, 0x40b50533 }, /* c.sub a0, a1 */
		{ 0xbff5, 0xffdff06f }, /* c.j -4 */
		{ 0xdd75, 0xfe050ee3 }, /* c.beqz a0, -4 */
		{ 0x8082, 0x00008067 }, /* ret */
		{ 0x852e, 0x00b00533 }, /* c.mv a0, a1 */
		{ 0x9002, 0x00100073 }, /* c.ebreak */
		{ 0x0000, 0 },          /* illegal */
#if XLEN == 64
		{ 0xe188, 0x00a5b023 }, /* c.sd a0, 0(a1) */
		{ 0x6502, 0x00013503 }, /* c.ldsp a0, 0 */
		{ 0x2505, 0x0015051b }, /* c.addiw a0, 1 */
		{ 0x9d0d, 0x40b5053b }, /* c.subw a0, a1 */
#else
		{ 0xe188, 0x00a5a027 }, /* c.fsw fa0, 0(a1) */
		{ 0x6502, 0x00012507 }, /* c.flwsp fa0, 0 */
		{ 0x3ff5, 0xffdff0ef }, /* c.jal -4 */
		{ 0x9d0d, 0 },          /* reserved */
#endif
	};

	for (unsigned n = 0; n < sizeof(forms) / sizeof(forms[0]); n++)
		ok(expand(forms[n].half) == forms[n].word, "compressed %04x is %08x (%08x)",
		   forms[n].half, forms[n].word, expand(forms[n].half));
}

static void atomics(struct hart *h)
{
	unsigned size = XLEN / 8;

	ram_write(h->m, DATA, 0xfffffffffffffff0, 8);
	h->x[A1] = DATA;
	h->x[A2] = 0x20;
	RUN(h, 1, 0x00c5a52f); /* amoadd.w a0, a2, (a1) */
	ok(h->x[A0] == (ux)0xfffffffffffffff0 && ram_read(h->m, DATA, 8) == 0xffffffff00000010,
	   "amoadd.w returns the old word, sign-extended, and writes only one word");
	RUN(h, 2, AMO(LR, 0, A0, 0, A1), AMO(SC, 0, A3, A2, A1));
	ok(!h->x[A3] && ram_read(h->m, DATA, size) == 0x20, "SC after LR stores, and returns 0");
	RUN(h, 1, AMO(SC, 0, A3, A2, A1));
	ok(h->x[A3] == 1, "SC without a reservation returns 1");
	h->x[A1] = DATA + size / 2;
	RUN(h, 1, AMO(AMOADD, 0, A0, A2, A1));
	ok(h->c.scause == E_STORE_MISALIGNED && h->c.stval == h->x[A1], "a misaligned AMO traps");
	RUN(h, 1, 0x00c5b52f); /* amoadd.d */
	ok((h->c.scause == E_ILLEGAL) == (XLEN == 32), "amoadd.d is of RV64");
	h->x[A1] = 1;
	h->c.scause = 0;
	RUN(h, 1, 0x02059513); /* slli a0, a1, 32 */
	ok((h->c.scause == E_ILLEGAL) == (XLEN == 32), "a shift by 32 is of RV64");
}

/* Rounding to nearest: f3 = f1 op f2, whose exact result is in the middle of two numbers. */
static void tie(struct hart *h, u32 funct7, u64 a, u64 b, u64 even, u64 away, const char *what)
{
	enum { RNE, RMM = 4 };
	u64 box = funct7 & 1 ? 0 : 0xffffffffull << 32;

	h->f[1] = box | a;
	h->f[2] = box | b;
	RUN(h, 1, r(0x53, RNE, funct7, 3, 1, 2));
	ok(h->f[3] == (box | even), "%s: RNE rounds a tie to even (%llx)", what,
	   (unsigned long long)h->f[3]);
	RUN(h, 1, r(0x53, RMM, funct7, 3, 1, 2));
	ok(h->f[3] == (box | away), "%s: RMM rounds it away from zero (%llx)", what,
	   (unsigned long long)h->f[3]);
}

static void ties(struct hart *h)
{
	tie(h, 0x00, 0x3f800000, 0x33800000, 0x3f800000, 0x3f800001, "fadd.s of 1 and 2^-24");
	tie(h, 0x04, 0xbf800000, 0x33800000, 0xbf800000, 0xbf800001, "fsub.s of -1 and 2^-24");
	tie(h, 0x01, 0x3ff0000000000000, 0x3ca0000000000000, 0x3ff0000000000000, 0x3ff0000000000001,
	    "fadd.d of 1 and 2^-53");
	tie(h, 0x09, 0x3ff8000000000000, 0x3ff0000000000001, 0x3ff8000000000002, 0x3ff8000000000002,
	    "fmul.d of 1.5 and 1 + 2^-52");
	tie(h, 0x0c, 1, 0x40000000, 0, 1, "fdiv.s of the smallest number and 2");
}

static void floats(struct hart *h)
{
	h->c.mstatus |= ST_FS;
	h->f[1] = 0x3ff0000000000000; /* 1 */
	h->f[2] = 0;
	RUN(h, 1, 0x1a20f1d3); /* fdiv.d f3, f1, f2 */
	ok(h->f[3] == 0x7ff0000000000000 && h->c.fcsr == 8, "1 / 0 is infinite, and DZ is set");
	h->c.fcsr = 0;
	RUN(h, 1, 0x1a2171d3); /* fdiv.d f3, f2, f2 */
	ok(h->f[3] == 0x7ff8000000000000 && h->c.fcsr == 16,
	   "0 / 0 is the canonical NaN, and NV is set");
	h->f[1] = 0x41f0000000000000; /* 2^32 */
	h->c.fcsr = 0;
	RUN(h, 1, 0xc2009553); /* fcvt.w.d a0, f1, rtz */
	ok(h->x[A0] == 0x7fffffff && h->c.fcsr == 16, "fcvt.w.d saturates");
	h->f[1] = 0x3f800000;  /* not boxed */
	RUN(h, 1, 0xe0009553); /* fclass.s a0, f1 */
	ok(h->x[A0] == BIT(9), "a single that is not boxed is a quiet NaN");
	ties(h);
	h->c.mstatus &= ~ST_FS;
	RUN(h, 1, 0xe0009553);
	ok(h->c.scause == E_ILLEGAL, "a floating-point instruction is illegal without FS");
}

void test_insns(void)
{
	struct machine *m = machine(1, NULL);
	struct hart *h = m->hart[0];

	for (unsigned n = 0; n < sizeof(two) / sizeof(two[0]); n++) {
		const struct two *t = &two[n];

		if (XLEN == 32 && t->op == 0x3b)
			continue;
		h->x[A1] = t->a;
		h->x[A2] = t->b;
		RUN(h, 1, r(t->op, t->f3, t->f7, A0, A1, A2));
		ok(h->x[A0] == (ux)t->want, "%s (%llx)", t->name, (unsigned long long)h->x[A0]);
	}
	for (unsigned n = 0; n < sizeof(one) / sizeof(one[0]); n++) {
		h->x[A0] = 0;
		h->x[A1] = one[n].a;
		RUN(h, 1, one[n].word);
		ok(h->x[A0] == (ux)one[n].want, "%s (%llx)", one[n].name,
		   (unsigned long long)h->x[A0]);
	}
	compressed();
	atomics(h);
	floats(h);
	machine_free(m);
}
