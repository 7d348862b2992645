/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: leaves of 64 KiB (Svnapot): 16 entries that are one leaf. Exclusive entry
 * alone makes and breaks them, since no compare-and-swap spans 16 entries.
 */
#ifndef GST_ENGINE_NAPOT_H
#define GST_ENGINE_NAPOT_H

#include "walk.h"

/*
 * Break the 64 KiB leaf at which the walk stands into 4 KiB leaves that translate
 * alike; walk->pte is the one of walk->gpa afterwards. Return: 0; -GST_EBUSY in
 * shared entry.
 */
int gst_napot_break(struct gst_walk *walk);

/* Note that the 16 entries from @ptep on became one leaf, of @plain of them 4 KiB leaves before. */
void gst_napot_made(struct gst_space *space, gst_pte_t *ptep, unsigned int plain);

#endif /* GST_ENGINE_NAPOT_H */
