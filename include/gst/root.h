/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: root and format as one word.
 */
#ifndef GST_ROOT_H
#define GST_ROOT_H

#include <gst/base.h>

/**
 * typedef gst_root_t - where the root table is and which format it has
 *
 * The virtual address of the root, which is aligned to 16 KiB, with hgatp.MODE
 * in its low 4 bits. One word, so that a root of one format is never seen
 * with the levels of another: such a pair cannot be written down. 0 is no root.
 */
typedef uintptr_t gst_root_t;

#define GST_ROOT_MODE_MASK ((gst_root_t)15)

static inline gst_root_t gst_root_make(void *table, unsigned int mode)
{
	return (gst_root_t)table | mode;
}

static inline gst_pte_t *gst_root_table(gst_root_t root)
{
	return (gst_pte_t *)(root & ~GST_ROOT_MODE_MASK);
}

static inline unsigned int gst_root_mode(gst_root_t root)
{
	return root & GST_ROOT_MODE_MASK;
}

#endif /* GST_ROOT_H */
