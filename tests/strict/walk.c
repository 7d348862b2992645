// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walker must do what "Virtual Address Translation Process" and "Two-Stage Address Translation"
 * require.
 */
#include "t.h"

static void svade_bits(struct config *cfg)
{
	cfg->svnapot = XLEN == 64;
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

#define VA 0x40201000ull

static void one_stage(u64 mode)
{
	struct machine *m = machine(1, svade_bits);
	struct hart *h = m->hart[0];
	int levels = LEVELS(mode);
	struct walk w;

	h->c.satp = atp(mode, 1, TABLE);
	map(m, TABLE, levels, VA, 0, DATA, LEAF);
	w = at(h, VA + 0x123, LOAD, S_MODE, false);
	ok(!w.fault && w.pa == DATA + 0x123, "mode %llu: a page is translated",
	   (unsigned long long)mode);
	ok(at(h, VA, LOAD, U_MODE, false).fault == F_PAGE, "U-mode cannot use a page without U");
	ok(at(h, VA + PAGE_SIZE, LOAD, S_MODE, false).fault == F_PAGE,
	   "an invalid entry is a page fault");
	if (XLEN == 64)
		ok(at(h, VA | BIT(VPN_SHIFT(levels)), LOAD, S_MODE, false).fault == F_PAGE,
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
	if (XLEN == 64) {
		map(m, TABLE, levels, VA, 0, DATA, LEAF | PTE_PBMT);
		ok(at(h, VA, LOAD, S_MODE, false).fault == F_PAGE,
		   "PBMT is reserved without Svpbmt");
	}
	map(m, TABLE, levels, VA, 1, RAM_BASE, LEAF);
	w = at(h, VA, LOAD, S_MODE, false);
	ok(!w.fault && w.pa == RAM_BASE + (VA & (HUGE - 1)) && w.mask == HUGE - 1,
	   "a huge leaf is translated");
	map(m, TABLE, levels, VA, 1, RAM_BASE + PAGE_SIZE, LEAF);
	ok(at(h, VA, LOAD, S_MODE, false).fault == F_PAGE,
	   "a misaligned huge leaf is a page fault");
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

	h->c.satp = atp(MODE, 0, TABLE);
	map(m, TABLE, DEPTH, VA, 0, RAM_BASE + 0x18000, LEAF | PTE_N);
	w = at(h, VA, LOAD, S_MODE, false);
	ok(!w.fault && w.pa == RAM_BASE + 0x11000, "a leaf of 64 KiB is translated (%llx)",
	   (unsigned long long)w.pa);
	map(m, TABLE, DEPTH, VA, 0, RAM_BASE + 0x14000, LEAF | PTE_N);
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
	u64 gpa, reads;

	h->c.hgatp = atp(MODE, 1, G_TABLE);
	map(m, G_TABLE, DEPTH, GPA, 0, DATA, LEAF | PTE_U);
	w = at(h, GPA + 8, LOAD, S_MODE, true);
	ok(!w.fault && w.pa == DATA + 8, "with vsatp Bare the address is a gpa");
	w = at(h, GPA + PAGE_SIZE + 4, STORE, S_MODE, true);
	ok(w.fault == F_GUEST && w.gpa == GPA + PAGE_SIZE + 4,
	   "a guest-page fault reports the gpa");
	ok(at(h, BIT(VPN_SHIFT(DEPTH) + 2), LOAD, S_MODE, true).fault == F_GUEST,
	   "a gpa above the limit of the format faults");
	ok(at(h, ~0ull << 33, LOAD, S_MODE, true).fault == F_GUEST, "a sign-extended gpa faults");
	map(m, G_TABLE, DEPTH, GPA, 0, DATA, LEAF);
	ok(at(h, GPA, LOAD, S_MODE, true).fault == F_GUEST,
	   "a leaf of the G-stage without U faults");
	map(m, G_TABLE, DEPTH, GPA, 0, DATA, LEAF | PTE_U | PTE_G);
	ok(!at(h, GPA, LOAD, S_MODE, true).fault, "G of a leaf of the G-stage is ignored");
	/* The guest's table is at the gpa 0x400000, which maps TABLE. */
	map(m, G_TABLE, DEPTH, 0x400000, 0, TABLE, LEAF | PTE_U);
	h->c.vsatp = atp(MODE, 0, 0x400000);
	*entry(m, TABLE, DEPTH, VA, DEPTH - 1) = 0x500000 >> 12 << 10 | PTE_V;
	w = at(h, VA, LOAD, S_MODE, true);
	ok(w.fault == F_GUEST_PTE_READ && (w.gpa & ~PAGE_MASK) == 0x500000,
	   "a read of the walker that faults is a guest-page fault with the gpa of the entry (%d, %llx)",
	   w.fault, (unsigned long long)w.gpa);
	/* A huge leaf of the guest at the highest gpa. */
	gpa = BIT(VPN_SHIFT(DEPTH) + 2) - BIT(VPN_SHIFT(DEPTH - 1));
	*entry(m, TABLE, DEPTH, VA, DEPTH - 1) = gpa >> 12 << 10 | LEAF;
	gpa += VA & (BIT(VPN_SHIFT(DEPTH - 1)) - 1) & ~PAGE_MASK;
	map(m, G_TABLE, DEPTH, gpa, 0, DATA, LEAF | PTE_U);
	reads = h->guest_ptes;
	w = at(h, VA + 8, LOAD, S_MODE, true);
	ok(!w.fault && w.pa == DATA + 8 && w.gpa == gpa + 8,
	   "both stages translate up to the highest gpa (%d, %llx)", w.fault,
	   (unsigned long long)w.gpa);
	reads = h->guest_ptes - reads;
	ok(reads == 2 * (DEPTH + 1) - 1, "a guest with one level reads %llu entries",
	   (unsigned long long)reads);
	machine_free(m);
}

static void traps(void)
{
	struct machine *m = machine(1, NULL);
	struct hart *h = m->hart[0];

	/* Map CODE for the guest, too, and nothing at gpa 0. */
	h->c.hgatp = atp(MODE, 1, G_TABLE);
	map(m, G_TABLE, DEPTH, CODE, 0, CODE, LEAF | PTE_U);
	h->virt = true;
	h->priv = S_MODE;
	h->x[A1] = 0x1238;
	RUN(h, 1, i(0x03, WIDTH, A0, A1, 0x10));
	ok(h->c.scause == E_LOAD_GUEST && h->c.stval == 0x1248 && h->c.htval == 0x1248 >> 2 &&
		   h->c.hstatus & HS_GVA && h->c.hstatus & HS_SPV && h->c.hstatus & HS_SPVP,
	   "a load that faults: cause 21, stval, htval, GVA, SPV, SPVP (%llu)",
	   (unsigned long long)h->c.scause);
	ok(h->c.htinst == i(0x03, WIDTH, A0, 0, 0), "htinst has the transformed load (%llx)",
	   (unsigned long long)h->c.htinst);
	h->c.hstatus &= ~HS_SPVP;
	h->virt = false;
	h->priv = S_MODE;
	RUN(h, 1, HLV_X(A0, A1));
	ok(h->c.scause == E_LOAD_GUEST && h->c.htval == 0x1238 >> 2 && h->c.hstatus & HS_GVA &&
		   !(h->c.hstatus & HS_SPV),
	   "an HLV that faults: cause 21, GVA, and not SPV");
	map(m, G_TABLE, DEPTH, DATA, 0, DATA, LEAF | PTE_U);
	ram_write(m, DATA, 0x1122334455667788, 8);
	h->x[A1] = DATA;
	RUN(h, 1, HLV_X(A0, A1));
	ok(h->x[A0] == (ux)0x1122334455667788, "HLV reads through the G-stage");
	map(m, G_TABLE, DEPTH, DATA, 0, DATA, (LEAF | PTE_U) & ~PTE_X);
	RUN(h, 1, r(0x73, 4, 0x34, A0, A1, 3));
	ok(h->c.scause == E_LOAD_GUEST && h->c.stval == DATA, "HLVX needs X, and faults as a load");
	machine_free(m);
}

static void updates(void)
{
	struct machine *m = machine(1, svadu);
	struct hart *h = m->hart[0];

	h->c.satp = atp(MODE, 0, TABLE);
	map(m, TABLE, DEPTH, VA, 0, DATA, LEAF & ~PTE_A & ~PTE_D);
	ok(!at(h, VA, LOAD, S_MODE, false).fault &&
		   (*entry(m, TABLE, DEPTH, VA, 0) & (PTE_A | PTE_D)) == PTE_A,
	   "Svadu: a load sets only A");
	ok(!at(h, VA, STORE, S_MODE, false).fault && (*entry(m, TABLE, DEPTH, VA, 0) & PTE_D),
	   "Svadu: a store sets D");
	machine_free(m);
}

void test_walk(void)
{
	for (u64 mode = 1; mode < 16; mode++)
		if (MODES & BIT(mode))
			one_stage(mode);
	if (XLEN == 64)
		napot();
	two_stages();
	traps();
	updates();
}
