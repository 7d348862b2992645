// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * When tables are valid: the invariants of docs/INVARIANTS.md, written independently of the engine.
 */
#include "world.h"
#include "pte.h"

struct count {
	uint32_t violations;
	unsigned long tables;
	unsigned long leaves[GST_LEVELS_MAX];
	unsigned long napots;
};

#define VIOLATION(count, inv, condition) ((count)->violations |= (uint32_t)!!(condition) << (inv))

/*
 * A 64 KiB leaf: aligned equal entries, with 10...0 in the low bits of the PPN. Each entry has its
 * own A bit, because a hart sets it in the entry that it has used.
 */
static void check_napot(struct count *count, const gst_pte_t *unit)
{
	for (unsigned int i = 0; i < GST_NAPOT_ENTRIES; i++) {
		gst_pte_t a = (gst_pte_t)1 << A;

		VIOLATION(count, 11, (unit[i] | a) != (unit[0] | a));
		VIOLATION(count, 11, !napot_ppn(PPN(unit[i])));
	}
	count->napots++;
}

static void check_leaf(struct count *count, gst_pte_t pte, unsigned int level)
{
	VIOLATION(count, 5, !HAS(pte, R) || !HAS(pte, U) || !HAS(pte, D) || HAS(pte, G));
	VIOLATION(count, 6, RESERVED(pte) || PBMT(pte) == 3 || HAS(pte, 8) || HAS(pte, 9));
	if (N(pte)) {
		VIOLATION(count, 11, level != 0);
	} else {
		VIOLATION(count, 7, PPN(pte) & (pages_of_level(level) - 1));
		count->leaves[level]++;
	}
}

/* Check one page of @level. */
static void check_page(struct count *count, unsigned int page, unsigned int level,
		       bool may_be_empty)
{
	const gst_pte_t *entries = &memory[page * ENTRIES];
	const struct gst_meta *meta = meta_of_page(page);
	unsigned int live = 0;
	unsigned long napots = count->napots;

	for (unsigned int i = 0; i < ENTRIES; i++) {
		gst_pte_t pte = entries[i];

		live += pte != 0;
		VIOLATION(count, 9, pte && !HAS(pte, V));
		if (!HAS(pte, V))
			continue;
		if (HAS(pte, R) || HAS(pte, W) || HAS(pte, X)) {
			check_leaf(count, pte, level);
			if (N(pte) && !(i & (GST_NAPOT_ENTRIES - 1)))
				check_napot(count, entries + i);
			/* All entries of a unit have N, or none. */
			VIOLATION(count, 11, N(pte) != N(entries[i & ~(GST_NAPOT_ENTRIES - 1)]));
		} else {
			VIOLATION(count, 8, level == 0);
			VIOLATION(count, 6, (pte & 1023) != 1 || pte >> 54);
		}
	}
	VIOLATION(count, 3, live != meta->live);
	VIOLATION(count, 11, count->napots - napots != meta->napots);
	VIOLATION(count, 4, !may_be_empty && !live);
}

uint32_t world_violations(unsigned int may_be_empty)
{
	struct count count = { 0 };
	unsigned int levels = hart_levels(space.root);
	unsigned int root = root_page(space.root);
	unsigned int
		level_of[PROOF_PAGES]; /* 1 + the level of the page, or 0 if it is not in use */

	VIOLATION(&count, 1, !levels || (root & (GST_ROOT_PAGES - 1)));
	VIOLATION(&count, 1, root + GST_ROOT_PAGES > PROOF_PAGES);
	if (count.violations)
		return count.violations;

	for (unsigned int p = 0; p < PROOF_PAGES; p++)
		level_of[p] = p >= root && p < root + GST_ROOT_PAGES ? levels : 0;

	/* Search down from the root. A second pointer to a page is a second parent. */
	for (unsigned int level = GST_LEVELS_MAX - 1; level > 0; level--) {
		if (level >= levels)
			continue;
		for (unsigned int e = 0; e < PROOF_PAGES * ENTRIES; e++) {
			uint64_t page = PPN(memory[e]) - MEMORY_PPN;

			if (level_of[e / ENTRIES] != level + 1 || !pte_is_pointer(memory[e]))
				continue;
			VIOLATION(&count, 2, page >= PROOF_PAGES || level_of[page]);
			if (page < PROOF_PAGES)
				level_of[page] = level;
			count.tables++;
		}
	}

	for (unsigned int p = 0; p < PROOF_PAGES; p++) {
		bool in_root = p >= root && p < root + GST_ROOT_PAGES;

		for (unsigned int level = 0; level < GST_LEVELS_MAX; level++)
			if (level < levels && level_of[p] == level + 1)
				check_page(&count, p, level, in_root || p == may_be_empty);
		VIOLATION(&count, 0, taken[p] != (level_of[p] || gathered[p]));
		VIOLATION(&count, 0, level_of[p] && gathered[p]);
	}

	VIOLATION(&count, 10, count.tables != space.tables || space.tables > space.tables_peak);
	for (unsigned int level = 0; level < GST_LEVELS_MAX; level++)
		VIOLATION(&count, 10, count.leaves[level] != space.leaves[level]);
	VIOLATION(&count, 10, count.napots != space.napots);
	return count.violations;
}

void world_prove_valid(uint32_t violations)
{
	prove(!(violations & 1 << 0), "INV-00: no table page is lost, and none in use is free");
	prove(!(violations & 1 << 1), "INV-01: the root is aligned and its mode known");
	prove(!(violations & 1 << 2), "INV-02: no table has two parents");
	prove(!(violations & 1 << 3), "INV-03: live entries are counted");
	prove(!(violations & 1 << 4), "INV-04: no table below the root is empty");
	prove(!(violations & 1 << 5), "INV-05: a leaf has V, R, U and D, and not G");
	prove(!(violations & 1 << 6), "INV-06: no reserved bit is set");
	prove(!(violations & 1 << 7), "INV-07: a leaf maps a pa that is aligned to its size");
	prove(!(violations & 1 << 8), "INV-08: level 0 holds leaves only");
	prove(!(violations & 1 << 9), "INV-09: an entry that is not valid is zero");
	prove(!(violations & 1 << 10), "INV-10: tables and leaves are counted");
	prove(!(violations & 1 << 11), "INV-11: a 64 KiB leaf is whole");
}
