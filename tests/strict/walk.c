// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walker must do what "Virtual Address Translation Process" and "Two-Stage Address Translation"
 * require.
 */
#include "t.h"

static void svade_bits(struct config *cfg)
{
	cfg->svnapot = true;
}

static void svadu(struct config *cfg)
{
	cfg->svadu = true;
}

static struct walk at(struct hart *h, u64 va, enum access acc, u8 priv, bool virt)
{
	struct walk w = { .va = va, .acc = acc, .view = { .priv = priv, .virt = virt } };

	walk(h, &w);
	return w;
}

static u64 atp(u64 mode, u64 id)
{
	return mode << 60 | id << 44 | TABLE >> 12;
}

#define VA 0x40201000ull

static void one_stage(u64 mode)
{
	struct machine *m = machine(1, svade_bits);
	struct hart *h = m->hart[0];
	int levels = (int)mode - 5;
	struct walk w;

	h->c.satp = atp(mode, 1);
	map(m, TABLE, levels, VA, 0, DATA, LEAF);
	w = at(h, VA + 0x123, LOAD, S_MODE, false);
	ok(!w.fault && w.pa == DATA + 0x123, "mode %llu: a page is translated",
	   (unsigned long long)mode);
	ok(at(h, VA, LOAD, U_MODE, false).fault == F_PAGE, "U-mode cannot use a page without U");
	ok(at(h, VA + PAGE_SIZE, LOAD, S_MODE, false).fault == F_PAGE,
	   "an invalid entry is a page fault");
	ok(at(h, VA | BIT(12 + 9 * levels), LOAD, S_MODE, false).fault == F_PAGE,
	   "an address that is not sign-extended is a page fault");
	map(m, TABLE, levels, VA, 0, DATA, LEAF | PTE_U);
	ok(at(h, VA, LOAD, S_MODE, false).fault == F_PAGE, "S-mode cannot use a page with U");
	h->c.mstatus |= ST_SUM;
	ok(!at(h, VA, LOAD, S_MODE, false).fault, "S-mode can use it with SUM");
	ok(at(h, VA, FETCH, S_MODE, false).fault == F_PAGE, "S-mode cannot fetch from it with SUM");
	map(m, TABLE, levels, VA, 0, DATA, LEAF & ~PTE_R & ~PTE_W);
	ok(at(h, VA, LOAD, S_MODE, false).fault == F_PAGE,
	   "a page with X and without R cannot be loaded from");
	h->c.mstatus |= ST_MXR;
	ok(!at(h, VA, LOAD, S_MODE, false).fault, "it can be loaded from with MXR");
	map(m, TABLE, levels, VA, 0, DATA, LEAF & ~PTE_R);
	ok(at(h, VA, LOAD, S_MODE, false).fault == F_PAGE, "W without R is reserved");
	map(m, TABLE, levels, VA, 0, DATA, LEAF & ~PTE_A);
	ok(at(h, VA, LOAD, S_MODE, false).fault == F_PAGE,
	   "an access to a page without A faults with Svade");
	map(m, TABLE, levels, VA, 0, DATA, LEAF & ~PTE_D);
	ok(at(h, VA, STORE, S_MODE, false).fault == F_PAGE, "a store to a page without D faults");
	ok(!at(h, VA, LOAD, S_MODE, false).fault, "a load from a page without D does not fault");
	map(m, TABLE, levels, VA, 0, DATA, LEAF | PTE_PBMT);
	ok(at(h, VA, LOAD, S_MODE, false).fault == F_PAGE, "PBMT is reserved without Svpbmt");
	map(m, TABLE, levels, VA, 1, RAM_BASE, LEAF);
	w = at(h, VA, LOAD, S_MODE, false);
	ok(!w.fault && w.pa == RAM_BASE + 0x1000 && w.mask == 0x1fffff,
	   "a leaf of 2 MiB is translated");
	map(m, TABLE, levels, VA, 1, RAM_BASE + PAGE_SIZE, LEAF);
	ok(at(h, VA, LOAD, S_MODE, false).fault == F_PAGE,
	   "a misaligned leaf of 2 MiB is a page fault");
	map(m, TABLE, levels, VA, 1, 0x10000000, PTE_V);
	ok(at(h, VA, LOAD, S_MODE, false).fault == F_ACCESS,
	   "a pointer to a table without memory is an access fault");
	map(m, TABLE, levels, VA, 1, TABLE, PTE_V | PTE_A);
	ok(at(h, VA, LOAD, S_MODE, false).fault == F_PAGE, "a pointer with A is a page fault");
	machine_free(m);
}

static void napot(void)
{
	struct machine *m = machine(1, svade_bits);
	struct hart *h = m->hart[0];
	struct walk w;

	h->c.satp = atp(MODE_SV39, 0);
	map(m, TABLE, 3, VA, 0, RAM_BASE + 0x18000, LEAF | PTE_N);
	w = at(h, VA, LOAD, S_MODE, false);
	ok(!w.fault && w.pa == RAM_BASE + 0x11000, "a leaf of 64 KiB is translated (%llx)",
	   (unsigned long long)w.pa);
	map(m, TABLE, 3, VA, 0, RAM_BASE + 0x14000, LEAF | PTE_N);
	ok(at(h, VA, LOAD, S_MODE, false).fault == F_PAGE, "a leaf of 32 KiB is a page fault");
	machine_free(m);
}

#define G_TABLE (TABLE + 0x80000)
#define GPA     0x300000ull

static void two_stages(void)
{
	struct machine *m = machine(1, NULL);
	struct hart *h = m->hart[0];
	struct walk w;

	h->c.hgatp = (u64)MODE_SV39 << 60 | 1ull << 44 | G_TABLE >> 12;
	map(m, G_TABLE, 3, GPA, 0, DATA, LEAF | PTE_U);
	w = at(h, GPA + 8, LOAD, S_MODE, true);
	ok(!w.fault && w.pa == DATA + 8, "with vsatp Bare the address is a gpa");
	w = at(h, GPA + PAGE_SIZE + 4, STORE, S_MODE, true);
	ok(w.fault == F_GUEST && w.gpa == GPA + PAGE_SIZE + 4,
	   "a guest-page fault reports the gpa");
	ok(at(h, BIT(41), LOAD, S_MODE, true).fault == F_GUEST,
	   "a gpa of 42 bits is above the limit of Sv39x4");
	ok(at(h, ~0ull << 38, LOAD, S_MODE, true).fault == F_GUEST, "a sign-extended gpa faults");
	map(m, G_TABLE, 3, GPA, 0, DATA, LEAF);
	ok(at(h, GPA, LOAD, S_MODE, true).fault == F_GUEST,
	   "a leaf of the G-stage without U faults");
	map(m, G_TABLE, 3, GPA, 0, DATA, LEAF | PTE_U | PTE_G);
	ok(!at(h, GPA, LOAD, S_MODE, true).fault, "G of a leaf of the G-stage is ignored");
	/* The guest's table is at the gpa 0x400000, which maps TABLE. */
	map(m, G_TABLE, 3, 0x400000, 0, TABLE, LEAF | PTE_U);
	h->c.vsatp = (u64)MODE_SV39 << 60 | 0x400000 >> 12;
	*(u64 *)(m->ram + (TABLE - RAM_BASE) + 8) = 0x500000 >> 12 << 10 | PTE_V;
	w = at(h, VA, LOAD, S_MODE, true);
	ok(w.fault == F_GUEST_PTE_READ && (w.gpa & ~PAGE_MASK) == 0x500000,
	   "a read of the walker that faults is a guest-page fault with the gpa of the entry (%d, %llx)",
	   w.fault, (unsigned long long)w.gpa);
	h->virt = true;
	h->priv = S_MODE;
	h->c.hstatus = 0;
	machine_free(m);
}

static void traps(void)
{
	struct machine *m = machine(1, NULL);
	struct hart *h = m->hart[0];

	/* Map CODE for the guest, too, and nothing at gpa 0. */
	h->c.hgatp = (u64)MODE_SV39 << 60 | 1ull << 44 | G_TABLE >> 12;
	map(m, G_TABLE, 3, CODE, 0, CODE, LEAF | PTE_U);
	h->virt = true;
	h->priv = S_MODE;
	h->x[A1] = 0x1238;
	RUN(h, 1, i(0x03, 3, A0, A1, 0x10));
	ok(h->c.scause == E_LOAD_GUEST && h->c.stval == 0x1248 && h->c.htval == 0x1248 >> 2 &&
		   h->c.hstatus & HS_GVA && h->c.hstatus & HS_SPV && h->c.hstatus & HS_SPVP,
	   "a load that faults: cause 21, stval, htval, GVA, SPV, SPVP (%llu)",
	   (unsigned long long)h->c.scause);
	ok(h->c.htinst == i(0x03, 3, A0, 0, 0), "htinst has the transformed load (%llx)",
	   (unsigned long long)h->c.htinst);
	h->c.hstatus &= ~HS_SPVP;
	h->virt = false;
	h->priv = S_MODE;
	RUN(h, 1, HLV_D(A0, A1));
	ok(h->c.scause == E_LOAD_GUEST && h->c.htval == 0x1238 >> 2 && h->c.hstatus & HS_GVA &&
		   !(h->c.hstatus & HS_SPV),
	   "an HLV that faults: cause 21, GVA, and not SPV");
	map(m, G_TABLE, 3, DATA, 0, DATA, LEAF | PTE_U);
	ram_write(m, DATA, 0x1122334455667788, 8);
	h->x[A1] = DATA;
	RUN(h, 1, HLV_D(A0, A1));
	ok(h->x[A0] == 0x1122334455667788, "HLV reads through the G-stage");
	map(m, G_TABLE, 3, DATA, 0, DATA, (LEAF | PTE_U) & ~PTE_X);
	RUN(h, 1, r(0x73, 4, 0x34, A0, A1, 3));
	ok(h->c.scause == E_LOAD_GUEST && h->c.stval == DATA, "HLVX needs X, and faults as a load");
	machine_free(m);
}

static void updates(void)
{
	struct machine *m = machine(1, svadu);
	struct hart *h = m->hart[0];

	h->c.satp = atp(MODE_SV39, 0);
	map(m, TABLE, 3, VA, 0, DATA, LEAF & ~PTE_A & ~PTE_D);
	ok(!at(h, VA, LOAD, S_MODE, false).fault &&
		   (*entry(m, TABLE, 3, VA, 0) & (PTE_A | PTE_D)) == PTE_A,
	   "Svadu: a load sets only A");
	ok(!at(h, VA, STORE, S_MODE, false).fault && (*entry(m, TABLE, 3, VA, 0) & PTE_D),
	   "Svadu: a store sets D");
	machine_free(m);
}

void test_walk(void)
{
	one_stage(MODE_SV39);
	one_stage(MODE_SV48);
	one_stage(MODE_SV57);
	napot();
	two_stages();
	traps();
	updates();
}
