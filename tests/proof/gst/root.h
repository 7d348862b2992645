/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Included instead of include/gst/root.h: the same word, in a model where the memory of tables is
 * at virtual address 0x1000. cbmc treats its own addresses as symbols. It could not extract the
 * mode from such an address, and would follow the walk in every format. All other tests use the
 * real file.
 */
#ifndef GST_ROOT_H
#define GST_ROOT_H

#include <gst/base.h>

typedef uintptr_t gst_root_t;

#define PROOF_ROOT_BASE ((gst_root_t)0x1000)

static inline gst_root_t gst_root_make(void *table, unsigned int mode)
{
	return (PROOF_ROOT_BASE + __CPROVER_POINTER_OFFSET(table)) | mode;
}

static inline gst_pte_t *gst_root_table(gst_root_t root)
{
	return memory + ((root & ~(gst_root_t)15) - PROOF_ROOT_BASE) / sizeof(gst_pte_t);
}

static inline unsigned int gst_root_mode(gst_root_t root)
{
	return root & 15;
}

#endif /* GST_ROOT_H */
