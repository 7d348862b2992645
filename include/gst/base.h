/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: types, geometry and errors that every other header stands on.
 */
#ifndef GST_BASE_H
#define GST_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * GST_XLEN - the XLEN of the hart whose tables are built: 64 or 32
 *
 * A compile-time choice, because it fixes the width of a PTE. Programs on a PC
 * build the engine twice. Which of the formats of one XLEN is used is a
 * run-time value: they differ in the number of levels alone.
 */
#ifndef GST_XLEN
#ifdef __riscv_xlen
#define GST_XLEN __riscv_xlen
#else
#define GST_XLEN 64
#endif
#endif

/** typedef gst_gpa_t - a guest physical address, in bytes */
typedef uint64_t gst_gpa_t;

/** typedef gst_pa_t - a host (supervisor) physical address, in bytes */
typedef uint64_t gst_pa_t;

#if GST_XLEN == 64
/** typedef gst_pte_t - a G-stage PTE as memory holds it (privileged spec, Sv39/Sv32 PTE formats) */
typedef uint64_t gst_pte_t;
#define GST_PTE_LOG2   3
#define GST_LEVELS_MAX 5
#else
typedef uint32_t gst_pte_t;
#define GST_PTE_LOG2   2
#define GST_LEVELS_MAX 2
#endif

/*
 * The geometry of the architecture. A proof may shrink it: pages of 16 bytes are
 * tables of two entries, and everything else follows.
 */
#ifndef GST_PAGE_SHIFT
#define GST_PAGE_SHIFT 12
#endif
#define GST_PAGE_SIZE (UINT64_C(1) << GST_PAGE_SHIFT)

/* Index bits of one table page. */
#define GST_INDEX_BITS (GST_PAGE_SHIFT - GST_PTE_LOG2)

/*
 * The x4 of every format: the root has 2 more index bits and is 4 pages long
 * (privileged spec, "Guest Physical Address Translation").
 */
#ifndef GST_ROOT_XBITS
#define GST_ROOT_XBITS 2
#endif
#define GST_ROOT_PAGES (1u << GST_ROOT_XBITS)
#define GST_ROOT_SIZE  (GST_PAGE_SIZE << GST_ROOT_XBITS)

#define GST_TABLE_ENTRIES (1u << GST_INDEX_BITS)
#define GST_ROOT_ENTRIES  (GST_TABLE_ENTRIES << GST_ROOT_XBITS)

/* The gpa bits below an entry of @level: level 0 holds 4 KiB leaves. */
#define GST_LEVEL_SHIFT(level) (GST_PAGE_SHIFT + GST_INDEX_BITS * (level))
/* What one entry of @level spans, in bytes. */
#define GST_LEVEL_SIZE(level) (UINT64_C(1) << GST_LEVEL_SHIFT(level))

/**
 * enum gst_error - what an operation returns, negated; the numbers are Linux's
 * @GST_ENOENT: nothing is mapped there
 * @GST_EAGAIN: shared entry: a concurrent change won; look again
 * @GST_ENOMEM: a table could not be had; nothing has changed
 * @GST_EBUSY: shared entry: this change needs exclusive entry
 * @GST_EEXIST: the space has a root already
 * @GST_EINVAL: misaligned, empty or overflowing range, or unknown attributes
 * @GST_ERANGE: the range reaches beyond the format, or a pa beyond a PTE
 */
enum gst_error {
	GST_ENOENT = 2,
	GST_EAGAIN = 11,
	GST_ENOMEM = 12,
	GST_EBUSY = 16,
	GST_EEXIST = 17,
	GST_EINVAL = 22,
	GST_ERANGE = 34,
};

#endif /* GST_BASE_H */
