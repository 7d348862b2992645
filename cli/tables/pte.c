// SPDX-License-Identifier: GPL-2.0-only
/* Decode a PTE. Built for each XLEN. */
#include "tables/pte.h"

void XLEN_NAME(pte_decode)(uint64_t raw, unsigned int level, struct pte_view *view)
{
	static const char letters[] = "VRWXUGAD";
	gst_pte_t pte = raw;
	char *flag = view->flags;
	unsigned int i;

	for (i = 0; letters[i]; i++) {
		*flag++ = pte >> i & 1 ? letters[i] : '-';
		*flag++ = letters[i + 1] ? ' ' : '\0';
	}
	view->pbmt = "none";
#if GST_XLEN == 64
	switch ((pte & GST_PTE_PBMT) >> GST_PTE_PBMT_SHIFT) {
	case 1:
		view->pbmt = "nc";
		break;
	case 2:
		view->pbmt = "io";
		break;
	case 3:
		view->pbmt = "reserved";
		break;
	}
#endif
	view->napot = gst_pte_is_napot(pte);
	view->reserved = pte & PTE_NO_MEANING;
	view->pa = gst_pte_table_pa(pte);
	view->size = 0;
	view->kind = PTE_NONE;
	if (gst_pte_is_table(pte)) {
		view->kind = PTE_TABLE;
	} else if (gst_pte_is_leaf(pte)) {
		view->kind = PTE_LEAF;
		view->pa = gst_pte_pa(pte);
		view->size = level >= GST_LEVELS_MAX ? 0 :
			     view->napot && !level   ? GST_NAPOT_SIZE :
						       GST_LEVEL_SIZE(level);
	}
}

const struct xlen XLEN_NAME(xlen) = {
	.bits = GST_XLEN,
	.decode = XLEN_NAME(pte_decode),
	.check_image = XLEN_NAME(check_image),
	.check_dump = XLEN_NAME(check_dump),
};
