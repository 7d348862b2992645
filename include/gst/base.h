/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: the types, the geometry and the error numbers that all other headers use.
 */
#ifndef GST_BASE_H
#define GST_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * GST_XLEN - the XLEN of the harts that use the tables: 64 or 32
 *
 * It is chosen at compile time, because it fixes the width of a PTE. A program
 * that needs both builds the engine twice. The format is chosen at run time:
 * formats of one XLEN differ only in the number of levels.
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
/**
 * typedef gst_pte_t - a G-stage PTE, as it is in memory
 *
 * See the PTE formats of Sv39 and Sv32 in the privileged spec.
 */
typedef uint64_t gst_pte_t;
#define GST_PTE_LOG2   3
#define GST_LEVELS_MAX 5
#else
typedef uint32_t gst_pte_t;
#define GST_PTE_LOG2   2
#define GST_LEVELS_MAX 2
#endif

/*
 * The geometry of the architecture. A proof may define a smaller page here: with
 * 16 bytes a table has two entries. All other sizes follow from the page size.
 */
#ifndef GST_PAGE_SHIFT
#define GST_PAGE_SHIFT 12
#endif
#define GST_PAGE_SIZE (UINT64_C(1) << GST_PAGE_SHIFT)

/* How many gpa bits select an entry of one table page. */
#define GST_INDEX_BITS (GST_PAGE_SHIFT - GST_PTE_LOG2)

/*
 * The "x4" in the name of every format: the root has 2 more index bits and is 4
 * pages long (privileged spec, "Guest Physical Address Translation").
 */
#ifndef GST_ROOT_XBITS
#define GST_ROOT_XBITS 2
#endif
#define GST_ROOT_PAGES (1u << GST_ROOT_XBITS)
#define GST_ROOT_SIZE  (GST_PAGE_SIZE << GST_ROOT_XBITS)

#define GST_TABLE_ENTRIES (1u << GST_INDEX_BITS)
#define GST_ROOT_ENTRIES  (GST_TABLE_ENTRIES << GST_ROOT_XBITS)

/* An entry of @level translates all gpa bits from this one up. Level 0 has the 4 KiB leaves. */
#define GST_LEVEL_SHIFT(level) (GST_PAGE_SHIFT + GST_INDEX_BITS * (level))
/* The size in bytes of the range that one entry of @level translates. */
#define GST_LEVEL_SIZE(level) (UINT64_C(1) << GST_LEVEL_SHIFT(level))

/**
 * enum gst_error - the errors of the engine
 * @GST_ENOENT: nothing is mapped at this address
 * @GST_EAGAIN: in shared entry: a concurrent operation changed an entry first. Look again.
 * @GST_ENOMEM: there was no memory for a table. Nothing has changed.
 * @GST_EBUSY: in shared entry: the change needs exclusive entry
 * @GST_EEXIST: the space has a root already
 * @GST_EINVAL: the range is misaligned, empty or wraps around, or an attribute is unknown
 * @GST_ERANGE: the range ends above the format, or a pa is too high for a PTE
 *
 * Operations return them negated, as the kernel does. The numbers are those of Linux.
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
