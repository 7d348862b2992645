// SPDX-License-Identifier: GPL-2.0-only
/* What a hart keeps, until which fence. "Never" and "always" are a hundred times here. */
#include "t.h"

#define TIMES 100
#define VA    0x40201000ull
#define OTHER (DATA + PAGE_SIZE)

static void keep(struct config *cfg)
{
	cfg->keep = true;
	cfg->svnapot = true;
}

static u64 where(struct hart *h, u64 va, bool virt)
{
	struct walk w = { .va = va, .acc = LOAD, .view = { .priv = S_MODE, .virt = virt } };

	walk(h, &w);
	return w.fault ? ~0ull : w.pa;
}

/* How often va leads to pa. */
static unsigned count(struct hart *h, u64 va, bool virt, u64 pa)
{
	unsigned n = 0;

	for (unsigned k = 0; k < TIMES; k++)
		n += where(h, va, virt) == pa;
	return n;
}

static struct hart *fresh(struct machine **m)
{
	struct hart *h;

	*m = machine(1, keep);
	h = (*m)->hart[0];
	h->c.satp = (u64)MODE_SV39 << 60 | 1ull << 44 | TABLE >> 12;
	map(*m, TABLE, 3, VA, 0, DATA, LEAF);
	count(h, VA, false, DATA);
	return h;
}

static void all(struct hart *h, bool has_addr, u64 addr, bool has_asid, u64 asid)
{
	fence(h, (struct fence){ .stage = STAGE_S,
				 .has_addr = has_addr,
				 .addr = addr,
				 .has_asid = has_asid,
				 .asid = asid });
}

static void leaves(void)
{
	struct machine *m;
	struct hart *h = fresh(&m);
	unsigned n;

	map(m, TABLE, 3, VA, 0, OTHER, LEAF);
	n = count(h, VA, false, DATA);
	ok(n && n < TIMES, "without a fence both the old page and the new are seen (old %u of %u)",
	   n, TIMES);
	all(h, true, VA + PAGE_SIZE, false, 0);
	ok(count(h, VA, false, DATA), "the fence of another page leaves it");
	all(h, false, 0, true, 2);
	ok(count(h, VA, false, DATA), "and that of another ASID");
	fence(h, (struct fence){ .stage = STAGE_G });
	ok(count(h, VA, false, DATA), "and that of another stage");
	all(h, true, VA, true, 1);
	ok(count(h, VA, false, OTHER) == TIMES, "its own fence does not");
	map(m, TABLE, 3, VA, 0, DATA, LEAF | PTE_G);
	all(h, true, VA, false, 0);
	count(h, VA, false, DATA);
	map(m, TABLE, 3, VA, 0, OTHER, LEAF | PTE_G);
	all(h, false, 0, true, 1);
	ok(count(h, VA, false, DATA), "a global page outlives the fence of an ASID");
	h->c.satp = (u64)MODE_SV39 << 60 | 2ull << 44 | TABLE >> 12;
	ok(count(h, VA, false, DATA), "and is seen by another ASID");
	all(h, false, 0, false, 0);
	ok(count(h, VA, false, OTHER) == TIMES, "until all is fenced");
	machine_free(m);
}

static void pointers(void)
{
	struct machine *m;
	struct hart *h = fresh(&m);
	u64 old = *entry(m, TABLE, 3, VA, 1);

	/* A new table in the place of the old. */
	*entry(m, TABLE, 3, VA, 1) = 0;
	map(m, TABLE, 3, VA, 0, OTHER, LEAF);
	all(h, true, VA, false, 0);
	ok(count(h, VA, false, DATA) && *entry(m, TABLE, 3, VA, 1) != old,
	   "a fence by address leaves pointers to tables");
	all(h, false, 0, false, 0);
	ok(count(h, VA, false, OTHER) == TIMES, "one without an address does not");
	machine_free(m);
}

static void invalid(void)
{
	struct machine *m;
	struct hart *h = fresh(&m);
	u64 far = VA + 0x200000;

	count(h, far, false, 0);
	map(m, TABLE, 3, far, 0, DATA, LEAF);
	ok(count(h, far, false, ~0ull), "an entry that was not valid is kept");
	all(h, true, far, false, 0);
	ok(count(h, far, false, ~0ull), "also over a fence by address, where a table came");
	all(h, false, 0, false, 0);
	ok(count(h, far, false, DATA) == TIMES, "and not over one of all");
	far += 0x200000;
	count(h, far, false, 0);
	map(m, TABLE, 3, far, 1, RAM_BASE, LEAF);
	all(h, true, far, false, 0);
	ok(count(h, far, false, RAM_BASE + (far & 0x1fffff)) == TIMES,
	   "nor over one by address, where a huge leaf came");
	machine_free(m);
}

static void napot(void)
{
	struct machine *m = machine(1, keep);
	struct hart *h = m->hart[0];
	u64 base = 0x40210000;

	h->c.satp = (u64)MODE_SV39 << 60 | TABLE >> 12;
	for (unsigned n = 0; n < 16; n++)
		map(m, TABLE, 3, base + n * PAGE_SIZE, 0, RAM_BASE + 0x18000, LEAF | PTE_N);
	/* One entry is another by now: its page is still had out of the others. */
	map(m, TABLE, 3, base, 0, 0, 0);
	map(m, TABLE, 3, base + 3 * PAGE_SIZE, 0, OTHER, LEAF | PTE_N | 8 << 10);
	ok(count(h, base + 3 * PAGE_SIZE, false, RAM_BASE + 0x13000),
	   "a page of a 64 KiB leaf comes out of any of its entries");
	machine_free(m);
}

#define G_TABLE (TABLE + 0x80000)
#define GPA     0x300000ull

static void g_fence(struct hart *h, bool has_addr, u64 addr, bool has_vmid, u64 vmid)
{
	fence(h, (struct fence){ .stage = STAGE_G,
				 .has_addr = has_addr,
				 .addr = addr,
				 .has_vmid = has_vmid,
				 .vmid = vmid });
}

static void guest(void)
{
	struct machine *m = machine(1, keep);
	struct hart *h = m->hart[0];
	u64 hgatp = (u64)MODE_SV39 << 60 | G_TABLE >> 12;

	h->c.hgatp = hgatp | 5ull << 44;
	map(m, G_TABLE, 3, GPA, 0, DATA, LEAF | PTE_U);
	count(h, GPA, true, DATA);
	map(m, G_TABLE, 3, GPA, 0, OTHER, LEAF | PTE_U);
	h->c.hgatp = 0;
	h->c.hgatp = hgatp | 6ull << 44;
	ok(count(h, GPA, true, OTHER) == TIMES, "another VMID has nothing of it");
	h->c.hgatp = hgatp | 5ull << 44;
	ok(count(h, GPA, true, DATA), "hgatp that was another meanwhile changes nothing");
	g_fence(h, false, 0, true, 6);
	g_fence(h, true, GPA + PAGE_SIZE, true, 5);
	fence(h, (struct fence){ .stage = STAGE_VS, .has_vmid = true, .vmid = 5 });
	ok(count(h, GPA, true, DATA), "nor do fences of another VMID, page or stage");
	g_fence(h, true, GPA, true, 5);
	ok(count(h, GPA, true, OTHER) == TIMES, "its own does");
	machine_free(m);
}

void test_keep(void)
{
	leaves();
	pointers();
	invalid();
	napot();
	guest();
}
