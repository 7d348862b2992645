// SPDX-License-Identifier: GPL-2.0-only
/* Check an image of a host's physical memory. Built for each XLEN. */
#include "tables/memory.h"

#if GST_XLEN == 64
#define HGATP_MODE_SHIFT 60
#define HGATP_PPN_BITS   44
#else
#define HGATP_MODE_SHIFT 31
#define HGATP_PPN_BITS   22
#endif

const char *XLEN_NAME(check_image)(const struct image *image, uint64_t hgatp, finding_fn finding,
				   void *arg, struct tally *tally)
{
	const struct gst_format *fmt = gst_format_of_mode(hgatp >> HGATP_MODE_SHIFT);
	struct tables t;
	unsigned int level;

	XLEN_NAME(spec_check_root)(hgatp, finding, arg);
	if (!fmt) {
		finding(arg, "INV", 1, 0, 0, hgatp, "the root is misaligned or of no known mode");
		return NULL;
	}
	if (XLEN_NAME(tables_init)(&t, fmt, finding, arg)) {
		t.image = image;
		t.root_pa = (hgatp & ((UINT64_C(1) << HGATP_PPN_BITS) - 1)) << GST_PAGE_SHIFT;
		XLEN_NAME(tables_check)(&t);
		tally->tables = t.space.tables + 1;
		for (level = 0; level < GST_LEVELS_MAX; level++)
			tally->leaves[level] = t.space.leaves[level];
		tally->napots = t.space.napots;
	}
	XLEN_NAME(tables_free)(&t);
	return t.error;
}
