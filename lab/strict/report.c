// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports of what software must never do, whatever the hart has cached. A report names the hart,
 * the pc, the time, and the origin of the translation. A machine that has reported ends with status 3.
 */
#include <stdarg.h>
#include <string.h>

#include "bits.h"

#define SHOWN 30

void report(struct hart *h, const char *fmt, ...)
{
	struct machine *m = h->m;
	va_list args;

	if (m->reports++ >= SHOWN)
		return;
	fprintf(m->report, "strict: report: hart %u, pc %llx, %s%c-mode, instruction %llu: ", h->id,
		(unsigned long long)h->pc, h->virt ? "V" : "", "USHM"[h->priv],
		(unsigned long long)(m->clock + h->instret - h->slice_start));
	va_start(args, fmt);
	vfprintf(m->report, fmt, args);
	va_end(args);
	fprintf(m->report, " (satp %llx, vsatp %llx, hgatp %llx)\n", (unsigned long long)h->c.satp,
		(unsigned long long)h->c.vsatp, (unsigned long long)h->c.hgatp);
	fflush(m->report);
	trace(h, "report", 0, 0);
}

static bool gone(struct machine *m, u64 pa)
{
	return in_ram(m, pa, 1) && m->gone[(pa - RAM_BASE) / PAGE_SIZE];
}

/* A hart may walk from the root in its hgatp at any time. */
static void report_root(struct hart *h)
{
	u64 root = ATP_PPN(h->c.hgatp) << 12;

	if (h->m->ngone && ATP_MODE(h->c.hgatp) && gone(h->m, root))
		report(h, "hgatp of hart %u names a root that is out of reach", h->id);
}

/* hgatp.MODE of a VMID since the last fence, plus 1; and whether it has changed since then. */
#define VMID_MODE 0x7f
#define CHANGED   0x80

/* hgatp is written. */
void report_hgatp(struct hart *h)
{
	u8 mode = ATP_MODE(h->c.hgatp) + 1, *noted = &h->vmid_mode[ATP_VMID(h->c.hgatp)];

	if (*noted && (*noted & VMID_MODE) != mode)
		*noted = CHANGED;
	*noted = (*noted & CHANGED) | mode;
	report_root(h);
}

/*
 * The guest is entered. Since the last HFENCE.GVMA with rs1=x0, this hart must not have had the
 * VMID with another MODE: "If hgatp.MODE is changed for a given VMID, an HFENCE.GVMA with rs1=x0
 * (and rs2 set to either x0 or the VMID) must be executed", "even if the old or new MODE is Bare".
 */
void report_entry(struct hart *h)
{
	u64 mode = ATP_MODE(h->c.hgatp), vmid = ATP_VMID(h->c.hgatp);

	if (!h->m->cfg.check)
		return;
	if (mode == MODE_BARE)
		report(h, "V=1 is entered with hgatp.MODE Bare");
	else if (h->vmid_mode[vmid] & CHANGED)
		report(h, "VMID %llu is used, and its MODE was another one since the last fence",
		       (unsigned long long)vmid);
}

void report_fence_g(struct hart *h, bool has_vmid, u64 vmid)
{
	if (has_vmid)
		h->vmid_mode[vmid] = 0;
	else
		memset(h->vmid_mode, 0, sizeof(h->vmid_mode));
	report_hgatp(h);
}

static const char *origin(const struct walk *w)
{
	return w->stale ? "a kept entry that memory has no more" : "memory, or what agrees with it";
}

/* A guest, HLV or HSV accesses memory. */
void report_access(struct hart *h, const struct walk *w)
{
	static const char *const what[] = { "loads from", "stores to", "fetches from" };

	if (w->stale)
		h->m->stale_uses++;
	if (h->m->ngone && gone(h->m, w->pa))
		report(h,
		       "%s %s page %llx, which is out of reach: address %llx, gpa %llx; translation from %s, %llu instructions old",
		       w->view.hyper ? "HLV or HSV" : "the guest", what[w->acc],
		       (unsigned long long)w->pa, (unsigned long long)w->va,
		       (unsigned long long)w->gpa, origin(w),
		       (unsigned long long)(h->m->clock - w->oldest));
}

/* A page-table entry is read for a guest. A read by speculation alone does no harm. */
void report_table(struct hart *h, const struct walk *w, u64 where)
{
	if (h->m->ngone && !w->speculative && w->view.virt && gone(h->m, where))
		report(h, "a walk for address %llx reads a table at %llx, which is out of reach",
		       (unsigned long long)w->va, (unsigned long long)where);
}

/* The walker writes an entry. That memory must not be free, even if the walk is speculative. */
void report_update(struct hart *h, const struct walk *w, u64 where)
{
	if (h->m->ngone && w->view.virt && gone(h->m, where))
		report(h,
		       "the walker sets A or D at %llx, which is out of reach, for address %llx%s",
		       (unsigned long long)where, (unsigned long long)w->va,
		       w->speculative ? ", by speculation" : "");
}

/* Why a page is out of reach. */
enum { BY_WATCH = 1, BY_ADDRESS = 2 };

static void set_gone(struct machine *m, u64 page, u8 why, bool on)
{
	u8 *g = &m->gone[page], old = *g;

	*g = on ? old | why : old & ~why;
	m->ngone += !!*g - !!old;
}

static void set_gone_at(struct machine *m, u64 pa, u8 why, bool on)
{
	if (in_ram(m, pa, 1))
		set_gone(m, (pa - RAM_BASE) / PAGE_SIZE, why, on);
}

/*
 * SLTI with rd=x0 and an immediate of 1 or more. See docs/STRICT.md.
 *
 * 1: watch the page at this address of the caller.
 * 2: all watched pages are out of the guests' reach from now on.
 * 3: all pages are in reach again.
 * 4, 5: the page at this physical address is out of reach, or in reach again; supervisor only.
 * 6: print the trace.
 */
void hypercall(struct hart *h, unsigned number, u64 arg)
{
	struct machine *m = h->m;

	trace(h, "hypercall", number, arg);
	if (!m->cfg.check)
		return;
	switch (number) {
	case 1:
		if (m->nwatched < WATCHED_MAX)
			m->watched[m->nwatched++] = translate(h, arg, 1, LOAD, data_view(h));
		break;
	case 2:
		while (m->nwatched)
			set_gone_at(m, m->watched[--m->nwatched], BY_WATCH, true);
		fast_flush_all(m);
		break;
	case 3:
		for (u64 page = 0; m->ngone && page < m->ram_size / PAGE_SIZE; page++)
			set_gone(m, page, BY_WATCH, false);
		m->nwatched = 0;
		break;
	case 4:
	case 5:
		if (h->priv == U_MODE)
			break;
		set_gone_at(m, arg, BY_ADDRESS, number == 4);
		for (unsigned n = 0; n < m->cfg.harts; n++)
			if (ATP_PPN(m->hart[n]->c.hgatp) == arg >> 12)
				report_root(m->hart[n]);
		fast_flush_all(m);
		break;
	case 6:
		trace_dump(m, m->report);
		break;
	}
}
