// SPDX-License-Identifier: GPL-2.0-only
/* The last thousand events of each hart: instructions, traps, fences, writes of *atp, SBI calls. */
#include "strict.h"

void trace(struct hart *h, const char *what, u64 a, u64 b)
{
	if (!h->events)
		return;
	h->events[h->nevents++ % EVENTS] = (struct event){
		.clock = h->m->clock + h->instret - h->slice_start,
		.pc = h->pc,
		.a = a,
		.b = b,
		.what = what,
		.priv = h->priv,
		.virt = h->virt,
	};
}

void trace_dump(struct machine *m, FILE *to)
{
	for (unsigned n = 0; n < m->cfg.harts; n++) {
		struct hart *h = m->hart[n];
		u64 first = h->nevents > EVENTS ? h->nevents - EVENTS : 0;

		if (!h->events)
			continue;
		fprintf(to, "hart %u: instruction, mode, pc, event\n", n);
		for (u64 e = first; e < h->nevents; e++) {
			const struct event *v = &h->events[e % EVENTS];

			fprintf(to, "%12llu %s%c %016llx %s %llx %llx\n",
				(unsigned long long)v->clock, v->virt ? "V" : " ", "USHM"[v->priv],
				(unsigned long long)v -> pc, v -> what, (unsigned long long)v -> a,
				(unsigned long long)v -> b);
		}
	}
	fflush(to);
}
