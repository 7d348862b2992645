// SPDX-License-Identifier: GPL-2.0-only
/* Which entries of page tables a hart keeps, and which fence drops them. */
#include "t.h"

#define TIMES 100
#define VA    0x40201000ull
#define OTHER (DATA + PAGE_SIZE)

static void keep(struct config *cfg)
{
	cfg->keep = true;
	cfg->svnapot = XLEN == 64;
}

static u64 where(struct hart *h, u64 va, bool virt)
{
	struct walk w = { .va = va, .acc = LOAD, .view = { .priv = S_MODE, .virt = virt } };

	walk(h, &w);
	return w.fault ? ~0ull : w.pa;
}

/* How many of TIMES translations of va give pa? */
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
	h->c.satp = atp(MODE, 1, TABLE);
	map(*m, TABLE, DEPTH, VA, 0, DATA, LEAF);
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

	map(m, TABLE, DEPTH, VA, 0, OTHER, LEAF);
	n = count(h, VA, false, DATA);
	ok(n && n < TIMES,
	   "without a fence the hart uses the old page or the new one (old %u of %u)", n, TIMES);
	all(h, true, VA + PAGE_SIZE, false, 0);
	ok(count(h, VA, false, DATA), "a fence of another page does not drop the old page");
	all(h, false, 0, true, 2);
	ok(count(h, VA, false, DATA), "a fence of another ASID does not drop it");
	fence(h, (struct fence){ .stage = STAGE_G });
	ok(count(h, VA, false, DATA), "a fence of another stage does not drop it");
	all(h, true, VA, true, 1);
	ok(count(h, VA, false, OTHER) == TIMES, "a fence of this page and ASID drops it");
	map(m, TABLE, DEPTH, VA, 0, DATA, LEAF | PTE_G);
	all(h, true, VA, false, 0);
	count(h, VA, false, DATA);
	map(m, TABLE, DEPTH, VA, 0, OTHER, LEAF | PTE_G);
	all(h, false, 0, true, 1);
	ok(count(h, VA, false, DATA), "a fence of an ASID does not drop a global page");
	h->c.satp = atp(MODE, 2, TABLE);
	ok(count(h, VA, false, DATA), "another ASID can use the global page");
	all(h, false, 0, false, 0);
	ok(count(h, VA, false, OTHER) == TIMES, "a fence of everything drops the global page");
	machine_free(m);
}

static void pointers(void)
{
	struct machine *m;
	struct hart *h = fresh(&m);
	u64 old = *entry(m, TABLE, DEPTH, VA, 1);

	/* A new table replaces the old one. */
	*entry(m, TABLE, DEPTH, VA, 1) = 0;
	map(m, TABLE, DEPTH, VA, 0, OTHER, LEAF);
	all(h, true, VA, false, 0);
	ok(count(h, VA, false, DATA) && *entry(m, TABLE, DEPTH, VA, 1) != old,
	   "a fence with an address does not drop pointers to tables");
	all(h, false, 0, false, 0);
	ok(count(h, VA, false, OTHER) == TIMES, "a fence without an address drops them");
	machine_free(m);
}

static void invalid(void)
{
	struct machine *m;
	struct hart *h = fresh(&m);
	u64 far = VA + HUGE;

	count(h, far, false, 0);
	map(m, TABLE, DEPTH, far, 0, DATA, LEAF);
	ok(count(h, far, false, ~0ull), "an invalid entry can be kept");
	all(h, true, far, false, 0);
	ok(count(h, far, false, ~0ull),
	   "a fence with an address does not drop it if a pointer replaced it");
	all(h, false, 0, false, 0);
	ok(count(h, far, false, DATA) == TIMES, "a fence of everything drops it");
	far += HUGE;
	count(h, far, false, 0);
	map(m, TABLE, DEPTH, far, 1, RAM_BASE, LEAF);
	all(h, true, far, false, 0);
	ok(count(h, far, false, RAM_BASE + (far & (HUGE - 1))) == TIMES,
	   "a fence with an address drops it if a huge leaf replaced it");
	machine_free(m);
}

static void napot(void)
{
	struct machine *m = machine(1, keep);
	struct hart *h = m->hart[0];
	u64 base = 0x40210000;

	h->c.satp = atp(MODE, 0, TABLE);
	for (unsigned n = 0; n < 16; n++)
		map(m, TABLE, DEPTH, base + n * PAGE_SIZE, 0, RAM_BASE + 0x18000, LEAF | PTE_N);
	/* One entry has changed. The other entries of the leaf still translate its page. */
	map(m, TABLE, DEPTH, base, 0, 0, 0);
	map(m, TABLE, DEPTH, base + 3 * PAGE_SIZE, 0, OTHER, LEAF | PTE_N | 8 << 10);
	ok(count(h, base + 3 * PAGE_SIZE, false, RAM_BASE + 0x13000),
	   "any entry of a 64 KiB leaf may translate any of its pages");
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

	h->c.hgatp = atp(MODE, 5, G_TABLE);
	map(m, G_TABLE, DEPTH, GPA, 0, DATA, LEAF | PTE_U);
	count(h, GPA, true, DATA);
	map(m, G_TABLE, DEPTH, GPA, 0, OTHER, LEAF | PTE_U);
	h->c.hgatp = 0;
	h->c.hgatp = atp(MODE, 6, G_TABLE);
	ok(count(h, GPA, true, OTHER) == TIMES, "another VMID does not use the kept entries");
	h->c.hgatp = atp(MODE, 5, G_TABLE);
	ok(count(h, GPA, true, DATA), "a change of hgatp and back does not drop them");
	g_fence(h, false, 0, true, 6);
	g_fence(h, true, GPA + PAGE_SIZE, true, 5);
	fence(h, (struct fence){ .stage = STAGE_VS, .has_vmid = true, .vmid = 5 });
	ok(count(h, GPA, true, DATA), "fences of another VMID, page or stage do not drop them");
	g_fence(h, true, GPA, true, 5);
	ok(count(h, GPA, true, OTHER) == TIMES, "a fence of this page and VMID drops them");
	machine_free(m);
}

void test_keep(void)
{
	leaves();
	pointers();
	invalid();
	if (XLEN == 64)
		napot();
	guest();
}
