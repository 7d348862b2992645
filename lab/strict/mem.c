// SPDX-License-Identifier: GPL-2.0-only
/* Accesses to memory: translations, faults, and the fast path. */
#include <string.h>

#include "bits.h"

bool in_ram(struct machine *m, u64 pa, unsigned size)
{
	return pa - RAM_BASE < m->ram_size && pa - RAM_BASE + size <= m->ram_size;
}

u64 ram_read(struct machine *m, u64 pa, unsigned size)
{
	return read_host(m->ram + (pa - RAM_BASE), size);
}

u64 read_pte(struct machine *m, u64 pa)
{
	return ram_read(m, pa, PTE_SIZE);
}

void ram_write(struct machine *m, u64 pa, u64 value, unsigned size)
{
	write_host(m->ram + (pa - RAM_BASE), value, size);
	if (unlikely(m->code[(pa - RAM_BASE) / PAGE_SIZE]))
		code_written(m, pa);
}

/* A store of this hart becomes visible. */
void ram_store(struct hart *h, u64 pa, u64 value, unsigned size)
{
	if (h->early)
		early_note_store(h, pa);
	ram_write(h->m, pa, value, size);
}

/* Contexts: each set of registers that translations depend on has a number in the fast path. */

struct view own_view(struct hart *h)
{
	return (struct view){ .priv = h->priv, .virt = h->virt };
}

struct view data_view(struct hart *h)
{
	u64 status = h->c.mstatus;
	u8 mpp = BITS(status, 12, 11);

	if (h->priv == M_MODE && status & ST_MPRV)
		return (struct view){ .priv = mpp, .virt = mpp != M_MODE && status & ST_MPV };
	return own_view(h);
}

static struct context context_of(struct hart *h)
{
	struct csrs *c = &h->c;
	u64 env = c->menvcfg & (ENV_ADUE | ENV_PBMTE);
	struct context x = { .priv = h->priv | h->virt << 2, .env = env };

	x.status = c->mstatus & (h->virt ? ST_MXR : ST_SUM | ST_MXR);
	if (h->priv == M_MODE) {
		x.status |= c->mstatus & (ST_MPRV | ST_MPP | ST_MPV);
		x.vsstatus = c->vsstatus & (ST_SUM | ST_MXR);
		x.satp = c->satp;
		x.vsatp = c->vsatp;
		x.hgatp = c->hgatp;
	} else if (h->virt) {
		x.vsstatus = c->vsstatus & (ST_SUM | ST_MXR);
		x.vsatp = c->vsatp;
		x.hgatp = c->hgatp;
		x.env |= (c->henvcfg & (ENV_ADUE | ENV_PBMTE)) >> 8;
	} else {
		x.satp = c->satp;
	}
	return x;
}

static bool same(const struct context *a, const struct context *b)
{
	return a->priv == b->priv && a->status == b->status && a->satp == b->satp &&
	       a->vsatp == b->vsatp && a->hgatp == b->hgatp && a->vsstatus == b->vsstatus &&
	       a->env == b->env;
}

static void new_contexts(struct hart *h)
{
	h->ctx_base += h->contexts_used;
	h->contexts_used = 0;
	if (h->ctx_base + CONTEXTS <= CONTEXT_MAX)
		return;
	h->ctx_base = 0;
	for (unsigned acc = 0; acc < ACCESSES; acc++)
		for (unsigned n = 0; n < FAST_SIZE; n++)
			h->fast[acc][n].tag = FAST_INVALID;
}

void context_changed(struct hart *h)
{
	struct context x = context_of(h);
	unsigned n;

	if (h->contexts_used && same(&x, &h->contexts[(h->ctx >> 4) - h->ctx_base]))
		return;
	if (h->contexts_used == CONTEXTS)
		new_contexts(h);
	for (n = 0; n < h->contexts_used; n++)
		if (same(&x, &h->contexts[n]))
			break;
	if (n == h->contexts_used)
		h->contexts[h->contexts_used++] = x;
	h->ctx = (u64)(h->ctx_base + n) << 4;
	h->code_va = ~0ull;
}

/* Drop everything: contexts get new numbers. */
void fast_flush(struct hart *h)
{
	new_contexts(h);
	context_changed(h);
}

/* Drop the pages of the leaf at an address. The address is known for one of the stages only. */
void fast_flush_page(struct hart *h, bool first_stage_alone, u64 va)
{
	if (!first_stage_alone) {
		fast_flush(h);
		return;
	}
	for (unsigned acc = 0; acc < ACCESSES; acc++) {
		for (unsigned n = 0; n < FAST_SIZE; n++) {
			struct fast *f = &h->fast[acc][n];

			if (!((f->tag ^ va) & ~f->mask & ~PAGE_MASK))
				f->tag = FAST_INVALID;
		}
	}
	h->code_va = ~0ull;
}

void fast_flush_all(struct machine *m)
{
	for (unsigned n = 0; n < m->cfg.harts; n++)
		fast_flush(m->hart[n]);
}

static void fast_fill(struct hart *h, u64 va, enum access acc, const struct walk *w)
{
	struct machine *m = h->m;
	u64 page = (w->pa - RAM_BASE) / PAGE_SIZE;
	struct fast *f = fast_at(h, acc, va);

	if (!in_ram(m, w->pa, 1) || (w->view.virt && m->gone[page]))
		return;
	if (acc == STORE && m->code[page])
		return;
	f->tag = (va & ~PAGE_MASK) | h->ctx;
	f->mask = w->mask;
	f->host = acc == FETCH ? (void *)code_of(m, w->pa) : m->ram + page * PAGE_SIZE;
}

/*
 * The transformed instruction of an explicit access. offset: the address that faulted minus the
 * address of the access.
 */
static u64 transformed(struct hart *h, u64 offset)
{
	const struct insn *i = h->cur;
	u32 keep;

	if (!i || (h->m->cfg.weak_tinst && chance(h->m, 2)))
		return 0;
	switch (i->raw & 0x7f) {
	case 0x03:
	case 0x07: /* loads: funct3, rd */
		keep = 0x00007fff;
		break;
	case 0x23:
	case 0x27: /* stores: rs2, funct3 */
		keep = 0x01f0707f;
		break;
	default: /* atomics, HLV, HSV and CBO: all fields except rs1 */
		keep = 0xfff07fff;
	}
	return ((i->raw & keep) | offset << 15) & (i->len == 2 ? ~2ull : ~0ull);
}

static _Noreturn void walk_failed(struct hart *h, const struct walk *w, u64 start)
{
	static const u8 page[] = { E_LOAD_PAGE, E_STORE_PAGE, E_FETCH_PAGE };
	static const u8 access[] = { E_LOAD_ACCESS, E_STORE_ACCESS, E_FETCH_ACCESS };
	static const u8 guest[] = { E_LOAD_GUEST, E_STORE_GUEST, E_FETCH_GUEST };
	enum access as = w->view.block ? STORE : w->acc;
	struct trap t = { .tval = w->va, .gva = w->view.virt };

	switch (w->fault) {
	case F_PAGE:
		t.cause = page[as];
		break;
	case F_ACCESS:
		t.cause = access[as];
		break;
	default:
		t.cause = guest[as];
		t.gpa = w->gpa;
		if (w->fault == F_GUEST_PTE_READ)
			t.tinst = TINST_READ;
		else if (w->fault == F_GUEST_PTE_WRITE)
			t.tinst = TINST_WRITE;
		else if (w->acc != FETCH && !w->view.block)
			t.tinst = transformed(h, (ux)(w->va - start));
	}
	raise_trap(h, t);
}

static void remember(struct hart *h, u64 va)
{
	h->recent[h->recent_at++ % 16] = va;
}

/* start: the address of the whole access. va is in it. */
static u64 translate_from(struct hart *h, u64 va, u64 start, enum access acc, struct view v)
{
	struct walk w = { .va = va, .acc = acc, .view = v };

	walk(h, &w);
	if (h->m->cfg.speculate)
		remember(h, va);
	if (w.fault)
		walk_failed(h, &w, start);
	if (v.virt)
		report_access(h, &w);
	if (!v.hyper)
		fast_fill(h, va, acc, &w);
	return w.pa;
}

u64 translate(struct hart *h, u64 va, unsigned size, enum access acc, struct view v)
{
	struct fast *f = fast_at(h, acc, va);

	if (acc != FETCH && !v.hyper && f->tag == fast_tag(h, va, size))
		return (u8 *)f->host - h->m->ram + RAM_BASE + (va & PAGE_MASK);
	return translate_from(h, va, va, acc, v);
}

static _Noreturn void access_fault(struct hart *h, u64 va, enum access acc, struct view v)
{
	static const u8 cause[] = { E_LOAD_ACCESS, E_STORE_ACCESS, E_FETCH_ACCESS };

	raise_trap(h, (struct trap){ .cause = cause[acc], .tval = va, .gva = v.virt });
}

/* A load from memory, with the liberties of loads. */
static u64 ram_load(struct hart *h, u64 pa, unsigned size)
{
	u64 value;

	if (h->buffered && buffer_load(h, pa, size, &value)) {
		h->loaded = h->m->visible;
		return value;
	}
	return h->early ? early_load(h, pa, size) : ram_read(h->m, pa, size);
}

/* The same with a known translation. */
u64 load_weak(struct hart *h, const u8 *p, unsigned size)
{
	return ram_load(h, p - h->m->ram + RAM_BASE, size);
}

static u64 load_pa(struct hart *h, u64 va, u64 pa, unsigned size, struct view v)
{
	u64 value;
	bool ok = true;

	if (!in_ram(h->m, pa, size)) {
		value = mmio_load(h, pa, size, &ok);
		if (!ok)
			access_fault(h, va, LOAD, v);
		return value;
	}
	return ram_load(h, pa, size);
}

static void store_pa(struct hart *h, u64 va, u64 pa, u64 value, unsigned size, struct view v)
{
	if (!in_ram(h->m, pa, size)) {
		if (!mmio_store(h, pa, value, size))
			access_fault(h, va, STORE, v);
		return;
	}
	if (h->m->cfg.buffer)
		buffer_store(h, pa, value, size);
	else
		ram_write(h->m, pa, value, size);
}

static bool crosses(u64 va, unsigned size)
{
	return (va & PAGE_MASK) + size > PAGE_SIZE;
}

/* A misaligned access is made byte by byte, after both of its pages have been translated. */
u64 load_slow(struct hart *h, u64 va, unsigned size, struct view v)
{
	unsigned first = crosses(va, size) ? PAGE_SIZE - (va & PAGE_MASK) : size;
	u64 pa = translate_from(h, va, va, LOAD, v), pa2, value = 0;

	if (!(va & (size - 1)))
		return load_pa(h, va, pa, size, v);
	pa2 = first < size ? translate_from(h, (ux)(va + first), va, LOAD, v) : 0;
	for (unsigned n = 0; n < size; n++) {
		u64 at = n < first ? pa + n : pa2 + n - first;

		value |= load_pa(h, (ux)(va + n), at, 1, v) << (8 * n);
	}
	return value;
}

void store_slow(struct hart *h, u64 va, u64 value, unsigned size, struct view v)
{
	unsigned first = crosses(va, size) ? PAGE_SIZE - (va & PAGE_MASK) : size;
	struct fast *f = fast_at(h, STORE, va);
	u64 pa, pa2;

	if (!v.hyper && f->tag == fast_tag(h, va, size))
		pa = (u8 *)f->host - h->m->ram + RAM_BASE + (va & PAGE_MASK);
	else
		pa = translate_from(h, va, va, STORE, v);
	if (!(va & (size - 1))) {
		store_pa(h, va, pa, value, size, v);
		return;
	}
	pa2 = first < size ? translate_from(h, (ux)(va + first), va, STORE, v) : 0;
	for (unsigned n = 0; n < size; n++) {
		u64 at = n < first ? pa + n : pa2 + n - first;

		store_pa(h, (ux)(va + n), at, value >> (8 * n) & 0xff, 1, v);
	}
}

/* Fetch instructions from the page of pc from now on. */
void fetch_page(struct hart *h)
{
	struct fast *f = fast_at(h, FETCH, h->pc);
	u64 pa;

	if (f->tag != ((h->pc & ~PAGE_MASK) | h->ctx)) {
		pa = translate_from(h, h->pc, h->pc, FETCH, own_view(h));
		if (!in_ram(h->m, pa, 2))
			access_fault(h, h->pc, FETCH, own_view(h));
		h->code = code_of(h->m, pa);
	} else {
		h->code = f->host;
	}
	h->code_va = h->pc & ~PAGE_MASK;
}
