// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The walker of the specification, on tables written by hand. The engine is checked with this
 * walker, so nothing of the engine is used here.
 */
#include <string.h>

#include "world.h"

/* The memory: one root, then some tables, at a high physical address. */
#define MEM_PA    UINT64_C(0x340000000)
#define MEM_PAGES 12

static unsigned char memory[MEM_PAGES][4096];

static const void *memory_page(uint64_t pa)
{
	return pa >= MEM_PA && pa < MEM_PA + sizeof(memory) ? memory[(pa - MEM_PA) / 4096] : NULL;
}

static void put(unsigned int mode, uint64_t table, unsigned int index, uint64_t pte)
{
	unsigned int size = mode == 1 ? 4 : 8;

	memcpy((char *)memory + (table - MEM_PA) + (size_t)index * size, &pte, size);
}

/* The encodings in the specification's figures. */
#define V (1u << 0)
#define R (1u << 1)
#define W (1u << 2)
#define X (1u << 3)
#define U (1u << 4)
#define G (1u << 5)
#define A (1u << 6)
#define D (1u << 7)

static uint64_t ppn(uint64_t pa)
{
	return pa >> 12 << 10;
}

static struct spec_machine machine_of(struct world *w)
{
	memset(memory, 0, sizeof(memory));
	return (struct spec_machine){ w->fmt->mode, MEM_PA, memory_page };
}

/*
 * Make tables down to @level, with index 5 + level in each, and @pte as the last entry. Return:
 * the gpa that leads there.
 */
static uint64_t build(struct spec_machine *m, unsigned int level, uint64_t pte)
{
	unsigned int width = m->mode == 1 ? 10 : 9;
	uint64_t table = MEM_PA, next = MEM_PA + 4 * 4096, gpa = 0;

	for (unsigned int l = spec_levels(m->mode) - 1;; l--) {
		gpa |= (uint64_t)(5 + l) << (12 + width * l);
		if (l == level)
			break;
		put(m->mode, table, 5 + l, ppn(next) | V);
		table = next;
		next += 4096;
	}
	put(m->mode, table, 5 + level, pte);
	return gpa;
}

static void finds_a_leaf_of_every_level(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++) {
		struct spec_machine m = machine_of(w);
		uint64_t size = spec_span(m.mode, level), pa = size * (level < 4 ? 7 : 3);
		uint64_t gpa = build(&m, level, ppn(pa) | V | R | X | U | A);
		struct spec_result res;

		CHECK("self-test", spec_translate(&m, gpa + size / 2 + 8, &res), "no leaf");
		CHECK_EQ("self-test", res.level, level, "level");
		CHECK_EQ("self-test", res.gpa, gpa, "gpa");
		CHECK_EQ("self-test", res.size, size, "size");
		CHECK_EQ("self-test", res.pa, pa, "pa");
		CHECK_EQ("self-test", res.perm, SPEC_R | SPEC_X, "permissions");
		CHECK("self-test", res.accessed && !res.dirty && !res.global, "A, D, G");
		CHECK("self-test", !spec_translate(&m, gpa + size, &res), "the leaf is too long");
		CHECK("self-test", !spec_translate(&m, gpa - 1, &res), "the leaf starts too early");
	}
}

static enum spec_fault fault_of(struct world *w, unsigned int level, uint64_t pte)
{
	struct spec_machine m = machine_of(w);
	struct spec_result res;
	uint64_t gpa = build(&m, level, pte);

	spec_translate(&m, gpa, &res);
	return res.fault;
}

static void faults_where_the_spec_says(struct world *w)
{
	const uint64_t leaf = V | R | U | A | D;

	for (unsigned int level = 0; level <= w_top(w); level++) {
		uint64_t pa = spec_span(w->fmt->mode, level);

		CHECK_EQ("self-test", fault_of(w, level, ppn(pa) | leaf), SPEC_NO_FAULT, "leaf");
		CHECK_EQ("self-test", fault_of(w, level, 0), SPEC_NOT_VALID, "zero");
		CHECK_EQ("self-test", fault_of(w, level, ppn(pa) | (leaf & ~V)), SPEC_NOT_VALID,
			 "no V");
		CHECK_EQ("self-test", fault_of(w, level, ppn(pa) | V | W | U),
			 SPEC_WRITE_WITHOUT_READ, "W alone");
		CHECK_EQ("self-test", fault_of(w, level, ppn(pa) | V | W | X | U),
			 SPEC_WRITE_WITHOUT_READ, "WX");
		CHECK_EQ("self-test", fault_of(w, level, ppn(pa) | V | X | U | A), SPEC_NO_FAULT,
			 "X alone");
		CHECK_EQ("self-test", fault_of(w, level, ppn(pa) | (leaf & ~U)), SPEC_NOT_USER,
			 "no U");
		CHECK_EQ("self-test", fault_of(w, level, ppn(pa) | leaf | G), SPEC_NO_FAULT, "G");
		if (level)
			CHECK_EQ("self-test", fault_of(w, level, ppn(pa + 4096) | leaf),
				 SPEC_MISALIGNED, "misaligned");
	}
	CHECK_EQ("self-test", fault_of(w, 0, ppn(MEM_PA) | V), SPEC_NO_LEAF,
		 "a pointer at level 0");
	CHECK_EQ("self-test", fault_of(w, 1, ppn(MEM_PA + sizeof(memory)) | V), SPEC_BUS, "bus");
}

static void minds_every_reserved_bit(struct world *w)
{
	const uint64_t leaf = V | R | U | A | D, table = ppn(MEM_PA + 8 * 4096) | V;

	for (unsigned int bit = 54; GST_XLEN == 64 && bit < 64; bit++) {
		uint64_t one = UINT64_C(1) << bit;
		bool reserved = bit <= 60 || bit == 63;
		bool pbmt = bit == 61 || bit == 62;

		CHECK_EQ("self-test", fault_of(w, 0, leaf | one),
			 reserved ? SPEC_RESERVED : SPEC_NO_FAULT, "a leaf's bit");
		CHECK_EQ("self-test", fault_of(w, 1, table | one),
			 reserved || pbmt ? SPEC_RESERVED : SPEC_NOT_VALID, "a pointer's bit");
	}
	if (GST_XLEN == 64)
		CHECK_EQ("self-test", fault_of(w, 0, leaf | UINT64_C(3) << 61), SPEC_RESERVED,
			 "PBMT 3");
	CHECK_EQ("self-test", fault_of(w, 1, table | A), SPEC_RESERVED, "a pointer with A");
	CHECK_EQ("self-test", fault_of(w, 1, table | D), SPEC_RESERVED, "a pointer with D");
	CHECK_EQ("self-test", fault_of(w, 1, table | U), SPEC_RESERVED, "a pointer with U");
	/* Bits 8 and 9 are for software. */
	CHECK_EQ("self-test", fault_of(w, 0, leaf | 3 << 8), SPEC_NO_FAULT, "RSW");
}

/* Svnapot: there is only one encoding, and only in the last level. */
static void knows_leaves_of_64_kib(struct world *w)
{
	const uint64_t n = UINT64_C(1) << 63, leaf = V | R | W | U | A | D;

	for (unsigned int low = 0; GST_XLEN == 64 && low < 16; low++)
		CHECK_EQ("self-test", fault_of(w, 0, n | ppn(0x120000 + low * 4096) | leaf),
			 low == 8 ? SPEC_NO_FAULT : SPEC_RESERVED, "the low bits of the PPN");
	for (unsigned int level = 1; GST_XLEN == 64 && level <= w_top(w); level++) {
		CHECK_EQ("self-test", fault_of(w, level, n | leaf), SPEC_RESERVED,
			 "N above level 0");
		CHECK_EQ("self-test", fault_of(w, level, n | ppn(0x8000) | leaf), SPEC_RESERVED,
			 "N above level 0");
	}
	for (unsigned int i = 0; GST_XLEN == 64 && i < 16; i++) {
		struct spec_machine m = machine_of(w);
		struct spec_result res;
		uint64_t gpa = build(&m, 0, 0) & ~UINT64_C(0xffff);

		/* Only one of the 16 entries is there: it is enough for the whole leaf. */
		put(m.mode, MEM_PA + (4 + (w_top(w) - 1)) * 4096, i, n | ppn(0x128000) | leaf);
		CHECK("self-test", spec_translate(&m, gpa + i * 4096 + 5, &res), "no leaf");
		CHECK("self-test", res.napot && !res.level, "no 64 KiB leaf");
		CHECK_EQ("self-test", res.gpa, gpa, "gpa");
		CHECK_EQ("self-test", res.size, 65536, "size");
		CHECK_EQ("self-test", res.pa, 0x120000, "pa");
		CHECK("self-test", !spec_translate(&m, gpa + (i ^ 1) * 4096, &res),
		      "another entry");
	}
}

static void takes_no_gpa_beyond_the_format_and_no_misaligned_root(struct world *w)
{
	struct spec_machine m = machine_of(w);
	struct spec_result res;

	put(m.mode, MEM_PA, 0, V | R | U | A | D);
	CHECK("self-test", spec_translate(&m, 0, &res), "gpa 0");
	for (unsigned int bit = spec_gpa_bits(m.mode); bit < 64; bit++) {
		CHECK("self-test", !spec_translate(&m, UINT64_C(1) << bit, &res), "bit %u", bit);
		CHECK_EQ("self-test", res.fault, SPEC_GPA_TOO_WIDE, "fault");
	}
	/* The two additional gpa bits of the x4 format select another page of the root. */
	CHECK("self-test", !spec_translate(&m, w_limit(w) / 4, &res), "quarter 1");
	CHECK_EQ("self-test", res.pte_pa, MEM_PA + 4096, "the PTE of quarter 1");
	CHECK("self-test", !spec_translate(&m, w_limit(w) / 4 * 3, &res), "quarter 3");
	CHECK_EQ("self-test", res.pte_pa, MEM_PA + 3 * 4096, "the PTE of quarter 3");
	for (unsigned int page = 1; page < 4; page++) {
		m.root = MEM_PA + page * UINT64_C(4096);
		CHECK("self-test", !spec_translate(&m, 0, &res) && res.fault == SPEC_BUS,
		      "a root %u pages after a multiple of 16 KiB", page);
	}
}

struct tally {
	unsigned int leaves, tables, bad;
};

static void tally_leaf(void *arg, const struct spec_result *res)
{
	(void)res;
	((struct tally *)arg)->leaves++;
}

static void tally_table(void *arg, uint64_t pa, unsigned int level, unsigned int used)
{
	(void)pa;
	(void)level;
	CHECK_EQ("self-test", used, 1, "entries of a table with one entry");
	((struct tally *)arg)->tables++;
}

static void tally_bad(void *arg, const struct spec_result *res, uint64_t pte)
{
	(void)res;
	(void)pte;
	((struct tally *)arg)->bad++;
}

static void visits_what_a_walk_can_reach(struct world *w)
{
	struct spec_machine m = machine_of(w);
	struct tally tally = { 0 };
	struct spec_visitor visitor = { &tally, tally_leaf, tally_table, tally_bad };
	unsigned int last = w->fmt->mode == 1 ? 4095 : 2047;

	build(&m, 0, ppn(0x5000) | V | R | U);
	put(m.mode, MEM_PA, last, V | R | U);
	put(m.mode, MEM_PA, last - 1, V | W);
	spec_visit(&m, &visitor);
	CHECK_EQ("self-test", tally.leaves, 2, "leaves");
	CHECK_EQ("self-test", tally.tables, w_top(w), "tables");
	CHECK_EQ("self-test", tally.bad, 1, "bad PTEs");
}

static const struct property properties[] = {
	{ "the walker finds a leaf of every level", finds_a_leaf_of_every_level },
	{ "the walker faults where the specification says", faults_where_the_spec_says },
	{ "the walker checks every reserved bit", minds_every_reserved_bit },
	{ "the walker knows 64 KiB leaves", knows_leaves_of_64_kib },
	{ "the walker refuses a gpa above the format and a misaligned root",
	  takes_no_gpa_beyond_the_format_and_no_misaligned_root },
	{ "the visitor sees everything that a walk can reach", visits_what_a_walk_can_reach },
};

int main(void)
{
	return RUN(properties);
}
