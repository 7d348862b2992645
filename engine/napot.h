/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: leaves of 64 KiB (Svnapot).
 *
 * Sixteen equal entries of level 0 are one leaf of 64 KiB. An operation that changes
 * some of its pages breaks it into 4 KiB leaves first, which needs no memory. Only
 * exclusive entry makes and breaks such leaves, because no compare-and-swap covers
 * 16 entries.
 */
#ifndef GST_ENGINE_NAPOT_H
#define GST_ENGINE_NAPOT_H

#include "walk.h"

/*
 * Replace the present 64 KiB leaf of the walk by 16 leaves of 4 KiB with the same
 * translations. Afterwards walk->pte is the leaf of walk->gpa. Return: 0, or
 * -GST_EBUSY in shared entry.
 */
int gst_napot_break(struct gst_walk *walk);

/* Count the new 64 KiB leaf at @ptep. @plain of its entries were 4 KiB leaves before. */
void gst_napot_made(struct gst_space *space, gst_pte_t *ptep, unsigned int plain);

#endif /* GST_ENGINE_NAPOT_H */
