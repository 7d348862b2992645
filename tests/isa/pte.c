// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * PTEs, written from the specification: "Virtual Address Translation Process" of Sv32 with the
 * constants of Sv39, Sv48 and Sv57, "Guest Physical Address Translation", "Svpbmt", "Svnapot".
 * All constants are written here as numbers. None comes from the engine.
 */
#include "pte.h"

#if GST_XLEN == 64
#define WIDTH          9
#define HGATP_PPN_BITS 44
#define PTE_PPN_BITS   44
#else
#define WIDTH          10
#define HGATP_PPN_BITS 22
#define PTE_PPN_BITS   22
#endif

static unsigned int levels_of_mode(unsigned int mode)
{
	return mode == 1 ? 2 : mode - 5;
}

static unsigned int loaded_levels(void)
{
#if GST_XLEN == 64
	return levels_of_mode(csr_read(hgatp) >> 60);
#else
	return levels_of_mode(csr_read(hgatp) >> 31);
#endif
}

static uint64_t ppn_of(gst_pte_t pte)
{
	return pte >> 10 & ((UINT64_C(1) << PTE_PPN_BITS) - 1);
}

gst_pte_t *pte_slot(gst_gpa_t gpa, unsigned int level)
{
	uint64_t ppn = csr_read(hgatp) & ((UINT64_C(1) << HGATP_PPN_BITS) - 1);
	unsigned int top = loaded_levels() - 1;

	for (unsigned int at = top;; at--) {
		unsigned int bits = at == top ? WIDTH + 2 : WIDTH;
		uint64_t index = gpa >> (12 + WIDTH * at) & ((UINT64_C(1) << bits) - 1);
		gst_pte_t *slot = (gst_pte_t *)(uintptr_t)(ppn << 12) + index;

		if (at == level)
			return slot;
		if ((*slot & 0xf) != 1)
			return NULL;
		ppn = ppn_of(*slot);
	}
}

/* Check bits 54 to 63. Some harts may ignore bits 59 and 60. Return: false for a page fault. */
static bool upper_bits_good(gst_pte_t pte, unsigned int level, bool leaf)
{
#if GST_XLEN == 64
	unsigned int pbmt = pte >> 61 & 3;

	if (pte >> 54 & 0x7f)
		return false;
	if (pbmt && (!hart.svpbmt || pbmt == 3 || !leaf))
		return false;
	if (pte >> 63)
		return hart.svnapot && leaf && !level && (ppn_of(pte) & 15) == 8;
#else
	(void)pte, (void)level, (void)leaf;
#endif
	return true;
}

struct expect pte_expect(gst_pte_t pte, unsigned int level, gst_gpa_t gpa, enum access kind)
{
	bool v = pte & 1, r = pte & 2, w = pte & 4, x = pte & 8, u = pte & 16, a = pte & 64,
	     d = pte & 128;
	uint64_t ppn = ppn_of(pte), vpn = gpa >> 12;
	uint64_t low = (UINT64_C(1) << WIDTH * level) - 1;
	struct expect expect = { .fault = true };

	if (!v || (w && !r) || !upper_bits_good(pte, level, r || x))
		return expect;
	/*
	 * A pointer faults at level 0. Above it, the tests write no pointer that has U, A and
	 * D clear.
	 */
	if (!r && !x)
		return expect;
	if (!u || (ppn & low) || !a)
		return expect;
	if ((kind == ACCESS_LOAD && !r) || (kind == ACCESS_FETCH && !x) ||
	    (kind == ACCESS_STORE && (!w || !d)))
		return expect;

#if GST_XLEN == 64
	if (pte >> 63)
		low = 15;
#endif
	expect.fault = false;
	expect.pa = ((ppn & ~low) | (vpn & low)) << 12 | (gpa & 0xfff);
	return expect;
}
