// SPDX-License-Identifier: GPL-2.0-only
/*
 * For each seed some steps. A step is one random instruction in a random mode, in a state that the
 * steps before have left and that is changed a little by chance. Then the program hashes all
 * registers, the CSRs of csrs.c, the tables and the data. It prints a line for each seed: two harts
 * that print the same lines have done the same.
 *
 * -DFIRST=N and -DSEEDS=N choose the seeds. With -DSHOW each step has a line of its own, with what
 * has changed.
 */
#include "diff.h"

#ifndef FIRST
#define FIRST 1
#endif
#ifndef SEEDS
#define SEEDS 100
#endif
#define STEPS 150

static struct context c, before;
static ux satp, vsatp, hgatp;
static u64 f[32], hash;
static char code[4096] __attribute__((section(".code"), aligned(4096)));

static u64 state;

void seed_random(u64 seed)
{
	state = seed * 0xd1342543de82ef95ull ^ seed << 40;
}

u64 rnd(void)
{
	u64 z = state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

u64 any_value(void)
{
	static const u64 some[] = {
		0, 1, ~0ull, 0x7fffffff, 0x7ffff000, 0x7fffffffffffffff, BIT(63), 0xffffffff80000000
	};

	switch (below(4)) {
	case 0:
		return some[below(COUNT(some))];
	case 1:
		return rnd() >> below(64);
	case 2:
		return BIT(below(64));
	default:
		return rnd();
	}
}

/* A floating-point register: often a narrow value, often NaN-boxed, often special. */
static u64 any_float(void)
{
	static const u64 doubles[] = { 0,
				       BIT(63),
				       0x3ff0000000000000,
				       0x7ff0000000000000,
				       0x7ff8000000000000,
				       0x7ff4000000000000,
				       1,
				       0x000fffffffffffff,
				       0x0010000000000000,
				       0x7fefffffffffffff,
				       0x43e0000000000000 };
	static const u32 floats[] = { 0, 1u << 31,   0x3f800000, 0x7f800000, 0x7fc00000, 0x7fa00000,
				      1, 0x007fffff, 0x00800000, 0x7f7fffff, 0x4f000000 };

	switch (below(6)) {
	case 0:
		return doubles[below(COUNT(doubles))] | (chance(30) ? BIT(63) : 0);
	case 1:
		return 0xffffffff00000000 | floats[below(COUNT(floats))] |
		       (chance(30) ? BIT(31) : 0);
	case 2:
	case 3:
		return 0xffffffff00000000 | (u32)rnd();
	default:
		return rnd();
	}
}

static void putc(char ch)
{
	*(volatile u8 *)0x10000000 = ch;
}

static void puts(const char *s)
{
	while (*s)
		putc(*s++);
}

static void hex(u64 value)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		if (value >> shift || !shift)
			putc("0123456789abcdef"[value >> shift & 15]);
}

static void mix(u64 value)
{
	hash = (hash ^ value) * 0x100000001b3ull;
	hash ^= hash >> 29;
}

#define csr_write(name, value) asm volatile("csrw " #name ", %0" : : "r"((ux)(value)))
#define csr_set(name, value)   asm volatile("csrs " #name ", %0" : : "r"((ux)(value)))
#define csr_clear(name, value) asm volatile("csrc " #name ", %0" : : "r"((ux)(value)))
#define csr_read(name)                                                                             \
	({                                                                                         \
		ux value_;                                                                         \
		asm volatile("csrr %0, " #name : "=r"(value_));                                    \
		value_;                                                                            \
	})
/* A CSR of 64 bits. With XLEN 32 its upper half has another number. */
#if XLEN == 64
#define csr_write64(name, upper, value) csr_write(name, value)
#define csr_read64(name, upper)         csr_read(name)
#else
#define csr_write64(name, upper, value)                                                            \
	({                                                                                         \
		u64 whole_ = (value);                                                              \
		csr_write(name, whole_);                                                           \
		csr_write(upper, whole_ >> 32);                                                    \
	})
#define csr_read64(name, upper) (csr_read(name) | (u64)csr_read(upper) << 32)
#endif
#define HAS_GVA (XLEN == 64 ? 0x300 : 0x310) /* mstatus, or mstatush */

#define MENVCFG  0x30a
#define MPP      (3ull << 11)
#define MPV      BIT(39)
#define MPRV     BIT(17)
#define FS       (3ull << 13)
#define ENV      (BIT(61) | BIT(62) | BIT(63) | 0xf1)
#define NOT_HERE (BIT(0) | BIT(1) | BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(12) | BIT(20))

static u64 some_env(void)
{
	u64 env = rnd() & ENV;

	/* CBIE 2 is reserved. */
	return (env & 0x30) == 0x20 ? env & ~0x30ull : env;
}

static void new_seed(u64 seed)
{
	seed_random(seed);
	hash = seed;
	satp = vsatp = hgatp = 0;
	region_new();
	for (unsigned int n = 1; n < 32; n++)
		c.x[n] = any_value();
	for (unsigned int n = 0; n < 32; n++)
		f[n] = any_float();
	csr_write(mie, 0);
	csr_write(mideleg, 0xfff);
	csr_write64(0x14d, 0x15d, ~0ull); /* stimecmp */
	csr_write64(0x24d, 0x25d, ~0ull); /* vstimecmp */
	for (unsigned int n = 0; n < ncsrs; n++)
		csrs[n].write(0);
	csr_set(mstatus, FS);
	csr_write(fcsr, 0);
	set_floats(f);
}

/* A part of the state is new. */
static void change_state(void)
{
	u64 status = rnd() & (BIT(18) | BIT(19) | BIT(20) | BIT(21) | BIT(22) | FS);

	csr_write64(0x30a, 0x31a, some_env());
	/* For HLV, QEMU looks at ADUE of menvcfg alone. */
	csr_write64(0x60a, 0x61a, (some_env() & ~BIT(61)) | (csr_read64(0x30a, 0x31a) & BIT(61)));
	csr_write(senvcfg, some_env() & 0xf1);
	csr_write(medeleg, rnd() & 0xf0b1ff & ~NOT_HERE);
	csr_write(0x602, rnd() & 0xb1ff & ~NOT_HERE);
	csr_write(0x603, rnd() & 0x444);
	csr_write(0x645, rnd() & 0x444);
	csr_write64(0x605, 0x615, any_value());
	csr_write(mcounteren, rnd() & 7);
	csr_write(scounteren, rnd() & 7);
	csr_write(0x606, rnd() & 7);
	csr_write(0x600, rnd() & (BIT(7) | BIT(8) | BIT(9) | BIT(20) | BIT(21) | BIT(22)));
	csr_write(0x200, rnd() & (BIT(8) | BIT(18) | BIT(19) | FS));
	csr_clear(mstatus, BIT(18) | BIT(19) | BIT(20) | BIT(21) | BIT(22) | FS);
	csr_set(mstatus, status);
}

/* Is this the cause of a trap that writes an address, other than a breakpoint? */
static bool has_address(u64 cause)
{
	return cause < 24 && BIT(cause) & (BIT(0) | BIT(1) | 0xf0 | BIT(12) | BIT(13) | BIT(15) |
					   BIT(20) | BIT(21) | BIT(23));
}

/*
 * The value of a CSR, without what a hart may choose. mtinst and htinst may be zero for any trap
 * but those of the walker, and are compared for guest-page faults alone.
 */
static ux value_of(const struct csr *csr)
{
	ux cause, value = csr->read() & csr->compared, gva = XLEN == 64 ? BIT(38) : BIT(6);
	bool to_hs;

	/* FS may be Dirty before anything has changed. */
	if (csr->number == 0x300 || csr->number == 0x100 || csr->number == 0x200)
		value |= value & FS ? FS : 0;
	/*
	 * GVA. QEMU leaves it set after other traps, and does not set it for a breakpoint.
	 */
	if (csr->number == HAS_GVA && !(value & gva << 1 && has_address(csr_read(mcause))))
		return value & ~gva;
	/*
	 * What a trap into HS-mode has written: QEMU overwrites it with 0 for a trap into VS-mode.
	 */
	to_hs = csr_read(mcause) == 9 && csr_read(mepc) == (ux)stub;
	if (csr->number == 0x600 && !(to_hs && has_address(csr_read(scause))))
		return value & ~BIT(6);
	if ((csr->number == 0x643 || csr->number == 0x64a) && !to_hs)
		return 0;
	if (csr->number == 0x34a || csr->number == 0x64a) {
		cause = csr->number == 0x34a ? csr_read(mcause) : csr_read(scause);
		if (cause != 20 && cause != 21 && cause != 23)
			return 0;
	}
	return value;
}

/* The address of a device, of the program or of tables, which an access would change. */
static bool harms(u64 address)
{
	if (address - USER_ALIAS < (XLEN == 64 ? 1ull << 32 : 2 * HUGE))
		address -= USER_ALIAS - 0x80000000;
	return (address >= 0x800 && address < DATA - 4096) || (address + 0x1000) >> 34 == 1 ||
	       (address - 0x1000) >> 34 == 1;
}

static void step(void)
{
	static const ux priv[] = {
		[U] = 0,
		[S] = 1,
		[M] = 3,
	};
	static const enum mode modes[] = { M, S, S, U, U, VS, VS, VS, VU, VU };
	enum mode mode = modes[below(COUNT(modes))];
	u32 insn = some_insn(mode), n;
	bool user = mode == U || mode == VU, v = mode == VU || mode == VS, paged;
	ux status = csr_read(mstatus), at = (ux)code + below(400) * 8, pc;

	if (chance(25))
		change_state();
	if (chance(30)) {
		satp = some_atp(0);
		vsatp = some_atp(1);
		hgatp = some_atp(2);
	}
	for (n = 8; n < 16; n++)
		if (chance(40))
			c.x[n] = some_address();
	if (chance(30))
		c.x[16 + below(16)] = any_value();
	for (n = 1; n < 32; n++)
		while (harms(c.x[n]))
			c.x[n] = any_value();
	/* What the instruction before may have changed. */
	csr_write(satp, satp);
	csr_write(0x280, vsatp);
	csr_write(0x680, hgatp);
	csr_write(stvec, stub);
	csr_write(0x205, stub);
	csr_write(medeleg, csr_read(medeleg) & ~NOT_HERE);
	*(volatile u16 *)at = insn;
	*(volatile u16 *)(at + 2) = insn >> 16;
	if ((insn & 3) != 3) {
		*(volatile u16 *)(at + 2) = 0x0073;
		*(volatile u16 *)(at + 4) = 0;
	} else {
		*(volatile u32 *)(at + 4) = 0x00000073;
	}
	paged = v ? vsatp : satp;
	pc = user && paged ? USER_ALIAS + at - 0x80000000 : at;
	clear_mpv();
	csr_write(mepc, pc);
	csr_set(0x600, v ? BIT(7) : 0);
	/* SRET goes to the ECALL behind the instruction, with the one address or the other. */
	csr_write(sepc, v ? pc : (chance(50) ? USER_ALIAS + at - 0x80000000 : at) + 4);
	csr_write(0x241, (chance(50) ? USER_ALIAS + at - 0x80000000 : at) + 4);
	status = csr_read(mstatus) & ~(MPP | MPV | MPRV | 0xaa);
	/* TSR is for HS-mode; QEMU has it for VS-mode, too. */
	if (v)
		status &= ~BIT(22);
	if (v)
		status |= mode == VS ? BIT(8) : 0;
	else
		status |= priv[mode] << 11 | (chance(50) ? BIT(8) : 0);
	if (mode == M && (insn & 0x7f) != 0x2f && chance(50))
		status |= MPRV;
	before = c;
	fence_all();
	csr_write(mstatus, status);
	if (v)
		enter_v(&c);
	else
		enter(&c);

#ifdef SHOW
	puts("  ");
	puts((const char *[]){ "U", "S", "M", "VU", "VS" }[mode]);
	putc(' ');
	hex(insn);
	for (n = 1; n < 32; n++) {
		if (c.x[n] == before.x[n])
			continue;
		puts(" x");
		hex(n);
		putc('=');
		hex(c.x[n]);
	}
	for (n = 0; n < ncsrs; n++) {
		ux value = value_of(&csrs[n]);

		putc(' ');
		puts(csrs[n].name);
		putc('=');
		hex(value);
	}
	puts(" from");
	for (n = 8; n < 16; n++) {
		putc(' ');
		hex(before.x[n]);
	}
	puts(" satp ");
	hex(satp);
	puts(" vsatp ");
	hex(vsatp);
	puts(" hgatp ");
	hex(hgatp);
#endif
	for (n = 1; n < 32; n++)
		mix(c.x[n]);
	for (n = 0; n < ncsrs; n++)
		mix(value_of(&csrs[n]));
	status = csr_read(mstatus);
	csr_set(mstatus, FS);
	mix(csr_read(fcsr));
#ifdef SHOW
	puts(" fcsr ");
	hex(csr_read(fcsr));
	floats(f);
	{
		u64 h = 0;

		for (n = 0; n < 32; n++)
			h = (h ^ f[n]) * 0x100000001b3ull;
		puts(" f ");
		hex(h);
	}
	puts(" hash ");
	hex(hash);
	puts(" memory ");
	hex(region_hash());
	putc('\n');
#endif
	csr_clear(mstatus, FS);
	csr_set(mstatus, status & FS);
}

void diff_main(void)
{
	for (u64 seed = FIRST; seed < FIRST + SEEDS; seed++) {
		new_seed(seed);
		change_state();
		for (unsigned int n = 0; n < STEPS; n++)
			step();
		csr_set(mstatus, FS);
		floats(f);
		for (unsigned int n = 0; n < 32; n++)
			mix(f[n]);
		mix(region_hash());
		puts("seed ");
		hex(seed);
		putc(' ');
		hex(hash);
		putc('\n');
	}
	*(volatile u32 *)0x100000 = 0x5555;
}
