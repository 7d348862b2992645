// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check a dump. A run can be of any length, but its leaves differ only in their addresses. So put
 * the first and the last leaf of each run into tables, and check the tables like those of an
 * image. Built for each XLEN.
 */
#include <string.h>

#include "tables/dump.h"
#include "tables/memory.h"

struct check {
	struct tables tables;
	const struct gst_format *fmt;
	gst_pa_t next_table; /* an invented physical address for the next table */
	finding_fn finding;
	void *arg;
};

static void finding(const struct check *c, unsigned int number, const struct dump_run *run,
		    const char *what)
{
	c->finding(c->arg, "INPUT", number, run->gpa, run->level, run->pte, what);
}

/* Set a PTE. Return: false if there is no memory, or if the PTE is in use. */
static bool put(struct check *c, gst_gpa_t gpa, unsigned int level, gst_pte_t pte)
{
	struct tables *t = &c->tables;
	unsigned int top = c->fmt->levels - 1u, at;
	gst_pte_t *page = t->root, *ptep;

	for (at = top;; at--) {
		unsigned int entries = at == top ? GST_ROOT_ENTRIES : GST_TABLE_ENTRIES;

		ptep = &page[gpa >> GST_LEVEL_SHIFT(at) & (entries - 1)];
		if (at == level)
			break;
		if (!*ptep) {
			c->next_table += GST_PAGE_SIZE;
			if (!XLEN_NAME(tables_add)(t, c->next_table))
				return false;
			*ptep = gst_pte_table(c->next_table);
		}
		page = gst_pte_is_table(*ptep) ? XLEN_NAME(tables_at)(t, gst_pte_table_pa(*ptep)) :
						 NULL;
		if (!page)
			return false;
	}
	if (*ptep)
		return false;
	*ptep = pte;
	return true;
}

/* Set the PTE of a leaf. A leaf of 64 KiB has 16 PTEs. */
static bool put_leaf(struct check *c, const struct dump_run *run, gst_gpa_t gpa, gst_pte_t pte)
{
	unsigned int n = run->level == 0 && run->leaf == GST_NAPOT_SIZE ? GST_NAPOT_ENTRIES : 1, i;

	for (i = 0; i < n; i++)
		if (!put(c, gpa + i * GST_PAGE_SIZE, run->level, pte))
			return false;
	return true;
}

static unsigned int flags_of(gst_pte_t pte)
{
	static const struct {
		gst_pte_t bit;
		unsigned int flag;
	} bits[] = {
		{ GST_PTE_R, FLAG_R }, { GST_PTE_W, FLAG_W }, { GST_PTE_X, FLAG_X },
		{ GST_PTE_U, FLAG_U }, { GST_PTE_A, FLAG_A }, { GST_PTE_D, FLAG_D },
		{ GST_PTE_G, FLAG_G }, { GST_PTE_N, FLAG_N },
	};
	gst_attr_t attr = gst_pte_attr(pte);
	unsigned int flags = 0, i;

	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (pte & bits[i].bit)
			flags |= bits[i].flag;
	return flags | (attr & GST_NC ? FLAG_NC : 0) | (attr & GST_IO ? FLAG_IO : 0);
}

/* Report runs that cannot be put into tables. Return: false for such a run. */
static bool sane(const struct check *c, const struct dump_run *run, gst_gpa_t before)
{
	bool napot = run->level == 0 && run->leaf == GST_NAPOT_SIZE && GST_PTE_N != 0;

	if (run->level >= c->fmt->levels || (run->leaf != GST_LEVEL_SIZE(run->level) && !napot))
		finding(c, 5, run, "leaves of that size are not of that level");
	else if (run->end <= run->gpa || run->end & (run->leaf - 1) ||
		 (run->gpa & (run->leaf - 1) && run->level < 2))
		finding(c, 2, run, "the range is empty or cuts a leaf");
	else if (run->end > gst_format_size(c->fmt))
		finding(c, 4, run, "the range reaches beyond the format");
	else if (run->gpa < before)
		finding(c, 3, run, "the run overlaps one before it");
	else if (run->pte >> 1 >> (GST_XLEN - 1) || !gst_pte_is_leaf(run->pte))
		finding(c, 7, run, "the PTE is no leaf");
	else
		return true;
	return false;
}

static void check_run(struct check *c, const struct dump_run *run)
{
	uint64_t more = run->end - (run->gpa & ~(run->leaf - 1)) - run->leaf;
	gst_pte_t pte = run->pte;
	bool napot = run->leaf == GST_NAPOT_SIZE && !run->level;
	/* A leaf that was made during the dump may begin before its run (docs/ABI.md). */
	uint64_t cut = run->gpa & (run->leaf - 1);

	if (gst_pte_pa(pte) + cut != run->pa)
		finding(c, 6, run, "pa is not that of the PTE");
	if (flags_of(pte) != run->flags)
		finding(c, 6, run, "flags are not those of the PTE");
	if (napot != !!gst_pte_is_napot(pte))
		finding(c, 6, run, "the leaf's size and N do not go together");
	/* Other runs may be in the range of such a leaf: check only its PTE. */
	if (cut)
		XLEN_NAME(spec_check_pte)(run->gpa, run->level, pte, c->finding, c->arg);
	else if (!put_leaf(c, run, run->gpa, pte))
		return;
	if (!more)
		return;
	if (more >= GST_PA_END || gst_pte_table_pa(pte) + more >= GST_PA_END)
		finding(c, 8, run, "the memory of the run ends beyond what a PTE can name");
	else
		put_leaf(c, run, run->end - run->leaf, pte + gst_pte_of_pa(more));
}

static void check_head(const struct check *c, const struct dump_head *head)
{
	static const struct dump_run none;

	if (head->levels && head->levels != c->fmt->levels)
		finding(c, 9, &none, "the head's levels are not those of its mode");
	if (head->gpa_bits && head->gpa_bits != c->fmt->gpa_bits)
		finding(c, 9, &none, "the head's gpa_bits are not those of its mode");
}

const char *XLEN_NAME(check_dump)(const struct dump *dump, finding_fn report, void *arg,
				  struct tally *tally)
{
	struct check c = { .fmt = gst_format_of_name(dump->head.mode),
			   .finding = report,
			   .arg = arg };
	gst_gpa_t before = 0;
	size_t i;

	if (!c.fmt) {
		report(arg, "INV", 1, 0, 0, 0, "the root is misaligned or of no known mode");
		return NULL;
	}
	check_head(&c, &dump->head);
	if (!XLEN_NAME(tables_init)(&c.tables, c.fmt, report, arg))
		goto out;
	c.tables.root_pa = dump->head.root;
	for (i = 0; i < dump->count && !c.tables.error; i++) {
		const struct dump_run *run = &dump->runs[i];

		if (sane(&c, run, before)) {
			check_run(&c, run);
			if (run->leaf == GST_LEVEL_SIZE(run->level))
				tally->leaves[run->level] += (run->end - run->gpa) / run->leaf;
			else
				tally->napots += (run->end - run->gpa) / run->leaf;
			before = run->end;
		}
	}
	if (!c.tables.error)
		XLEN_NAME(tables_check)(&c.tables);
out:
	XLEN_NAME(tables_free)(&c.tables);
	return c.tables.error;
}
