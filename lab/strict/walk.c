// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walker: "Virtual Address Translation Process" of the privileged specification, and "Two-Stage
 * Address Translation", step by step. The steps have the specification's numbers.
 *
 * A hart that keeps page-table entries (cache.c) may begin a walk with one of them.
 */
#include "bits.h"

/* One stage of a walk. */
struct space {
	enum stage stage;
	u64 root;
	int levels;
	unsigned widened; /* additional address bits of the root: 2 in the G-stage */
	u64 asid, vmid;
	u64 env; /* menvcfg or henvcfg: for ADUE and PBMTE */
};

static enum fault g_stage(struct hart *h, struct walk *w, u64 gpa, enum access acc, bool implicit,
			  u64 *pa);

/* The address of the entry of `table` for va. */
static enum fault locate(struct hart *h, struct walk *w, const struct space *s, u64 table, u64 va,
			 int level, enum access acc, u64 *where)
{
	unsigned bits = level == s->levels - 1 ? VPN_BITS + s->widened : VPN_BITS;
	u64 a = table + (va >> VPN_SHIFT(level) & (BIT(bits) - 1)) * PTE_SIZE;
	enum fault f = F_NONE;

	if (s->stage == STAGE_VS)
		f = g_stage(h, w, a, acc, true, &a);
	*where = a;
	if (f)
		return f;
	if (!in_ram(h->m, a, PTE_SIZE))
		return F_ACCESS;
	report_table(h, w, a);
	return F_NONE;
}

/* A 64 KiB leaf: a hart may use any of its 16 entries for any of its pages. */
static u64 any_of_napot(struct hart *h, u64 pte, u64 *where)
{
	u64 at = (*where & ~127ull) + (rnd(h->m) & 15) * 8, other;

	if (!h->m->cfg.keep)
		return pte;
	other = read_pte(h->m, at);
	if (!(other & PTE_V && other & PTE_N && other & PTE_RWX && BITS(other, 13, 10) == 8))
		return pte;
	*where = at;
	return other;
}

static bool reserved(struct hart *h, const struct space *s, u64 pte)
{
	if (pte & PTE_RESERVED)
		return true;
	if (pte & PTE_N && !h->m->cfg.svnapot)
		return true;
	if (pte & PTE_PBMT && (!(s->env & ENV_PBMTE) || (pte & PTE_PBMT) == PTE_PBMT))
		return true;
	return !(pte & (PTE_R | PTE_X)) && pte & (PTE_D | PTE_A | PTE_U | PTE_PBMT | PTE_N);
}

/*
 * Step 6: does the leaf allow the access? implicit: the walker accesses an entry of the VS-stage.
 */
static bool allowed(struct hart *h, const struct walk *w, const struct space *s, u64 pte,
		    enum access acc, bool implicit)
{
	u64 status = s->stage == STAGE_VS ? h->c.vsstatus : h->c.mstatus;
	bool mxr = h->c.mstatus & ST_MXR || status & ST_MXR;

	if (s->stage == STAGE_G) {
		if (!(pte & PTE_U) &&
		    !SEED(G_USER)) /* the G-stage treats all accesses as accesses of U-mode */
			return false;
	} else if (w->view.priv == U_MODE) {
		if (!(pte & PTE_U))
			return false;
	} else if (pte & PTE_U && (acc == FETCH || !(status & ST_SUM))) {
		return false;
	}
	if (acc == FETCH)
		return pte & PTE_X;
	if (acc == STORE)
		return pte & PTE_W;
	if (implicit)
		return pte & PTE_R;
	if (w->view.hlvx)
		return pte & PTE_X;
	return pte & PTE_R || (mxr && pte & PTE_X);
}

/*
 * Step 9: set A, and D for a store, in the entry at *where. *done says whether memory still had the
 * value that was read. A store to a table of the VS-stage is translated by the G-stage.
 */
static enum fault update(struct hart *h, struct walk *w, const struct space *s, u64 table, u64 va,
			 int level, u64 *pte, u64 where, enum access acc, bool *done)
{
	enum fault f;
	u64 at;

	f = locate(h, w, s, table, va, level, STORE, &at);
	if (f)
		return f;
	at = (at & ~PAGE_MASK) | (where & PAGE_MASK);
	*done = read_pte(h->m, at) == *pte;
	if (!*done)
		return F_NONE;
	*pte |= PTE_A | (acc == STORE ? PTE_D : 0);
	report_update(h, w, at);
	ram_store(h, at, *pte, PTE_SIZE);
	return F_NONE;
}

static u64 fetch_pte(struct hart *h, const struct walk *w, u64 where)
{
	h->guest_ptes += w->view.virt;
	return read_pte(h->m, where);
}

static enum fault descend(struct hart *h, struct walk *w, const struct space *s, u64 va,
			  enum access acc, bool implicit, u64 *pa)
{
	u64 table = s->root, pte = 0, where = 0, mask;
	bool global = false, exact = false, from_cache, done;
	struct kept k;
	enum fault f;
	int i;

again:
	/* Steps 1 and 2: begin at the root, or at an entry that the hart has kept. */
	k = cache_recall(h, w, s->stage, s->asid, s->vmid, va, s->levels, exact);
	i = s->levels - 1;
	from_cache = k.found;
	if (k.found) {
		i = k.level;
		pte = k.pte;
		where = k.where;
		global = k.global;
	} else {
		table = s->root;
		global = false;
		f = locate(h, w, s, table, va, i, LOAD, &where);
		if (f)
			return f;
		pte = fetch_pte(h, w, where);
		cache_keep(h, w, s->stage, s->asid, s->vmid, pte & PTE_G, va, i, pte, where);
	}
	for (;;) {
		/* Step 3 */
		if (!(pte & PTE_V) || (pte & (PTE_R | PTE_W)) == PTE_W || reserved(h, s, pte))
			return F_PAGE;
		global |= pte & PTE_G && s->stage != STAGE_G;
		/* Step 4 */
		if (pte & (PTE_R | PTE_X))
			break;
		if (--i < 0)
			return F_PAGE;
		table = PTE_PPN(pte) << 12;
		f = locate(h, w, s, table, va, i, LOAD, &where);
		if (f)
			return f;
		pte = fetch_pte(h, w, where);
		if (i == 0 && pte & PTE_N)
			pte = any_of_napot(h, pte, &where);
		from_cache = false;
		cache_keep(h, w, s->stage, s->asid, s->vmid, global || pte & PTE_G, va, i, pte,
			   where);
	}
	/* Step 5 to 8 */
	if (!allowed(h, w, s, pte, acc, implicit))
		return F_PAGE;
	mask = BIT(VPN_SHIFT(i)) - 1;
	if ((PTE_PPN(pte) << 12) & mask && !SEED(MISALIGNED))
		return F_PAGE;
	if (pte & PTE_N) {
		if (i > 0 || BITS(pte, 13, 10) != 8)
			return F_PAGE;
		mask = 16 * PAGE_SIZE - 1;
	}
	/* Step 9 */
	if (!(pte & PTE_A) || (acc == STORE && !(pte & PTE_D))) {
		if (!(s->env & ENV_ADUE))
			return F_PAGE;
		/* Speculation sets A of the VS-stage in VS-mode and VU-mode only. */
		if (w->speculative && s->stage == STAGE_VS && !h->virt)
			return F_PAGE;
		if (from_cache) {
			/*
			 * The update is made to memory: walk again, and read the leaf from memory.
			 */
			exact = true;
			goto again;
		}
		f = update(h, w, s, table, va, i, &pte, where, acc, &done);
		if (f)
			return f;
		if (!done)
			goto again;
		cache_keep(h, w, s->stage, s->asid, s->vmid, global, va, i, pte, where);
	}
	/* Step 10 */
	*pa = ((PTE_PPN(pte) << 12) & ~mask) | (va & mask);
	if (mask < w->mask)
		w->mask = mask;
	return F_NONE;
}

static enum fault g_stage(struct hart *h, struct walk *w, u64 gpa, enum access acc, bool implicit,
			  u64 *pa)
{
	u64 hgatp = h->c.hgatp;
	struct space s = {
		.stage = STAGE_G,
		.root = ATP_PPN(hgatp) << 12,
		.levels = LEVELS(ATP_MODE(hgatp)),
		.widened = 2,
		.vmid = ATP_VMID(hgatp),
		.env = h->c.menvcfg,
	};
	enum fault f = F_NONE;

	*pa = gpa;
	if (!s.levels)
		return F_NONE;
	if (gpa >> (VPN_SHIFT(s.levels) + 2))
		f = F_PAGE;
	else
		f = descend(h, w, &s, gpa, acc, implicit, pa);
	if (f != F_PAGE)
		return f;
	w->gpa = gpa;
	if (!implicit)
		return F_GUEST;
	return acc == STORE ? F_GUEST_PTE_WRITE : F_GUEST_PTE_READ;
}

static bool canonical(u64 va, int levels)
{
	unsigned unused = 64 - VPN_SHIFT(levels);

	return (ux)((s64)(va << unused) >> unused) == va;
}

/* The first stage, by satp or vsatp. */
static enum fault first_stage(struct hart *h, struct walk *w, u64 *pa)
{
	u64 atp = w->view.virt ? h->c.vsatp : h->c.satp;
	struct space s = {
		.stage = w->view.virt ? STAGE_VS : STAGE_S,
		.root = ATP_PPN(atp) << 12,
		.levels = LEVELS(ATP_MODE(atp)),
		.asid = ATP_ASID(atp),
		.vmid = w->view.virt ? ATP_VMID(h->c.hgatp) : 0,
		.env = w->view.virt ? h->c.henvcfg & h->c.menvcfg : h->c.menvcfg,
	};

	*pa = w->va;
	if (!s.levels)
		return F_NONE;
	if (!canonical(w->va, s.levels))
		return F_PAGE;
	return descend(h, w, &s, w->va, w->acc, false, pa);
}

void walk(struct hart *h, struct walk *w)
{
	w->fault = F_NONE;
	w->pa = w->va;
	w->gpa = 0;
	w->mask = ~0ull;
	w->stale = false;
	w->oldest = h->m->clock;
	if (w->view.priv == M_MODE)
		return;
	w->fault = first_stage(h, w, &w->pa);
	if (w->fault || !w->view.virt)
		return;
	w->gpa = w->pa;
	w->fault = g_stage(h, w, w->pa, w->acc, false, &w->pa);
}
