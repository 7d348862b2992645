// SPDX-License-Identifier: GPL-2.0-only
/*
 * Litmus tests of loads: they may pass loads in front of them where RVWMO allows it, and nowhere
 * else.
 */
#include "t.h"

#define STEPS 6
#define NOP   0x13
#define Z     (DATA + 256)

static void early(struct config *cfg)
{
	jobs_parse_options(cfg, "early");
}

/*
 * One hart stores 1 to X, and then to Y. How often does the other one, which executes these
 * instructions, have 1 in a0 and 0 in a1? Its s0 has the address of X, and s1 has that of Y.
 */
static unsigned message(const u32 *reader)
{
	enum { W = 1 };
	struct machine *m = machine(2, early);
	struct hart *h = m->hart[1];
	unsigned seen = 0;

	PUT(m, 0, SX(A2, S0), FENCE(W, W), SX(A2, S1), NOP, NOP, NOP);
	put(m, 1, reader, STEPS);
	h->x[A5] = Z;
	for (unsigned n = 0; n < ROUNDS; n++) {
		play(m, STEPS);
		seen += h->x[A0] == 1 && h->x[A1] == 0;
	}
	machine_free(m);
	return seen;
}
#define MESSAGE(...) message((const u32[STEPS]){ __VA_ARGS__ })

/* Padding, so that each reader has the same number of instructions. */
#define PAD2 NOP, NOP
#define PAD3 NOP, NOP, NOP
#define PAD4 NOP, NOP, NOP, NOP

/* s0 again, but computed from a0. */
#define DEPENDENT(rd) r(0x33, 4, 0, A3, A0, A0), r(0x33, 0, 0, rd, S0, A3)

static void passes(void)
{
	enum { R = 2, W = 1, RW = 3 };

	ok(MESSAGE(LX(A0, S1), LX(A1, S0), PAD4), "a load passes a load");
	ok(MESSAGE(LX(A0, S1), FENCE(R, W), LX(A1, S0), PAD3), "a load passes FENCE r,w");
	ok(MESSAGE(LX(A0, S1), FENCE(W, W), LX(A1, S0), PAD3), "a load passes FENCE w,w");
	ok(MESSAGE(LX(A0, S1), r(0x63, 0, 0, 4, A0, X0), LX(A1, S0), PAD3),
	   "a load passes a branch that depends on a load");
	ok(MESSAGE(AMO(LR, 0, A0, 0, S1), LX(A1, S0), PAD4), "a load passes LR");
	ok(!MESSAGE(LX(A0, S1), FENCE(R, R), LX(A1, S0), PAD3), "a load does not pass FENCE r,r");
	ok(!MESSAGE(LX(A0, S1), FENCE(RW, RW), LX(A1, S0), PAD3),
	   "a load does not pass FENCE rw,rw");
	ok(!MESSAGE(LX(A0, S1), 0x8330000f, LX(A1, S0), PAD3), "a load does not pass FENCE.TSO");
	ok(!MESSAGE(AMO(LR, 2, A0, 0, S1), LX(A1, S0), PAD4), "a load does not pass LR.aq");
	ok(!MESSAGE(AMO(AMOADD, 2, A0, X0, S1), LX(A1, S0), PAD4),
	   "a load does not pass AMOADD.aq");
	ok(!MESSAGE(LX(A0, S1), DEPENDENT(A4), LX(A1, A4), PAD2),
	   "a load does not pass the load that its address depends on");
	ok(!MESSAGE(LX(A0, S1), DEPENDENT(A4), SX(A4, A5), LX(A4, A5), LX(A1, A4)),
	   "a load does not pass it, if the address went through memory");
	ok(!MESSAGE(LX(A0, S0), LX(A1, S0), PAD4), "two loads of one address are in order");
}

/* Both harts store to X. The second one then loads X: may it have what was there before? */
static unsigned own_store(void)
{
	struct machine *m = machine(2, early);
	struct hart *h = m->hart[1];
	unsigned seen = 0;

	PUT(m, 0, SX(A2, S0), NOP, NOP);
	PUT(m, 1, SX(A2, S0), NOP, LX(A0, S0));
	for (unsigned n = 0; n < ROUNDS; n++) {
		play(m, 3);
		seen += h->x[A0] == 0;
	}
	machine_free(m);
	return seen;
}

/* How often do both harts load this value? Their instructions have two variables in common. */
static unsigned both(u64 value, const u32 *first, const u32 *second)
{
	struct machine *m = machine(2, early);
	unsigned seen = 0;

	put(m, 0, first, 3);
	put(m, 1, second, 3);
	for (unsigned n = 0; n < ROUNDS; n++) {
		play(m, 3);
		seen += m->hart[0]->x[A0] == value && m->hart[1]->x[A0] == value;
	}
	machine_free(m);
	return seen;
}

void test_early(void)
{
	passes();
	ok(!own_store(), "a load does not pass the hart's own store");
	ok(!both(1, (const u32[]){ LX(A0, S0), SX(A2, S1), NOP },
		 (const u32[]){ LX(A0, S1), SX(A2, S0), NOP }),
	   "a store does not pass a load");
	ok(!both(0, (const u32[]){ SX(A2, S0), FENCE(3, 3), LX(A0, S1) },
		 (const u32[]){ SX(A2, S1), FENCE(3, 3), LX(A0, S0) }),
	   "a load does not pass a store and a FENCE rw,rw");
}
