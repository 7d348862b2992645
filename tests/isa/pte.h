/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * PTEs as the specification has them, and where they are.
 */
#ifndef ISA_PTE_H
#define ISA_PTE_H

#include "check.h"

/*
 * The entry of a level for a gpa, found from hgatp on without the engine. NULL where
 * there is no table.
 */
gst_pte_t *pte_slot(gst_gpa_t gpa, unsigned int level);

/* What a leaf, or what is in place of one, has to come to. The hart sets no A and D. */
struct expect pte_expect(gst_pte_t pte, unsigned int level, gst_gpa_t gpa, enum access kind);

#define PTE_BIT(n) ((gst_pte_t)1 << (n))

#endif /* ISA_PTE_H */
