// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instructions. Left out are jumps, which would leave the one instruction that is tried; SC,
 * which may fail at any time; WFI where it would wait; counters as values; and CSRs that the
 * program itself needs.
 */
#include "diff.h"

/* A register. x31 has an address, and so have most of x8 to x15. */
static u32 reg(void)
{
	return below(32);
}

static u32 address_reg(void)
{
	return chance(85) ? 8 + below(8) : reg();
}

static u32 r_type(u32 opcode, u32 funct3, u32 funct7, u32 rd, u32 rs1, u32 rs2)
{
	return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
}

static u32 i_type(u32 opcode, u32 funct3, u32 rd, u32 rs1, u32 imm)
{
	return imm << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
}

static u32 small_imm(void)
{
	return chance(70) ? 0 : below(4096);
}

static u32 insn_load(void)
{
	if (chance(12)) /* FLW, FLD */
		return i_type(0x07, 2 + below(2), reg(), address_reg(), small_imm());
	return i_type(0x03, below(chance(97) ? 7 : 8), reg(), address_reg(), small_imm());
}

static u32 insn_store(void)
{
	u32 imm = small_imm(), opcode = chance(12) ? 0x27 : 0x23;
	u32 funct3 = opcode == 0x27 ? 2 + below(2) : below(chance(97) ? 4 : 8);

	if (opcode == 0x23 && funct3 > 3)
		funct3 = 3;
	return r_type(opcode, funct3, imm >> 5, imm & 31, address_reg(), reg());
}

/*
 * QEMU translates the address of an AMO for a load first. So it may find another fault, and set A.
 * LR alone is tried in other modes than M.
 */
static u32 insn_amo(enum mode mode)
{
	static const u8 funct5[] = { 0, 1, 4, 8, 12, 16, 20, 24, 28, 2 };
	u32 f = mode == M ? funct5[below(COUNT(funct5))] : 2;

	return r_type(0x2f, 2 + below(2), f << 2 | below(4), reg(), address_reg(),
		      f == 2 ? 0 : reg());
}

static u32 insn_alu(void)
{
	static const struct {
		u8 opcode, funct3, funct7;
	} ops[] = {
		{ 0x33, 0, 0 },    { 0x33, 0, 0x20 }, { 0x33, 1, 0 },    { 0x33, 2, 0 },
		{ 0x33, 3, 0 },    { 0x33, 4, 0 },    { 0x33, 5, 0 },    { 0x33, 5, 0x20 },
		{ 0x33, 6, 0 },    { 0x33, 7, 0 },    { 0x3b, 0, 0 },    { 0x3b, 0, 0x20 },
		{ 0x3b, 1, 0 },    { 0x3b, 5, 0 },    { 0x3b, 5, 0x20 }, { 0x33, 0, 1 },
		{ 0x33, 1, 1 },    { 0x33, 2, 1 },    { 0x33, 3, 1 },    { 0x33, 4, 1 },
		{ 0x33, 5, 1 },    { 0x33, 6, 1 },    { 0x33, 7, 1 },    { 0x3b, 0, 1 },
		{ 0x3b, 4, 1 },    { 0x3b, 5, 1 },    { 0x3b, 6, 1 },    { 0x3b, 7, 1 },
		{ 0x33, 2, 0x10 }, { 0x33, 4, 0x10 }, { 0x33, 6, 0x10 }, { 0x3b, 0, 4 },
		{ 0x3b, 2, 0x10 }, { 0x3b, 4, 0x10 }, { 0x3b, 6, 0x10 }, { 0x33, 4, 0x20 },
		{ 0x33, 6, 0x20 }, { 0x33, 7, 0x20 }, { 0x33, 4, 5 },    { 0x33, 5, 5 },
		{ 0x33, 6, 5 },    { 0x33, 7, 5 },    { 0x33, 1, 0x30 }, { 0x33, 5, 0x30 },
		{ 0x3b, 1, 0x30 }, { 0x3b, 5, 0x30 }, { 0x33, 1, 0x24 }, { 0x33, 5, 0x24 },
		{ 0x33, 1, 0x34 }, { 0x33, 1, 0x14 },
	};
	static const u32 ops_imm[] = {
		0x60001013, 0x60101013, 0x60201013, 0x60401013, 0x60501013, 0x6000101b,
		0x6010101b, 0x6020101b, 0x6b805013, 0x28705013, 0x60005013, 0x6000501b,
		0x48001013, 0x48005013, 0x68001013, 0x28001013, 0x69805013, 0x08004033,
		0x0800101b, 0x00001013, 0x00005013, 0x40005013,
	};
	u32 n = below(COUNT(ops));

	if (chance(25))
		return i_type(chance(70) ? 0x13 : 0x1b, chance(60) ? 0 : below(8) & ~1u, reg(),
			      reg(), below(4096));
	if (chance(25)) {
		u32 op = ops_imm[below(COUNT(ops_imm))];

		return op | reg() << 7 | reg() << 15;
	}
	if (chance(10)) /* LUI, AUIPC */
		return (chance(50) ? 0x37 : 0x17) | reg() << 7 | (u32)below(1 << 20) << 12;
	return r_type(ops[n].opcode, ops[n].funct3, ops[n].funct7, reg(), reg(), reg());
}

static u32 insn_float(void)
{
	static const u8 rounded[] = { 0x00, 0x04, 0x08, 0x0c, 0x01, 0x05, 0x09, 0x0d };
	static const u8 rms[] = { 0, 1, 2, 3, 4, 7, 7, 5 };
	u32 rm = rms[below(COUNT(rms))], f, d = below(2);

	switch (below(8)) {
	case 0: /* FMADD and the like */
		return r_type(0x43 + 4 * below(4), rm, reg() << 2 | d, reg(), reg(), reg());
	case 1:
		return r_type(0x53, rm, 0x2c | d, reg(), reg(), 0); /* FSQRT */
	case 2: /* sign injection, minimum, comparisons */
		f = below(3);
		return r_type(0x53, below(f == 1 ? 2 : 3), (f == 2 ? 0x50 : 0x10 + 4 * f) | d,
			      reg(), reg(), reg());
	case 3: /* to integers, and from them */
		return r_type(0x53, rm, (chance(50) ? 0x60 : 0x68) | d, reg(), reg(), below(4));
	case 4:
		return chance(50) ? r_type(0x53, rm, 0x20, reg(), reg(), 1) :
				    r_type(0x53, rm, 0x21, reg(), reg(), 0);
	case 5: /* moves and FCLASS */
		return r_type(0x53, below(2), 0x70 | d, reg(), reg(), 0);
	case 6:
		return r_type(0x53, 0, 0x78 | d, reg(), reg(), 0);
	default:
		return r_type(0x53, rm, rounded[below(COUNT(rounded))], reg(), reg(), reg());
	}
}

static u32 insn_csr(enum mode mode)
{
	/* Without what the program needs, and what is not the same twice. */
	static const u16 others[] = { 0x001, 0x002, 0x003, 0xf11, 0xf14, 0x104, 0x204, 0x604, 0x607,
				      0x644, 0x144, 0x244, 0xe12, 0x14d, 0x24d, 0x15d, 0x25d };
	static const u16 counters[] = { 0xc00, 0xc01, 0xc02, 0xc80, 0xc81, 0xc82 };
	u32 number, funct3 = 1 + below(3) + (chance(30) ? 4 : 0), rd = reg(), rs1 = reg();

	if (chance(8)) /* may it be read? */
		return i_type(0x73, 2, 0, 0, counters[below(COUNT(counters))]);
	if (chance(25)) {
		number = others[below(COUNT(others))];
		/* Interrupts stay off, and what waits depends on the time: may it be read? */
		if (number > 3)
			return i_type(0x73, 2, 0, 0, number);
	} else {
		number = csrs[below(ncsrs)].number;
	}
	if (number == 0x310) /* may it be read? */
		return i_type(0x73, 2, 0, 0, number);
	if (mode == M && (number == 0x302 || number == 0x344))
		number = 0x100;
	/*
	 * These are only read. main.c keeps ADUE the same in menvcfg and henvcfg. If a field gets a
	 * value that the hart does not support, the hart may ignore the whole write or that field.
	 */
	if (number == 0x30a || number == 0x60a || number == 0x31a || number == 0x61a ||
	    number == 0x105 || number == 0x205 || number == 0x180 || number == 0x280 ||
	    number == 0x680)
		return i_type(0x73, 2, rd, 0, number);
	if (number == 0x306 || number == 0x106 || number == 0x606 || number == 0x344 ||
	    number == 0x645 || number == 0x64a || number == 0x34a || number == 0x603 ||
	    number == 0x643) /* not all bits are compared */
		rd = 0;
	/* Of these, the low bits alone: XLEN of U-mode and the order of bytes stay. */
	if (number == 0x300 || number == 0x100 || number == 0x200 || number == 0x600) {
		rd = 0;
		funct3 = 6 + below(2);
	}
	return i_type(0x73, funct3, rd, rs1, number);
}

static u32 insn_system(enum mode mode)
{
	static const u32 fences[] = {
		0x12000073, /* SFENCE.VMA */ 0x22000073,  /* HFENCE.VVMA */
		0x62000073, /* HFENCE.GVMA */ 0x16000073, /* SINVAL.VMA */
		0x26000073, /* HINVAL.VVMA */ 0x66000073, /* HINVAL.GVMA */
	};

	switch (below(10)) {
	case 0:
		return 0x10200073; /* SRET */
	case 1:
		return mode == M ? 0x10200073 : 0x30200073; /* MRET */
	case 2:
		return 0x00000073; /* ECALL */
	case 3:
		return 0x00100073; /* EBREAK */
	case 4:
		/* SFENCE.W.INVAL, SFENCE.INVAL.IR. QEMU lets U-mode execute them. */
		if (mode != U && mode != VU)
			return chance(50) ? 0x18000073 : 0x18100073;
		return 0x00100073;
	case 5:
		/*
		 * WFI. In VU-mode QEMU has another exception than the specification if TW is set.
		 */
		return mode == U ? 0x10500073 : 0x00000073;
	default:
		return fences[below(COUNT(fences))] | address_reg() << 15 |
		       (chance(50) ? reg() << 20 : 0);
	}
}

/* HLVX is left out: QEMU's has the causes of a fetch. tests/isa has it. */
static u32 insn_hyper(void)
{
	static const u32 loads[] = { 0x60004073, 0x60104073, 0x64004073, 0x64104073,
				     0x68004073, 0x68104073, 0x6c004073 };
	static const u32 stores[] = { 0x62004073, 0x66004073, 0x6a004073, 0x6e004073 };

	if (chance(60))
		return loads[below(COUNT(loads))] | reg() << 7 | address_reg() << 15;
	return stores[below(COUNT(stores))] | reg() << 20 | address_reg() << 15;
}

static u32 insn_block(void)
{
	static const u8 which[] = { 0, 1, 2, 4 };

	return i_type(0x0f, 2, 0, address_reg(), which[below(COUNT(which))]);
}

/* A compressed instruction, but no jump. */
static u32 insn_compressed(void)
{
	for (;;) {
		u32 i = below(0x10000), op = i & 3, funct3 = i >> 13;

		if (op == 3 || (op == 1 && funct3 >= 5))
			continue;
		if (op == 1 && funct3 == 1 && XLEN == 32) /* C.JAL */
			continue;
		if (op == 0 && funct3 == 4) /* Zcb, where there is it */
			continue;
		if (op == 1 && funct3 == 4 && (i >> 10 & 7) == 7 && i & 0x40) /* Zcb */
			continue;
		if (op == 1 && funct3 == 3 && !(i >> 2 & 31) && !(i >> 12 & 1)) /* Zcmop */
			continue;
		if (op == 2 && funct3 == 4 && !(i >> 2 & 31) && i >> 7 & 31) /* C.JR, C.JALR */
			continue;
		return i;
	}
}

u32 some_insn(enum mode mode)
{
	u64 n = below(100);

	if (n < 22)
		return insn_load();
	if (n < 36)
		return insn_store();
	if (n < 44)
		return insn_amo(mode);
	if (n < 54)
		return insn_alu();
	if (n < 64)
		return insn_float();
	if (n < 76)
		return insn_csr(mode);
	if (n < 83)
		return insn_system(mode);
	if (n < 92)
		return insn_hyper();
	/*
	 * With V=1, a block that neither a load nor a store may access has more than one exception.
	 */
	if (n < 95 && (mode == S || mode == U))
		return insn_block();
	return insn_compressed();
}
