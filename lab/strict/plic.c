// SPDX-License-Identifier: GPL-2.0-only
/* The PLIC, with 31 sources and a context for each hart's S-mode. */
#include "strict.h"

#define ENABLE     0x2000u
#define ENABLE_SZ  0x80u
#define CONTEXT    0x200000u
#define CONTEXT_SZ 0x1000u

static unsigned best(struct machine *m, unsigned hart)
{
	struct plic *p = &m->plic;
	u32 ready = p->pending & p->enable[hart];
	unsigned found = 0;

	for (unsigned n = 1; ready >> n; n++)
		if (ready >> n & 1 && p->priority[n] > p->threshold[hart] &&
		    p->priority[n] > p->priority[found])
			found = n;
	return found;
}

bool plic_pending(struct machine *m, unsigned hart)
{
	return m->plic.pending && best(m, hart);
}

/* A source is pending again only after it has been completed. */
static void gateways(struct plic *p)
{
	p->pending |= p->level & ~p->claimed;
}

void plic_level(struct machine *m, unsigned source, bool on)
{
	struct plic *p = &m->plic;

	p->level = (p->level & ~(1u << source)) | (u32)on << source;
	if (!on)
		p->pending &= ~(1u << source);
	gateways(p);
	/* Make the running hart look for interrupts. */
	if (on && m->running)
		m->running->stop = 0;
}

u32 plic_load(struct machine *m, u64 at)
{
	struct plic *p = &m->plic;
	u64 n;

	if (at < 32 * 4)
		return p->priority[at / 4];
	if (at == 0x1000)
		return p->pending;
	if (at >= CONTEXT) {
		n = (at - CONTEXT) / CONTEXT_SZ;
		if (n >= m->cfg.harts)
			return 0;
		if (at % CONTEXT_SZ == 0)
			return p->threshold[n];
		if (at % CONTEXT_SZ == 4) {
			unsigned source = best(m, n);

			if (source) {
				p->claimed |= 1u << source;
				p->pending &= ~(1u << source);
			}
			return source;
		}
		return 0;
	}
	n = (at - ENABLE) / ENABLE_SZ;
	return at >= ENABLE && n < m->cfg.harts && at % ENABLE_SZ == 0 ? p->enable[n] : 0;
}

void plic_store(struct machine *m, u64 at, u32 value)
{
	struct plic *p = &m->plic;
	u64 n;

	if (at < 32 * 4) {
		if (at)
			p->priority[at / 4] = value & 7;
	} else if (at >= CONTEXT) {
		n = (at - CONTEXT) / CONTEXT_SZ;
		if (n >= m->cfg.harts)
			return;
		if (at % CONTEXT_SZ == 0)
			p->threshold[n] = value & 7;
		else if (at % CONTEXT_SZ == 4 && value < 32)
			p->claimed &= ~(1u << value);
	} else if (at >= ENABLE && at % ENABLE_SZ == 0) {
		n = (at - ENABLE) / ENABLE_SZ;
		if (n < m->cfg.harts)
			p->enable[n] = value & ~1u;
	}
	gateways(p);
	if (m->running)
		m->running->stop = 0;
}
