// SPDX-License-Identifier: GPL-2.0-only
/*
 * Speculative walks, with the values that satp, vsatp and hgatp have at that moment:
 * "implementations may speculatively execute the address-translation algorithm". They fill the
 * caches, and may set A.
 */
#include "bits.h"

static ux some_address(struct hart *h)
{
	u64 va = h->recent[rnd(h->m) & 15];

	switch (rnd(h->m) & 7) {
	case 0: /* anywhere */
		return rnd(h->m) >> (rnd(h->m) & 63) & ~PAGE_MASK;
	case 1:
	case 2:
	case 3: /* nearby */
		return va + ((s64)(rnd(h->m) & 31) - 16) * (s64)PAGE_SIZE;
	default:
		return va;
	}
}

void speculate(struct hart *h)
{
	struct walk w = {
		.va = some_address(h),
		.acc = chance(h->m, 4) ? FETCH : LOAD,
		.view = {
			.priv = chance(h->m, 2) ? S_MODE : U_MODE,
			.virt = h->virt || (h->c.hgatp && chance(h->m, 2)),
		},
		.speculative = true,
	};

	h->m->spec_walks++;
	walk(h, &w);
}
