/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Finding a PTE, and its meaning in the specification.
 */
#ifndef ISA_PTE_H
#define ISA_PTE_H

#include "check.h"

/*
 * Find the entry of a gpa at a level. The walk starts at hgatp and does not use the engine.
 * Return: NULL if there is no table of that level.
 */
gst_pte_t *pte_slot(gst_gpa_t gpa, unsigned int level);

/*
 * The expected result of an access through the last PTE of a walk. The hart does not set A and
 * D.
 */
struct expect pte_expect(gst_pte_t pte, unsigned int level, gst_gpa_t gpa, enum access kind);

#define PTE_BIT(n) ((gst_pte_t)1 << (n))

#endif /* ISA_PTE_H */
