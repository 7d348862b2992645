// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of the privileged specification for hgatp and G-stage PTEs, with their numbers in
 * docs/INVARIANTS.md. gst_check() of the engine checks gstage's own invariants. Built for each
 * XLEN.
 */
#include "tables/pte.h"

#if GST_XLEN == 64
#define HGATP_PPN      ((UINT64_C(1) << 44) - 1)
#define HGATP_RESERVED (UINT64_C(3) << 58)
#define HGATP_MODE(h)  ((h) >> 60)
#else
#define HGATP_PPN      ((UINT64_C(1) << 22) - 1)
#define HGATP_RESERVED (UINT64_C(3) << 29 | ~UINT64_C(0) << 32)
#define HGATP_MODE(h)  ((h) >> 31 & 1)
#endif

void XLEN_NAME(spec_check_root)(uint64_t hgatp, finding_fn finding, void *arg)
{
	if (!gst_format_of_mode(HGATP_MODE(hgatp)) || hgatp & HGATP_RESERVED)
		finding(arg, "SPEC", 1, 0, 0, hgatp, "hgatp has a mode or a bit that is reserved");
	if (hgatp & (GST_ROOT_PAGES - 1))
		finding(arg, "SPEC", 2, 0, 0, hgatp, "hgatp's page number is not of 16 KiB");
}

static void check_pointer(gst_gpa_t gpa, unsigned int level, gst_pte_t pte, finding_fn finding,
			  void *arg)
{
	if (pte & (GST_PTE_U | GST_PTE_A | GST_PTE_D))
		finding(arg, "SPEC", 4, gpa, level, pte, "a table pointer has U, A or D");
	if (pte & GST_PTE_PBMT)
		finding(arg, "SPEC", 6, gpa, level, pte, "a table pointer has a memory type");
	if (pte & GST_PTE_N)
		finding(arg, "SPEC", 7, gpa, level, pte, "a table pointer has N");
	if (level == 0)
		finding(arg, "SPEC", 9, gpa, level, pte, "level 0 holds a table pointer");
}

static void check_leaf(gst_gpa_t gpa, unsigned int level, gst_pte_t pte, finding_fn finding,
		       void *arg)
{
	if (pte & GST_PTE_W && !(pte & GST_PTE_R))
		finding(arg, "SPEC", 3, gpa, level, pte, "a leaf has W without R");
	if (GST_PTE_PBMT && (pte & GST_PTE_PBMT) == GST_PTE_PBMT)
		finding(arg, "SPEC", 6, gpa, level, pte, "a leaf's memory type is reserved");
	if (gst_pte_is_napot(pte) && (level || gst_pte_napot(pte) != pte))
		finding(arg, "SPEC", 7, gpa, level, pte, "a leaf with N is not of 64 KiB");
	if (level && gst_pte_table_pa(pte) & (GST_LEVEL_SIZE(level) - 1))
		finding(arg, "SPEC", 8, gpa, level, pte, "a huge leaf maps a misaligned pa");
	if (!(pte & GST_PTE_U))
		finding(arg, "SPEC", 10, gpa, level, pte,
			"a leaf without U faults at every access");
}

void XLEN_NAME(spec_check_pte)(gst_gpa_t gpa, unsigned int level, gst_pte_t pte, finding_fn finding,
			       void *arg)
{
	/* If V is 0, software may use all other bits. */
	if (!gst_pte_valid(pte))
		return;
	if (pte & PTE_NO_MEANING)
		finding(arg, "SPEC", 5, gpa, level, pte, "a bit is reserved");
	if (pte & GST_PTE_G)
		finding(arg, "SPEC", 11, gpa, level, pte, "G has no meaning in the G-stage");
	if (gst_pte_is_leaf(pte))
		check_leaf(gpa, level, pte, finding, arg);
	else
		check_pointer(gpa, level, pte, finding, arg);
}
