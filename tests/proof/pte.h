/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The PTE of the privileged specification ("Sv39: Virtual Memory System", Svpbmt, Svnapot). The
 * proofs must not take it from include/gst/pte.h, because they check the engine.
 */
#ifndef PROOF_PTE_H
#define PROOF_PTE_H

#include "world.h"

#define HAS(pte, bit) (((pte) >> (bit)) & 1)
#define V             0
#define R             1
#define W             2
#define X             3
#define U             4
#define G             5
#define A             6
#define D             7
#define PPN(pte)      (((pte) >> 10) & ((UINT64_C(1) << 44) - 1))
#define PBMT(pte)     (((pte) >> 61) & 3)
#define N(pte)        HAS(pte, 63)
#define RESERVED(pte) (((pte) >> 54) & 127)

/* How many 4 KiB pages an entry of @level spans. */
static inline uint64_t pages_of_level(unsigned int level)
{
	return GST_LEVEL_SIZE(level) >> GST_PAGE_SHIFT;
}

/* Is this the standard encoding of the PPN with N? The low bits are 10...0. */
static inline bool napot_ppn(uint64_t ppn)
{
	return (ppn & (GST_NAPOT_ENTRIES - 1)) == GST_NAPOT_ENTRIES / 2;
}

static inline unsigned int root_page(gst_root_t root)
{
	return ((root & ~(gst_root_t)15) - PROOF_ROOT_BASE) >> GST_PAGE_SHIFT;
}

#endif /* PROOF_PTE_H */
