// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store buffer of a hart. Stores wait here until they become visible to other harts, in any
 * order that RVWMO allows. Atomics are executed at once, and so are loads, unless they are early
 * (early.c). So the order of these must be kept:
 *
 *   - overlapping stores (PPO rule 1): they leave the buffer in order;
 *   - a store, a FENCE, and then a load or an access to a device: the FENCE empties the buffer;
 *   - a store, a FENCE, and then a store: the second store has a later epoch;
 *   - anything before a release: the release empties the buffer.
 *
 * A load takes its value from the youngest store here that covers it.
 */
#include "strict.h"

static bool overlap(const struct pending *p, u64 pa, unsigned size)
{
	return p->pa < pa + size && pa < p->pa + p->size;
}

static void drain_one(struct hart *h, unsigned n)
{
	struct pending p = h->pending[n];

	h->buffered--;
	for (unsigned k = n; k < h->buffered; k++)
		h->pending[k] = h->pending[k + 1];
	ram_store(h, p.pa, p.value, p.size);
	h->m->drains++;
}

void buffer_drain(struct hart *h)
{
	while (h->buffered)
		drain_one(h, 0);
}

/* May the nth store become visible before the older ones? */
static bool may_go(struct hart *h, unsigned n)
{
	const struct pending *p = &h->pending[n];

	for (unsigned k = 0; k < n; k++)
		if ((h->pending[k].epoch != p->epoch && !SEED(OVERTAKE)) ||
		    overlap(&h->pending[k], p->pa, p->size))
			return false;
	return true;
}

static void drain_any(struct hart *h)
{
	unsigned n = rnd(h->m) % h->buffered;

	while (!may_go(h, n))
		n--;
	drain_one(h, n);
}

/* Stores wait for a few hundred instructions at most. */
#define WAIT 400

void buffer_drain_some(struct hart *h)
{
	while (h->buffered && chance(h->m, 2))
		drain_any(h);
	while (h->buffered && h->instret - h->pending[0].age > WAIT)
		drain_one(h, 0);
}

void buffer_store(struct hart *h, u64 pa, u64 value, unsigned size)
{
	while (h->buffered >= BUFFER_MAX || (h->buffered && chance(h->m, 8)))
		drain_any(h);
	h->pending[h->buffered++] = (struct pending){
		.pa = pa,
		.value = value,
		.age = h->instret,
		.size = size,
		.epoch = h->epoch,
	};
}

/* Drain the stores up to the youngest one that overlaps, in program order. */
void buffer_drain_overlap(struct hart *h, u64 pa, unsigned size)
{
	unsigned last = 0;

	for (unsigned n = 0; n < h->buffered; n++)
		if (overlap(&h->pending[n], pa, size))
			last = n + 1;
	while (last--)
		drain_one(h, 0);
}

/* Drain the stores that a FENCE orders before a store that is made now. */
void buffer_drain_epochs(struct hart *h)
{
	unsigned last = 0;

	for (unsigned n = 0; n < h->buffered; n++)
		if (h->pending[n].epoch != h->epoch)
			last = n + 1;
	while (last--)
		drain_one(h, 0);
}

/* Returns false if the value must be read from memory. The stores it depends on are there then. */
static bool forward(struct hart *h, u64 pa, unsigned size, u64 *value)
{
	for (unsigned n = h->buffered; n-- > 0;) {
		const struct pending *p = &h->pending[n];

		if (!overlap(p, pa, size) || SEED(NO_FORWARD))
			continue;
		if (p->pa > pa || p->pa + p->size < pa + size) {
			buffer_drain_overlap(h, pa, size);
			return false;
		}
		*value = p->value >> (8 * (pa - p->pa));
		if (size < 8)
			*value &= BIT(8 * size) - 1;
		return true;
	}
	return false;
}

/*
 * A load has passed a store that still waits. This is where a missing barrier shows: the hart has
 * seen memory as it was, and others do not see the store yet. So let the hart stop here now and
 * then, while the others go on, long enough for a change of format. It stops one time in 64 where
 * it comes for the first time, and less often where it comes again and again. So it stops in all
 * code, and not only in loops.
 */
#define STALL_BITS 18

static void stall(struct hart *h)
{
	struct machine *m = h->m;
	u16 *passes = &h->passes[(h->pc >> 1 ^ h->pc >> 13) % SITES];

	if (*passes < UINT16_MAX)
		++*passes;
	if (!chance(m, 64 + *passes / 4))
		return;
	h->stalled = m->clock + h->instret - h->slice_start + (1ull << (rnd(m) >> 8) % STALL_BITS);
	h->stop = h->instret;
}

/* A load while stores wait here. Returns false as forward() does. */
bool buffer_load(struct hart *h, u64 pa, unsigned size, u64 *value)
{
	if (forward(h, pa, size, value))
		return true;
	if (h->m->cfg.jitter && h->buffered)
		stall(h);
	return false;
}

/* Accesses to devices are executed at once. A FENCE before loads also orders early loads. */
void buffer_fence(struct hart *h, unsigned pred, unsigned succ)
{
	if (pred & FENCE_W) {
		if (succ & (FENCE_R | FENCE_I | FENCE_O))
			buffer_drain(h);
		else if (succ & FENCE_W && h->buffered &&
			 h->pending[h->buffered - 1].epoch == h->epoch)
			h->epoch++;
	}
	if (pred && succ & FENCE_R)
		early_order(h);
}
