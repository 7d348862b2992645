// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The embedder in a proof. It does anything that include/gst/ops.h allows.
 */
#include "world.h"
#include "pte.h"

gst_pte_t memory[PROOF_PAGES * ENTRIES];
bool taken[PROOF_PAGES];
bool gathered[PROOF_PAGES];
unsigned int owed;
struct gst_flush flush;
bool flushed;
struct gst_space space;
struct gst_gather gather;

static struct gst_meta m0, m1, m2, m3, m4, m5, m6, m7, m8, m9;
_Static_assert(PROOF_PAGES <= 10, "meta_of_page() has ten metas");

struct gst_meta *meta_of_page(unsigned int page)
{
	switch (page) {
	case 0:
		return &m0;
	case 1:
		return &m1;
	case 2:
		return &m2;
	case 3:
		return &m3;
	case 4:
		return &m4;
	case 5:
		return &m5;
	case 6:
		return &m6;
	case 7:
		return &m7;
	case 8:
		return &m8;
	}
	return &m9;
}

/*
 * Any PTE, with a page number of PROOF_PPN_BITS. With all 44 bits the solver takes many times
 * longer, and the engine treats all bits alike. Bits 54 to 60 are reserved.
 */
gst_pte_t any_pte(void)
{
	gst_pte_t flags = nondet_u16() & 1023;
	gst_pte_t ppn = nondet_u16() & ((1 << PROOF_PPN_BITS) - 1);
	gst_pte_t high = nondet_u8();

	return flags | ppn << 10 | high >> 5 << 61;
}

static unsigned int page_of(const void *page)
{
	unsigned int p = __CPROVER_POINTER_OFFSET(page) >> GST_PAGE_SHIFT;

	proven(__CPROVER_same_object(page, memory) && p < PROOF_PAGES &&
		       !(__CPROVER_POINTER_OFFSET(page) & (PAGE - 1)),
	       "a page that is used as a table is a table page");
	return p;
}

static int op_reserve(void *ctx, void *source, unsigned int n)
{
	unsigned int room = 0;

	prove(ctx == &space && source == &gather,
	      "ops get ctx and source of the space and the gather");
	for (unsigned int p = 0; p < PROOF_PAGES; p++)
		room += !taken[p];
	owed = 0;
	if (n > room || nondet_bool())
		return -GST_ENOMEM;
	owed = n;
	return 0;
}

static void *op_alloc(void *ctx, void *source)
{
	unsigned int free = 0;

	prove(ctx == &space && source == &gather,
	      "ops get ctx and source of the space and the gather");
	proven(owed, "only reserved tables are taken");
	/* Any free page will do: see assume_numbered(). */
	for (unsigned int p = PROOF_PAGES; p-- > 0;)
		if (!taken[p])
			free = p;
	owed--;
	for (unsigned int p = 0; p < PROOF_PAGES; p++) {
		if (p != free)
			continue;
		taken[p] = true;
		for (unsigned int i = 0; i < ENTRIES; i++)
			memory[p * ENTRIES + i] = 0;
		*meta_of_page(p) = (struct gst_meta){ 0 };
	}
	return &memory[free * ENTRIES];
}

static void op_free(void *ctx, void *page)
{
	unsigned int p = page_of(page);

	prove(taken[p], "no page is freed twice");
	prove(flushed && flush.all, "no table is freed before the flush of everything");
	taken[p] = false;
}

static gst_pa_t op_to_pa(void *ctx, void *page)
{
	return (MEMORY_PPN + page_of(page)) * PAGE;
}

static void *op_to_va(void *ctx, gst_pa_t pa)
{
	uint64_t p = (pa >> GST_PAGE_SHIFT) - MEMORY_PPN;

	proven(p < PROOF_PAGES && !(pa & (PAGE - 1)),
	       "a pointer to a table points to a table page");
	return &memory[p * ENTRIES];
}

static struct gst_meta *op_meta(void *ctx, void *page)
{
	return meta_of_page(page_of(page));
}

static void op_flush(void *ctx, const struct gst_flush *what)
{
	prove(!flushed, "a gather flushes once");
	flush = *what;
	flushed = true;
}

static const struct gst_ops ops = {
	.reserve = op_reserve,
	.alloc = op_alloc,
	.free = op_free,
	.to_pa = op_to_pa,
	.to_va = op_to_va,
	.meta = op_meta,
	.flush = op_flush,
};

void world_arbitrary(unsigned int mode, bool gathering)
{
	for (unsigned int i = 0; i < PROOF_PAGES * ENTRIES; i++)
		memory[i] = any_pte();
	for (unsigned int p = 0; p < PROOF_PAGES; p++) {
		struct gst_meta *meta = meta_of_page(p);

		meta->live = nondet_u32();
		meta->napots = nondet_u16();
		meta->mark = nondet_u16();
	}
	space.ops = &ops;
	space.ctx = &space;
	space.root = gst_root_make(memory, mode);
	space.tables = nondet_u32();
	space.tables_peak = nondet_u32();
	for (unsigned int level = 0; level < GST_LEVELS_MAX; level++)
		space.leaves[level] = nondet_u32();
	space.napots = nondet_u32();

	gather = (struct gst_gather){ .source = &gather };
	if (!gathering)
		return;
	gather.all = nondet_bool();
	gather.fresh = nondet_bool();
	gather.gained = nondet_bool();
	gather.linked = nondet_bool();
	gather.start = nondet_u16();
	gather.end = nondet_u16();
	gather.level = nondet_u8();
	owed = nondet_u8();
	gather.reserved = owed;
}

/*
 * Assume that pages are numbered in a fixed order. The engine gets addresses from alloc and to_va
 * and compares none of them, so it does not matter which table is in which page. So it is enough
 * to look at states in which the tables are numbered as a search page by page and entry by entry
 * finds them, then come the gathered pages, then the free ones.
 */
static void assume_numbered(void)
{
	unsigned int next = FIRST_TABLE, list;

	for (unsigned int p = 0; p < PROOF_PAGES; p++) {
		if (p >= GST_ROOT_PAGES && p < FIRST_TABLE)
			continue;
		taken[p] = p < GST_ROOT_PAGES || p < next;
		for (unsigned int e = p * ENTRIES; e < (p + 1) * ENTRIES; e++) {
			if (!taken[p] || !pte_is_pointer(memory[e]))
				continue;
			assume(next < PROOF_PAGES);
			assume(memory[e] == ((gst_pte_t)(MEMORY_PPN + next) << 10 | 1));
			next++;
		}
	}

	list = next + nondet_u8();
	assume(list >= next && list <= PROOF_PAGES);
	if (!gather.all)
		assume(list == next);
	for (unsigned int p = FIRST_TABLE; p < PROOF_PAGES; p++) {
		gathered[p] = p >= next && p < list;
		taken[p] = p < list;
		if (p == next && gathered[p])
			gather.tables = &memory[p * ENTRIES];
		meta_of_page(p)->next = p + 1 < list ? &memory[(p + 1) * ENTRIES] : NULL;
	}
	assume(owed <= PROOF_PAGES - list);
}

void world_assume_valid(unsigned int may_be_empty)
{
	assume_numbered();
	assume(!world_violations(may_be_empty));
}

static gst_pte_t memory_before[PROOF_PAGES * ENTRIES];
static struct gst_meta metas_before[PROOF_PAGES];
static bool taken_before[PROOF_PAGES];
static struct gst_space space_before;

void world_remember(void)
{
	for (unsigned int i = 0; i < PROOF_PAGES * ENTRIES; i++)
		memory_before[i] = memory[i];
	for (unsigned int p = 0; p < PROOF_PAGES; p++) {
		metas_before[p] = *meta_of_page(p);
		taken_before[p] = taken[p];
	}
	space_before = space;
}

void world_prove_unchanged(void)
{
	bool same = space.root == space_before.root && space.tables == space_before.tables &&
		    space.tables_peak == space_before.tables_peak &&
		    space.napots == space_before.napots;

	for (unsigned int level = 0; level < GST_LEVELS_MAX; level++)
		same = same && space.leaves[level] == space_before.leaves[level];
	for (unsigned int p = 0; p < PROOF_PAGES; p++) {
		same = same && taken[p] == taken_before[p];
		same = same && meta_of_page(p)->live == metas_before[p].live &&
		       meta_of_page(p)->napots == metas_before[p].napots;
		for (unsigned int e = p * ENTRIES; e < (p + 1) * ENTRIES; e++)
			same = same && memory[e] == memory_before[e];
	}
	prove(same, "memory and counters are unchanged");
	prove(!gather.tables && !gather.all && !gather.fresh && !gather.gained && !gather.linked &&
		      gather.end <= gather.start && !gather.old_root && !flushed,
	      "the gather is empty and nothing was flushed");
}
