// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of both stages, and the data that they map. The program's own 2 MiB are always mapped
 * where they are, and once more at USER_ALIAS for U-mode. All other leaves are random.
 *
 * There is one chain of tables for each stage: the table of Sv57 leads to that of Sv48, and that to
 * the one of Sv39. With XLEN 32 there is one root, and no tables in the middle.
 */
#include "diff.h"

enum {
	PTE_V = 1,
	PTE_R = 2,
	PTE_W = 4,
	PTE_X = 8,
	PTE_U = 16,
	PTE_G = 32,
	PTE_A = 64,
	PTE_D = 128,
	ALL_AD = PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D,
};

/* The tables of one stage, as pages of the region. Roots of the G-stage have four. */
struct stage {
	u64 root[3]; /* Sv39, Sv48, Sv57 */
	u64 middle, small, own_middle, own_small;
};
static const struct stage stages[3] = {
	{ { 0x00000, 0x04000, 0x08000 }, 0x0c000, 0x0d000, 0x0e000, 0x0f000 }, /* satp */
	{ { 0x10000, 0x14000, 0x18000 }, 0x1c000, 0x1d000, 0x1e000, 0x1f000 }, /* vsatp */
	{ { 0x20000, 0x24000, 0x28000 }, 0x2c000, 0x2d000, 0x2e000, 0x2f000 }, /* hgatp */
};
#define TABLES 0x30000

static u64 pte(u64 pa, u64 flags)
{
	return pa >> 12 << 10 | flags;
}

/* An entry has the width of a register. */
static void put(u64 table, unsigned int n, u64 value)
{
	((volatile ux *)(uintptr_t)(REGION + table))[n] = value;
}

/*
 * Set the entry of level 1, the one above the lowest, for an address of the program or the window.
 */
static void put_huge(const struct stage *s, u64 va, u64 value)
{
	u64 table = va >= WINDOW ? s->middle : s->own_middle;

	put(XLEN == 32 ? s->root[0] : table, va / HUGE & (XLEN == 32 ? ~0u : 511), value);
}

static u64 some_target(void)
{
	if (chance(5))
		return NOWHERE + (rnd() & (NOWHERE - 4096));
	return DATA + below(DATA_PAGES) * 4096;
}

/* A leaf, mostly one that makes sense. */
static u64 some_leaf(u64 target, bool g_stage)
{
	static const u8 permissions[] = { 1, 3, 5, 7, 4, 6, 2, 0 };
	u64 flags = PTE_V | permissions[chance(85) ? below(5) & 3 : below(8)] << 1;

	flags |= chance(g_stage ? 90 : 50) ? PTE_U : 0;
	flags |= chance(75) ? PTE_A : 0;
	flags |= chance(75) ? PTE_D : 0;
	flags |= chance(10) ? PTE_G : 0;
	flags |= below(4) << 8;
	if (chance(4))
		flags &= ~(u64)PTE_V;
	if (XLEN == 64 && chance(6))
		flags |= BIT(54 + below(10));
	return pte(target, flags);
}

static void stage_new(const struct stage *s, unsigned int kind)
{
	bool g = kind == 2;
	u64 u = g ? PTE_U : 0;

	if (XLEN == 64) {
		put(s->root[2], 0, pte(REGION + s->root[1], PTE_V));
		put(s->root[1], 0, pte(REGION + s->root[0], PTE_V));
		put(s->root[0], 2, pte(REGION + s->own_middle, PTE_V));
		put(s->root[0], 3, pte(REGION + s->middle, PTE_V));
		put(s->root[0], 4, pte(0x80000000, ALL_AD | PTE_U));
	} else {
		put_huge(s, USER_ALIAS, pte(0x80000000, ALL_AD | PTE_U));
		put_huge(s, USER_ALIAS + HUGE, pte(REGION, ALL_AD | PTE_U));
	}
	put_huge(s, 0x80000000, pte(0x80000000, ALL_AD | u));
	put_huge(s, REGION, pte(REGION + s->own_small, PTE_V));
	/*
	 * The region where it is. In the G-stage these are also the tables of the VS-stage, which
	 * are there or not: QEMU sets A and D in them even where the G-stage allows no store.
	 */
	for (unsigned int n = 0; n < BIT(VPN_BITS); n++) {
		u64 leaf = some_leaf(REGION + n * 4096, g);

		if (g && n < TABLES / 4096)
			leaf = chance(97) ? pte(REGION + n * 4096, ALL_AD | u) : 0;
		put(s->own_small, n, leaf);
	}
	put_huge(s, WINDOW, pte(REGION + s->small, PTE_V | (chance(5) ? PTE_U : 0)));
	for (unsigned int n = 1; n < 8; n++)
		put_huge(s, WINDOW + n * HUGE, some_leaf(chance(70) ? REGION : some_target(), g));
	for (unsigned int n = 0; n < BIT(VPN_BITS); n++) {
		u64 target = kind == 1 && chance(40) ? WINDOW + below(64) * 4096 : some_target();

		put(s->small, n, some_leaf(target, g));
	}
	if (chance(10))
		put(s->root[0], WINDOW >> (XLEN == 64 ? 30 : 22),
		    some_leaf(chance(50) ? NOWHERE : some_target(), g));
}

void region_new(void)
{
	volatile u64 *all = (volatile u64 *)(uintptr_t)REGION;

	for (u64 n = 0; n < TABLES / 8; n++)
		all[n] = 0;
	for (unsigned int kind = 0; kind < 3; kind++)
		stage_new(&stages[kind], kind);
	for (u64 n = 0; n < DATA_PAGES * 512; n++)
		((volatile u64 *)(uintptr_t)DATA)[n] = rnd();
}

static u64 hash_of(u64 h, u64 from, u64 size)
{
	for (u64 n = 0; n < size / 8; n++)
		h = (h ^ ((volatile u64 *)(uintptr_t)from)[n]) * 0x100000001b3ull;
	return h;
}

u64 region_hash(void)
{
	return hash_of(hash_of(0xcbf29ce484222325ull, REGION, TABLES), DATA, DATA_PAGES * 4096);
}

/* For satp (kind 0), vsatp (1) or hgatp (2). */
ux some_atp(unsigned int kind)
{
	u64 format = below(3);

	if (chance(15))
		return 0;
	if (XLEN == 32)
		return BIT(31) | below(8) << 22 | (REGION + stages[kind].root[0]) >> 12;
	return (8 + format) << 60 | (u64)below(8) << 44 |
	       (REGION + stages[kind].root[format]) >> 12;
}

ux some_address(void)
{
	u64 offset = chance(80) ? below(512) * 8 : below(4096);

	switch (below(10)) {
	case 0:
		return any_value();
	case 1:
	case 2:
		return DATA + below(DATA_PAGES) * 4096 + offset;
	case 3:
		return USER_ALIAS + DATA - 0x80000000 + below(DATA_PAGES) * 4096 + offset;
	case 4:
		return WINDOW + below(8) * HUGE + below(DATA_PAGES) * 4096 + 0x100000 + offset;
	default:
		return WINDOW + below(64) * 4096 + offset;
	}
}
