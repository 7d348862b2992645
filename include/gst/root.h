/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: the address of the root and the format, in one word.
 */
#ifndef GST_ROOT_H
#define GST_ROOT_H

#include <gst/base.h>

/**
 * typedef gst_root_t - the address and the format of a root table
 *
 * This is the virtual address of the root, which is aligned to 16 KiB, with
 * hgatp.MODE in its low 4 bits. Both are in one word, so that a reader never sees
 * a root with the format of another root. 0 means that there is no root.
 */
typedef uintptr_t gst_root_t;

#define GST_ROOT_MODE_MASK ((gst_root_t)15)

/**
 * gst_root_make() - make the word of a root
 * @table: the virtual address of the root, aligned to GST_ROOT_SIZE
 * @mode: the format, an enum gst_mode
 *
 * Context: Any.
 * Return: the word.
 */
static inline gst_root_t gst_root_make(void *table, unsigned int mode)
{
	return (gst_root_t)table | mode;
}

/**
 * gst_root_table() - the address of a root
 * @root: the word
 *
 * Context: Any.
 * Return: the virtual address of the root.
 */
static inline gst_pte_t *gst_root_table(gst_root_t root)
{
	return (gst_pte_t *)(root & ~GST_ROOT_MODE_MASK);
}

/**
 * gst_root_mode() - the format of a root
 * @root: the word
 *
 * Context: Any.
 * Return: the encoding for hgatp.MODE.
 */
static inline unsigned int gst_root_mode(gst_root_t root)
{
	return root & GST_ROOT_MODE_MASK;
}

#endif /* GST_ROOT_H */
