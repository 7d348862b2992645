// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads that are early. A hart executes its instructions in order. But a load may return a value
 * that memory had some time ago, as if the load had been made then, before the loads in front of
 * it. It must not be earlier than
 *
 *   - the last instruction that orders earlier accesses before later loads: a FENCE with R in its
 *     successor set, or an acquire (PPO rules 4 and 5);
 *   - the last load of the same doubleword by this hart (rule 2);
 *   - the last store of this hart to the same doubleword (load value axiom). A store that still
 *     waits in the buffer gives its value to the load: see buffer.c;
 *   - the loads that its address depends on (rule 9). A value that went through memory is as old as
 *     the load that has read it back, so rule 12 holds, too.
 *
 * The stores that have become visible are numbered. These numbers are the time here: what a load
 * returns at time n is what memory has before store number n.
 *
 * Stores and atomics are never early. So the rules that order these need nothing here.
 */
#include "strict.h"

static struct past *past(struct machine *m, u64 n)
{
	return &m->past[n % PAST];
}

static unsigned bucket(u64 pa)
{
	return (pa >> 3 ^ pa >> 15) % PAST;
}

static u64 *last_load(struct hart *h, u64 pa)
{
	return &h->last_load[(pa >> 3 ^ pa >> 12) % LAST_LOADS];
}

/* A store of this hart becomes visible: note what it overwrites. */
void early_note_store(struct hart *h, u64 pa)
{
	struct machine *m = h->m;
	u64 *newest = &m->past_of[bucket(pa)];

	*past(m, m->visible) = (struct past){
		.pa = pa & ~7ull,
		.old = ram_read(m, pa & ~7ull, 8),
		.next = *newest,
		.hart = h->id,
	};
	*newest = m->visible++;
}

/* All later loads are made after this moment. */
void early_order(struct hart *h)
{
	if (!SEED(EARLY_FENCE))
		h->ordered = h->m->visible;
}

/* A load that is made now. */
void early_note_load(struct hart *h, u64 pa)
{
	*last_load(h, pa) = h->m->visible;
}

static u64 max(u64 a, u64 b)
{
	return a > b ? a : b;
}

#define CHOICES 4

u64 early_load(struct hart *h, u64 pa, unsigned size)
{
	struct machine *m = h->m;
	u64 *last = last_load(h, pa), value = ram_read(m, pa, size), limit = h->ordered, at;
	u64 choice[CHOICES];
	unsigned n = 0;

	if (!SEED(EARLY_SAME))
		limit = max(limit, *last);
	if (h->cur && !SEED(EARLY_DEPENDENCY))
		limit = max(limit, h->depends[h->cur->rs1]);
	if (m->visible > PAST)
		limit = max(limit, m->visible - PAST);
	for (at = m->past_of[bucket(pa)]; at >= limit && n < CHOICES; at = past(m, at)->next) {
		if (past(m, at)->pa != (pa & ~7ull))
			continue;
		if (past(m, at)->hart == h->id && !SEED(EARLY_OWN))
			break;
		choice[n++] = at;
	}
	at = m->visible;
	if (n && !chance(m, 2)) {
		at = choice[rnd(m) % n];
		value = read_host((u8 *)&past(m, at)->old + (pa & 7), size);
		m->early_loads++;
	}
	*last = at;
	h->loaded = max(h->loaded, at);
	return value;
}
