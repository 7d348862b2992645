// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_check() must report each invariant of docs/INVARIANTS.md by its number on tables that are
 * corrupted by hand, and nothing on valid tables.
 */
#include <string.h>

#include "world.h"

struct seen {
	unsigned int reports;
	unsigned int inv[16]; /* how often each invariant was reported */
	gst_gpa_t gpa;        /* the gpa of the last report of @want */
	unsigned int level;
	unsigned int want;
};

static void see(void *arg, unsigned int inv, gst_gpa_t gpa, unsigned int level, gst_pte_t pte,
		const char *what)
{
	struct seen *seen = arg;

	(void)pte;
	CHECK("case", inv >= 1 && inv <= 11, "there is no INV-%02u", inv);
	CHECK("case", what && *what, "INV-%02u is reported without a text", inv);
	seen->reports++;
	seen->inv[inv]++;
	if (inv == seen->want) {
		seen->gpa = gpa;
		seen->level = level;
	}
}

/* gst_check() must report @inv, and return the number of reports. */
static struct seen expect_inv(struct world *w, unsigned int inv)
{
	struct seen seen = { .want = inv };
	unsigned int violations = gst_check(&w->space, see, &seen);

	CHECK_EQ("case", violations, seen.reports, "return value of gst_check()");
	CHECK("case", seen.inv[inv], "INV-%02u is not reported (%u others are)", inv, violations);
	CHECK_EQ("case", gst_check(&w->space, NULL, NULL), violations,
		 "return value without a report function");
	return seen;
}

/* The same, and check the gpa and the level of the report. */
static void expect_inv_at(struct world *w, unsigned int inv, gst_gpa_t gpa, unsigned int level)
{
	struct seen seen = expect_inv(w, inv);

	CHECK_EQ("case", seen.gpa, gpa, "gpa of the report");
	CHECK_EQ("case", seen.level, level, "level of the report");
}

/* Find the entry of a gpa at a level. */
static gst_pte_t *entry(struct world *w, gst_gpa_t gpa, unsigned int level)
{
	struct spec_result res;
	char *page;
	unsigned int shift = 12 + w->fmt->index_bits * level, index;

	spec_translate(&w->machine, gpa, &res);
	CHECK("case", res.table[level], "no table of level %u", level);
	index = gpa >> shift & ((1u << (w->fmt->index_bits + (level == w_top(w) ? 2 : 0))) - 1);
	page = testmem_page_mut(res.table[level] +
				(uint64_t)index * sizeof(gst_pte_t) / 4096 * 4096);
	return (gst_pte_t *)(page + index * sizeof(gst_pte_t) % 4096);
}

/* The gpa of the leaf of a level: there is one of every level, and two of level 0. */
static gst_gpa_t leaf_at(struct world *w, unsigned int level)
{
	return (level + 1) * w_size(w, w_top(w)) + w_size(w, level);
}

static void lay_out(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++)
		W_OK(w_map(w, leaf_at(w, level), w_size(w, level), w_size(w, level), W_RW, level));
	W_OK(w_map(w, leaf_at(w, 0) + W_PAGE, W_PAGE, 0x5000, W_RW, 0));
	w->harts_run = false;
}

/* Corrupt an entry, expect a report of it, and restore it. */
static void spoil(struct world *w, unsigned int inv, gst_gpa_t gpa, unsigned int level,
		  gst_pte_t set, gst_pte_t clear)
{
	gst_pte_t *ptep = entry(w, gpa, level), good = *ptep;

	*ptep = (good & ~clear) | set;
	expect_inv_at(w, inv, gpa & ~(w_size(w, level) - 1), level);
	*ptep = good;
	CHECK_EQ("case", gst_check(&w->space, NULL, NULL), 0,
		 "violations after the entry was restored");
}

#define BIT(n) ((gst_pte_t)((uint64_t)1 << (n)))

static void tables_that_are_right_have_none(struct world *w)
{
	struct seen seen = { 0 };

	CHECK_EQ("case", gst_check(&w->space, see, &seen), 0, "violations of an empty space");
	lay_out(w);
	CHECK_EQ("case", gst_check(&w->space, see, &seen), 0, "violations");
	CHECK_EQ("case", seen.reports, 0, "reports");
}

static void inv_01(struct world *w)
{
	gst_root_t good = w->space.root;

	lay_out(w);
	w->space.root = 0;
	expect_inv(w, 1);
	for (unsigned int mode = 0; mode < 16; mode++) {
		w->space.root = (good & ~GST_ROOT_MODE_MASK) | mode;
		if (!gst_format_of_mode(mode))
			expect_inv(w, 1);
	}
	for (unsigned int page = 1; page < 4; page++) {
		w->space.root = good + page * W_PAGE;
		expect_inv(w, 1);
	}
	w->space.root = good;
}

static void inv_02(struct world *w)
{
	unsigned int top = w_top(w);
	gst_pte_t *hole;

	lay_out(w);
	/* In each page of the root, make a second pointer to the same table. */
	for (unsigned int page = 0; page < 4; page++) {
		hole = entry(w, w_limit(w) / 4 * page + 9 * w_size(w, top), top);
		*hole = *entry(w, leaf_at(w, 0), top);
		testmem_meta(w->machine.root + page * W_PAGE)->live++;
		expect_inv(w, 2);
		testmem_meta(w->machine.root + page * W_PAGE)->live--;
		*hole = 0;
	}
	/* In each page of the root, make a pointer to a page of the root. */
	for (unsigned int page = 0; page < 4; page++)
		for (unsigned int of = 0; of < 4; of++) {
			hole = entry(w, w_limit(w) / 4 * page + 9 * w_size(w, top), top);
			*hole = (w->machine.root + of * W_PAGE) >> 12 << 10 | 1;
			testmem_meta(w->machine.root + page * W_PAGE)->live++;
			expect_inv(w, 2);
			testmem_meta(w->machine.root + page * W_PAGE)->live--;
			*hole = 0;
		}
	/* Make a table its own child. */
	if (top > 1) {
		struct spec_result res;

		spec_translate(&w->machine, leaf_at(w, 0), &res);
		hole = entry(w, leaf_at(w, 0) + w_size(w, 1), 1);
		*hole = res.table[1] >> 12 << 10 | 1;
		testmem_meta(res.table[1])->live++;
		expect_inv_at(w, 2, leaf_at(w, 0) + w_size(w, 1) - W_PAGE, 1);
		testmem_meta(res.table[1])->live--;
		*hole = 0;
	}
}

static void inv_03(struct world *w)
{
	struct spec_result res;
	gst_pte_t *a, good;

	lay_out(w);
	spec_translate(&w->machine, leaf_at(w, 0), &res);
	for (unsigned int level = 0; level <= w_top(w); level++) {
		struct gst_meta *meta = testmem_meta(res.table[level]);

		meta->live++;
		expect_inv(w, 3);
		meta->live -= 2;
		expect_inv(w, 3);
		meta->live++;
	}
	/* Clear a leaf without counting it. The report has the first gpa of the table. */
	a = entry(w, leaf_at(w, 0), 0);
	good = *a;
	*a = 0;
	expect_inv_at(w, 3, leaf_at(w, 0) & ~(w_size(w, 1) - 1), 0);
	*a = good;
}

static void inv_04(struct world *w)
{
	struct spec_result res;
	gst_pte_t *a, *b, was_a, was_b;

	lay_out(w);
	spec_translate(&w->machine, leaf_at(w, 0), &res);
	a = entry(w, leaf_at(w, 0), 0);
	b = entry(w, leaf_at(w, 0) + W_PAGE, 0);
	was_a = *a;
	was_b = *b;
	*a = *b = 0;
	testmem_meta(res.table[0])->live = 0;
	w->space.leaves[0] -= 2;
	expect_inv(w, 4);
	CHECK_EQ("case", gst_check(&w->space, NULL, NULL), 1, "violations");
	w->space.leaves[0] += 2;
	testmem_meta(res.table[0])->live = 2;
	*a = was_a;
	*b = was_b;
}

static void inv_05(struct world *w)
{
	lay_out(w);
	for (unsigned int level = 0; level <= w_top(w); level++) {
		gst_gpa_t gpa = leaf_at(w, level);

		spoil(w, 5, gpa, level, 0, BIT(1));               /* W without R */
		spoil(w, 5, gpa, level, BIT(3), BIT(1) | BIT(2)); /* X alone */
		spoil(w, 5, gpa, level, BIT(3), BIT(1));          /* WX */
		spoil(w, 5, gpa, level, 0, BIT(4));               /* no U */
		spoil(w, 5, gpa, level, 0, BIT(7));               /* no D */
		spoil(w, 5, gpa, level, BIT(5), 0);               /* G */
	}
	/* A may be clear. */
	*entry(w, leaf_at(w, 0), 0) &= ~BIT(6);
	CHECK_EQ("case", gst_check(&w->space, NULL, NULL), 0, "violations of an old leaf");
	*entry(w, leaf_at(w, 0), 0) |= BIT(6);
}

static void inv_06(struct world *w)
{
	lay_out(w);
	for (unsigned int bit = 8; bit < GST_XLEN; bit++) {
		bool ppn = bit >= 10 && bit < (GST_XLEN == 64 ? 54 : 32);
		bool pbmt = bit == 61 || bit == 62;

		for (unsigned int level = 0; !ppn && level <= w_top(w); level++) {
			/* N on a single entry is not a reserved bit, but violates INV-11. */
			if (!pbmt && bit != 63)
				spoil(w, 6, leaf_at(w, level), level, BIT(bit), 0);
			if (level)
				spoil(w, 6, leaf_at(w, 0), level, BIT(bit), 0);
		}
	}
	for (unsigned int level = 0; GST_XLEN == 64 && level <= w_top(w); level++)
		spoil(w, 6, leaf_at(w, level), level, BIT(61) | BIT(62), 0);
	/* In a pointer only V and the PPN are not reserved. With R, W or X it would be a leaf. */
	for (unsigned int level = 1; level <= w_top(w); level++)
		for (unsigned int bit = 4; bit < 8; bit++)
			spoil(w, 6, leaf_at(w, 0), level, BIT(bit), 0);
}

static void inv_07(struct world *w)
{
	lay_out(w);
	for (unsigned int level = 1; level <= w_top(w); level++)
		for (unsigned int bit = 0; bit < w->fmt->index_bits * level; bit++)
			spoil(w, 7, leaf_at(w, level), level, BIT(10 + bit), 0);
}

static void inv_08(struct world *w)
{
	lay_out(w);
	spoil(w, 8, leaf_at(w, 0), 0, 0, BIT(1) | BIT(2) | BIT(4) | BIT(6) | BIT(7));
}

static void inv_09(struct world *w)
{
	lay_out(w);
	for (unsigned int level = 0; level <= w_top(w); level++) {
		spoil(w, 9, leaf_at(w, level), level, 0, BIT(0));
		/* Corrupt a hole. */
		spoil(w, 9, leaf_at(w, level) + 5 * w_size(w, level), level, BIT(6), 0);
		spoil(w, 9, leaf_at(w, level) + 5 * w_size(w, level), level, BIT(GST_XLEN - 1), 0);
	}
}

static void inv_10(struct world *w)
{
	lay_out(w);
	w->space.tables++;
	expect_inv(w, 10);
	w->space.tables -= 2;
	expect_inv(w, 10);
	w->space.tables++;
	for (unsigned int level = 0; level < GST_LEVELS_MAX; level++) {
		w->space.leaves[level]++;
		expect_inv(w, 10);
		w->space.leaves[level] -= 2;
		expect_inv(w, 10);
		w->space.leaves[level]++;
	}
}

/* Corrupt each of the 16 entries of a 64 KiB leaf. */
static void inv_11(struct world *w)
{
	gst_gpa_t gpa = 20 * w_size(w, 1);
	struct gst_meta *meta;
	struct spec_result res;

	lay_out(w);
	/* Set N where it must not be. */
	for (unsigned int level = 0; GST_XLEN == 64 && level <= w_top(w); level++)
		spoil(w, 11, leaf_at(w, level), level, BIT(63), 0);
	if (GST_XLEN == 32)
		return;
	W_OK(w_map(w, gpa, 2 * W_NAPOT, 0x70000, W_RW | GST_NAPOT, 0));
	for (unsigned int i = 0; i < 16; i++) {
		gst_gpa_t page = gpa + i * W_PAGE;
		gst_pte_t *ptep = entry(w, page, 0), good = *ptep;

		/* Other memory, another permission, another encoding, a 4 KiB leaf, a hole. */
		const gst_pte_t bad[] = {
			good ^ BIT(14),
			good ^ BIT(2),
			good ^ BIT(10),
			good ^ BIT(13),
			(good ^ BIT(63) ^ BIT(13)) | (gst_pte_t)i << 10,
			0,
		};

		for (unsigned int k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
			*ptep = bad[k];
			expect_inv(w, 11);
		}
		/* Only A may differ. */
		*ptep = good ^ BIT(6);
		CHECK_EQ("case", gst_check(&w->space, NULL, NULL), 0, "violations of an old entry");
		*ptep = good;
	}
	spec_translate(&w->machine, gpa, &res);
	meta = testmem_meta(res.table[0]);
	meta->napots++;
	expect_inv(w, 11);
	meta->napots -= 2;
	expect_inv(w, 11);
	meta->napots++;
	w->space.napots++;
	expect_inv(w, 10);
	w->space.napots--;
	CHECK_EQ("case", gst_check(&w->space, NULL, NULL), 0, "violations");
}

static void the_same_twice(struct world *w)
{
	struct gst_space other;
	struct gst_gather gather;

	/* Marks of an earlier check, or of a check of another space, are not violations. */
	lay_out(w);
	CHECK_RET(gst_init(&other, &testmem_ops, &w->mem, w->fmt), 0);
	gst_gather_init(&gather, &w->source);
	CHECK_RET(gst_map(&other, 0, W_PAGE, 0, W_RW, 0, &gather), 0);
	gst_gather_finish(&other, &gather);
	for (unsigned int i = 0; i < 70000; i += i < 300 || i > 65000 ? 1 : 64700) {
		CHECK_EQ("case", gst_check(&w->space, NULL, NULL), 0, "violations");
		CHECK_EQ("case", gst_check(&other, NULL, NULL), 0, "violations of the other space");
	}
	gst_destroy(&other);
}

static const struct property properties[] = {
	{ "valid tables violate nothing", tables_that_are_right_have_none },
	{ "gst_check() reports INV-01, a root that is misaligned or has an unknown mode", inv_01 },
	{ "gst_check() reports INV-02, a table with two parents", inv_02 },
	{ "gst_check() reports INV-03, a wrong count of live entries", inv_03 },
	{ "gst_check() reports INV-04, an empty table", inv_04 },
	{ "gst_check() reports INV-05, a leaf without V, R, U or D, or with G", inv_05 },
	{ "gst_check() reports INV-06, a reserved bit", inv_06 },
	{ "gst_check() reports INV-07, a huge leaf that maps a misaligned pa", inv_07 },
	{ "gst_check() reports INV-08, a table pointer in level 0", inv_08 },
	{ "gst_check() reports INV-09, an invalid entry that is not zero", inv_09 },
	{ "gst_check() reports INV-10, wrong counters", inv_10 },
	{ "gst_check() reports INV-11, a malformed 64 KiB leaf", inv_11 },
	{ "gst_check() can be called again and again", the_same_twice },
};

int main(void)
{
	return RUN(properties);
}
