/* SPDX-License-Identifier: GPL-2.0-only */
/* PTEs and tables of one XLEN, GST_XLEN. */
#ifndef GSTAGE_CLI_TABLES_PTE_H
#define GSTAGE_CLI_TABLES_PTE_H

#include <gst/format.h>
#include <gst/pte.h>

#include "tables/xlen.h"

/* PTE bits that are reserved in all standard extensions with a meaning in the G-stage. */
#define PTE_NO_MEANING ((gst_pte_t) ~(GST_PTE_LEAF_BITS | GST_PTE_G | PTE_RSW))
/* RSW: reserved for software; the engine does not use it. */
#define PTE_RSW ((gst_pte_t)3 << 8)

/* XLEN_NAME(check) becomes check_64 or check_32. */
#define XLEN_JOIN(name, bits)  name##_##bits
#define XLEN_PASTE(name, bits) XLEN_JOIN(name, bits)
#define XLEN_NAME(name)        XLEN_PASTE(name, GST_XLEN)

void XLEN_NAME(pte_decode)(uint64_t pte, unsigned int level, struct pte_view *view);

/**
 * spec_check_root() - check hgatp against the privileged specification
 * spec_check_pte() - check a PTE against it
 * @finding: called for each violation
 */
void XLEN_NAME(spec_check_root)(uint64_t hgatp, finding_fn finding, void *arg);
void XLEN_NAME(spec_check_pte)(gst_gpa_t gpa, unsigned int level, gst_pte_t pte, finding_fn finding,
			       void *arg);

const char *XLEN_NAME(check_image)(const struct image *image, uint64_t hgatp, finding_fn finding,
				   void *arg, struct tally *tally);
const char *XLEN_NAME(check_dump)(const struct dump *dump, finding_fn finding, void *arg,
				  struct tally *tally);

#endif
