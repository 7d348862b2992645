// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: check every invariant of docs/INVARIANTS.md.
 *
 * This visits each table once, from the root down, counts what it finds and compares
 * with the counters of the space and of each page. It does not use the walker,
 * because it must find the walker's bugs. To find a table that has two parents, or
 * that is its own parent, each check has a number and marks the pages with it.
 */
#include "table.h"

struct check {
	struct gst_space *space;
	gst_report_fn report;
	void *arg;
	unsigned int violations;
	uint16_t mark;
	unsigned long tables;
	unsigned long leaves[GST_LEVELS_MAX];
	unsigned long napots;
};

static void violation(struct check *check, unsigned int inv, gst_gpa_t gpa, unsigned int level,
		      gst_pte_t pte, const char *what)
{
	check->violations++;
	if (check->report)
		check->report(check->arg, inv, gpa, level, pte, what);
}

static void check_leaf(struct check *check, gst_gpa_t gpa, unsigned int level, gst_pte_t pte)
{
	const gst_pte_t promised = GST_PTE_V | GST_PTE_R | GST_PTE_U | GST_PTE_D;

	if ((pte & promised) != promised || (pte & GST_PTE_G))
		violation(check, 5, gpa, level, pte, "a leaf lacks V, R, U or D, or has G");
	/* PBMT 3 is reserved. XLEN 32 has no PBMT field. */
	if ((pte & ~(GST_PTE_LEAF_BITS | GST_PTE_G)) ||
	    (GST_PTE_PBMT && (pte & GST_PTE_PBMT) == GST_PTE_PBMT))
		violation(check, 6, gpa, level, pte, "a leaf has a reserved bit");
	if (gst_pte_pa(pte) & (GST_LEVEL_SIZE(level) - 1))
		violation(check, 7, gpa, level, pte, "a huge leaf maps a misaligned pa");
}

/* Check an entry that has N. Return: whether it is the first entry of a right 64 KiB leaf. */
static bool check_napot(struct check *check, gst_gpa_t gpa, unsigned int level,
			const gst_pte_t *ptep)
{
	unsigned int i = (gpa >> GST_PAGE_SHIFT) & (GST_NAPOT_ENTRIES - 1);
	/*
	 * Compare each entry with the first, and the first with all. An entry without N
	 * does not come here, but the first entry finds it.
	 */
	unsigned int others = i ? 1 : GST_NAPOT_ENTRIES;
	gst_pte_t pte = gst_pte_load(ptep);
	bool whole = level == 0 && gst_pte_napot(pte) == pte;

	for (unsigned int n = 0; n < others && whole; n++)
		whole = !((gst_pte_load(ptep - i + n) ^ pte) & ~GST_PTE_A);
	if (!whole)
		violation(check, 11, gpa, level, pte, "16 entries do not form a 64 KiB leaf");
	return whole && i == 0;
}

static void check_page(struct check *check, gst_pte_t *page, gst_gpa_t gpa, unsigned int level);

static void check_table(struct check *check, gst_gpa_t gpa, unsigned int level, gst_pte_t pte)
{
	struct gst_space *space = check->space;
	gst_pte_t *table;

	/* Do not follow a pointer with reserved bits: it may lead anywhere. */
	if (pte & ~(GST_PTE_V | GST_PTE_PPN)) {
		violation(check, 6, gpa, level, pte, "a table pointer has a reserved bit");
		return;
	}
	if (level == 0) {
		violation(check, 8, gpa, level, pte, "level 0 holds a table pointer");
		return;
	}
	check->tables++;
	table = gst_pte_next_table(space, pte);
	if (gst_meta_of(space, table)->mark == check->mark) {
		violation(check, 2, gpa, level, pte, "a table has two parents");
		return;
	}
	if (!gst_meta_of(space, table)->live)
		violation(check, 4, gpa, level, pte, "a table below the root is empty");
	check_page(check, table, gpa, level - 1);
}

static void check_page(struct check *check, gst_pte_t *page, gst_gpa_t gpa, unsigned int level)
{
	struct gst_meta *meta = gst_meta_of(check->space, page);
	gst_gpa_t start = gpa;
	unsigned int live = 0, napots = 0;

	meta->mark = check->mark;
	for (unsigned int i = 0; i < GST_TABLE_ENTRIES; i++) {
		gst_pte_t pte = gst_pte_load(&page[i]);

		gpa = start + i * GST_LEVEL_SIZE(level);
		if (!pte)
			continue;
		live++;
		if (!gst_pte_valid(pte))
			violation(check, 9, gpa, level, pte, "an entry without V is not zero");
		else if (!gst_pte_is_leaf(pte))
			check_table(check, gpa, level, pte);
		else
			check_leaf(check, gpa, level, pte);
		if (gst_pte_is_leaf(pte) && gst_pte_is_napot(pte))
			napots += check_napot(check, gpa, level, &page[i]);
		else
			check->leaves[level] += gst_pte_is_leaf(pte);
	}
	check->napots += napots;
	if (napots != meta->napots)
		violation(check, 11, start, level, napots, "leaves of 64 KiB are miscounted");
	if (live != meta->live)
		violation(check, 3, start, level, live, "live entries are miscounted");
}

unsigned int gst_check(struct gst_space *space, gst_report_fn report, void *arg)
{
	struct check check = { .space = space, .report = report, .arg = arg };
	gst_root_t root = gst_root(space);
	const struct gst_format *fmt = gst_format_of_mode(gst_root_mode(root));
	gst_pte_t *table = gst_root_table(root);

	/* Skip the number 0: a page that was never marked has it. */
	space->mark += space->mark == UINT16_MAX ? 2 : 1;
	check.mark = space->mark;
	if (!fmt || !table ||
	    (((uintptr_t)table | space->ops->to_pa(space->ctx, table)) & (GST_ROOT_SIZE - 1))) {
		violation(&check, 1, 0, 0, 0, "the root is misaligned or of no known mode");
		return check.violations;
	}

	/* INV-02: the root's pages already have a parent, which is hgatp. */
	for (unsigned int i = 0; i < GST_ROOT_PAGES; i++)
		gst_meta_of(space, table + i * GST_TABLE_ENTRIES)->mark = check.mark;
	for (unsigned int i = 0; i < GST_ROOT_PAGES; i++)
		check_page(&check, table + i * GST_TABLE_ENTRIES,
			   (gst_gpa_t)i << GST_LEVEL_SHIFT(fmt->levels), fmt->levels - 1u);

	if (check.tables != space->tables)
		violation(&check, 10, 0, 0, 0, "tables are miscounted");
	if (check.napots != space->napots)
		violation(&check, 10, 0, 0, 0, "leaves of 64 KiB are miscounted");
	for (unsigned int level = 0; level < GST_LEVELS_MAX; level++)
		if (check.leaves[level] != space->leaves[level])
			violation(&check, 10, 0, level, 0, "leaves are miscounted");
	return check.violations;
}
