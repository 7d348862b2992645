/* SPDX-License-Identifier: GPL-2.0-only */
/* Mistakes that a test build makes on purpose. tests/strict must see each of them. */
#ifndef STRICT_SEED_H
#define STRICT_SEED_H

enum {
	SEED_NONE,
	SEED_DIVIDE,           /* division by zero gives 0 */
	SEED_TIES,             /* RMM rounds ties to even */
	SEED_HGATP,            /* the low bits of hgatp.PPN can be written */
	SEED_MISALIGNED,       /* the address of a huge leaf is not checked for alignment */
	SEED_G_USER,           /* leaves of the G-stage need no U */
	SEED_SPVP,             /* hstatus.SPVP is not set by a trap */
	SEED_INHIBIT,          /* mcountinhibit stops no counter */
	SEED_EVENT,            /* raw events are counted as instructions */
	SEED_KEPT_LEAF,        /* a fence by address does not drop the leaf */
	SEED_DROPPED_POINTER,  /* a fence by address drops pointers to tables */
	SEED_OVERTAKE,         /* stores overtake a FENCE */
	SEED_NO_FORWARD,       /* a load does not see the hart's own stores */
	SEED_EARLY_FENCE,      /* early loads pass a FENCE and an acquire */
	SEED_EARLY_SAME,       /* an early load passes a load of the same address */
	SEED_EARLY_OWN,        /* an early load passes the hart's own store */
	SEED_EARLY_DEPENDENCY, /* an early load passes the load that its address depends on */
};

#ifndef STRICT_SEED
#define STRICT_SEED SEED_NONE
#endif
#define SEED(name) (STRICT_SEED == SEED_##name)

#endif
