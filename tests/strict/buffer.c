// SPDX-License-Identifier: GPL-2.0-only
/*
 * Litmus tests: all outcomes that RVWMO allows occur, and no outcome that it forbids.
 */
#include "t.h"

static void weak(struct config *cfg)
{
	cfg->buffer = true;
}

#define SLOT(n) (CODE + (n) * 0x100)
void put(struct machine *m, unsigned hart, const u32 *words, unsigned n)
{
	struct hart *h = m->hart[hart];

	for (unsigned k = 0; k < n; k++)
		ram_write(m, SLOT(hart) + 4 * k, words[k], 4);
	h->x[S0] = X;
	h->x[S1] = Y;
	h->x[A2] = 1;
}

void play(struct machine *m, unsigned n)
{
	unsigned left[2] = { n, n };

	ram_write(m, X, 0, 8);
	ram_write(m, Y, 0, 8);
	for (unsigned k = 0; k < 2; k++) {
		m->hart[k]->pc = SLOT(k);
		early_order(m->hart[k]);
		m->hart[k]->x[A0] = m->hart[k]->x[A1] = 9;
	}
	while (left[0] || left[1]) {
		unsigned k = rnd(m) & 1;

		if (chance(m, 3))
			buffer_drain_some(m->hart[k]);
		if (!left[k])
			continue;
		hart_run(m->hart[k], 1);
		left[k]--;
	}
	buffer_drain(m->hart[0]);
	buffer_drain(m->hart[1]);
}

/* Both harts store to their own variable, and load the other's: may both load 0? */
static unsigned store_buffering(u32 between)
{
	struct machine *m = machine(2, weak);
	unsigned seen = 0;

	PUT(m, 0, SX(A2, S0), between, LX(A0, S1));
	PUT(m, 1, SX(A2, S1), between, LX(A0, S0));
	for (unsigned n = 0; n < ROUNDS; n++) {
		play(m, 3);
		seen += !m->hart[0]->x[A0] && !m->hart[1]->x[A0];
	}
	machine_free(m);
	return seen;
}

/*
 * One hart stores to X, then to Y; the other loads Y, then X: may it have the new Y and the old X?
 */
static unsigned message_passing(u32 between, bool release)
{
	struct machine *m = machine(2, weak);
	unsigned seen = 0;

	PUT(m, 0, SX(A2, S0), between, release ? AMO(AMOSWAP, 1, A0, A2, S1) : SX(A2, S1));
	PUT(m, 1, LX(A0, S1), LX(A1, S0), 0x13);
	for (unsigned n = 0; n < ROUNDS; n++) {
		play(m, 3);
		seen += m->hart[1]->x[A0] == 1 && m->hart[1]->x[A1] == 0;
	}
	machine_free(m);
	return seen;
}

static unsigned forwarding(void)
{
	struct machine *m = machine(1, weak);
	struct hart *h = m->hart[0];
	unsigned wrong = 0;

	h->x[S0] = X;
	for (unsigned n = 1; n < ROUNDS; n++) {
		h->x[A2] = n * 0x0101010101010101ull;
		RUN(h, 2, SX(A2, S0), LX(A0, S0));
		wrong += h->x[A0] != h->x[A2];
		RUN(h, 3, SX(A2, S0), s(0x23, 0, S0, X0, 3), LX(A0, S0));
		wrong += h->x[A0] != (h->x[A2] & (ux)~0xff000000ull);
	}
	machine_free(m);
	return wrong;
}

void test_buffer(void)
{
	enum { W = 1, R = 2, RW = 3 };
	u32 nop = 0x13;

	ok(store_buffering(nop), "store buffering occurs without a fence");
	ok(store_buffering(FENCE(W, W)), "store buffering occurs with fence w,w");
	ok(!store_buffering(FENCE(RW, RW)), "store buffering does not occur with fence rw,rw");
	ok(!store_buffering(FENCE(W, R)), "store buffering does not occur with fence w,r");
	ok(message_passing(nop, false), "two stores can be seen in another order without a fence");
	ok(message_passing(FENCE(R, R), false),
	   "two stores can be seen in another order with fence r,r");
	ok(!message_passing(FENCE(W, W), false), "two stores are seen in order with fence w,w");
	ok(!message_passing(nop, true), "two stores are seen in order if the second is a release");
	ok(!forwarding(), "a hart sees its own stores");
}
