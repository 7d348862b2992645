/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: the layout of a G-stage PTE. No other file knows a bit of it.
 *
 * Privileged spec, "Sv32/Sv39/Sv48/Sv57" for the layout, "Guest Physical
 * Address Translation" for what the G-stage makes of U and G, "Svpbmt" for the
 * memory type, "Svnapot" for leaves of 64 KiB.
 */
#ifndef GST_PTE_H
#define GST_PTE_H

#include <gst/base.h>

#define GST_PTE_V ((gst_pte_t)1 << 0)
#define GST_PTE_R ((gst_pte_t)1 << 1)
#define GST_PTE_W ((gst_pte_t)1 << 2)
#define GST_PTE_X ((gst_pte_t)1 << 3)
#define GST_PTE_U ((gst_pte_t)1 << 4)
#define GST_PTE_G ((gst_pte_t)1 << 5)
#define GST_PTE_A ((gst_pte_t)1 << 6)
#define GST_PTE_D ((gst_pte_t)1 << 7)

#define GST_PTE_PPN_SHIFT 10

#if GST_XLEN == 64
#define GST_PTE_PPN_BITS   44
#define GST_PTE_PBMT_SHIFT 61
#define GST_PTE_PBMT       ((gst_pte_t)3 << GST_PTE_PBMT_SHIFT)
#define GST_PTE_N          ((gst_pte_t)1 << 63)
#else
#define GST_PTE_PPN_BITS 22
#define GST_PTE_PBMT     ((gst_pte_t)0)
#define GST_PTE_N        ((gst_pte_t)0)
#endif

#define GST_PTE_PPN ((gst_pte_t)(((UINT64_C(1) << GST_PTE_PPN_BITS) - 1) << GST_PTE_PPN_SHIFT))

/*
 * Svnapot: 16 PTEs of level 0, all alike, are one leaf of 64 KiB. The low 4 bits
 * of their PPN are 1000; the page within the leaf comes from the gpa.
 */
#ifndef GST_NAPOT_BITS
#define GST_NAPOT_BITS 4
#endif
#define GST_NAPOT_ENTRIES (1u << GST_NAPOT_BITS)
#define GST_NAPOT_SIZE    (GST_PAGE_SIZE << GST_NAPOT_BITS)

/* The first pa that no PTE can name. */
#define GST_PA_END (UINT64_C(1) << (GST_PTE_PPN_BITS + GST_PAGE_SHIFT))

/* What a leaf may have set; every other bit is reserved, and G is for the other stages. */
#define GST_PTE_LEAF_BITS                                                                          \
	(GST_PTE_V | GST_PTE_R | GST_PTE_W | GST_PTE_X | GST_PTE_U | GST_PTE_A | GST_PTE_D |       \
	 GST_PTE_PPN | GST_PTE_PBMT | GST_PTE_N)

/**
 * typedef gst_attr_t - how a leaf may be used: GST_READ and any of the others
 *
 * The values are no PTE bits: memory types differ between XLENs.
 */
typedef uint32_t gst_attr_t;

#define GST_READ  ((gst_attr_t)1 << 0)
#define GST_WRITE ((gst_attr_t)1 << 1)
#define GST_EXEC  ((gst_attr_t)1 << 2)
/* Svpbmt memory types, for hosts that have it; none of them: the PMAs decide. */
#define GST_NC ((gst_attr_t)1 << 3)
#define GST_IO ((gst_attr_t)1 << 4)

/*
 * Not a permission but a leaf size: 64 KiB leaves may be made, on hosts that have
 * Svnapot. gst_lookup() never says it: there the size tells.
 */
#define GST_NAPOT ((gst_attr_t)1 << 5)

/*
 * For gst_map(): a leaf that maps the same memory and may do all of this and more
 * stays as it is.
 * For who does not know what else was allowed, such as a fault of a reader.
 */
#define GST_KEEP ((gst_attr_t)1 << 6)

#if GST_XLEN == 64
#define GST_ATTR_ALL (GST_READ | GST_WRITE | GST_EXEC | GST_NC | GST_IO | GST_NAPOT | GST_KEEP)
#else
#define GST_ATTR_ALL (GST_READ | GST_WRITE | GST_EXEC | GST_KEEP)
#endif

static inline bool gst_attr_valid(gst_attr_t attr)
{
	/* W without R is reserved, X without R would be execute-only: KVM never asks for it. */
	return !(attr & ~GST_ATTR_ALL) && (attr & GST_READ) &&
	       (attr & (GST_NC | GST_IO)) != (GST_NC | GST_IO);
}

static inline bool gst_pte_valid(gst_pte_t pte)
{
	return pte & GST_PTE_V;
}

static inline bool gst_pte_is_leaf(gst_pte_t pte)
{
	return (pte & GST_PTE_V) && (pte & (GST_PTE_R | GST_PTE_W | GST_PTE_X));
}

static inline bool gst_pte_is_table(gst_pte_t pte)
{
	return (pte & GST_PTE_V) && !(pte & (GST_PTE_R | GST_PTE_W | GST_PTE_X));
}

static inline bool gst_pte_is_napot(gst_pte_t pte)
{
	return pte & GST_PTE_N;
}

/* Where the table is that a PTE points to. */
static inline gst_pa_t gst_pte_table_pa(gst_pte_t pte)
{
	return (gst_pa_t)((pte & GST_PTE_PPN) >> GST_PTE_PPN_SHIFT) << GST_PAGE_SHIFT;
}

/* Where the leaf begins, be it of 64 KiB or not. */
static inline gst_pa_t gst_pte_pa(gst_pte_t pte)
{
	gst_pa_t pa = gst_pte_table_pa(pte);

	return gst_pte_is_napot(pte) ? pa & ~(GST_NAPOT_SIZE - 1) : pa;
}

static inline gst_pte_t gst_pte_of_pa(gst_pa_t pa)
{
	return (gst_pte_t)((pa >> GST_PAGE_SHIFT) << GST_PTE_PPN_SHIFT);
}

/*
 * Encode a leaf. A and D are preset: where the hart does not update them it
 * would fault, and gst tracks writes by taking W away. U is 1, since the
 * G-stage checks every access as if made in U-mode.
 */
static inline gst_pte_t gst_pte_leaf(gst_pa_t pa, gst_attr_t attr)
{
	gst_pte_t pte =
		gst_pte_of_pa(pa) | GST_PTE_V | GST_PTE_R | GST_PTE_U | GST_PTE_A | GST_PTE_D;

	if (attr & GST_WRITE)
		pte |= GST_PTE_W;
	if (attr & GST_EXEC)
		pte |= GST_PTE_X;
#if GST_XLEN == 64
	if (attr & GST_NC)
		pte |= (gst_pte_t)1 << GST_PTE_PBMT_SHIFT;
	if (attr & GST_IO)
		pte |= (gst_pte_t)2 << GST_PTE_PBMT_SHIFT;
#endif
	return pte;
}

static inline gst_attr_t gst_pte_attr(gst_pte_t pte)
{
	gst_attr_t attr = 0;

	if (pte & GST_PTE_R)
		attr |= GST_READ;
	if (pte & GST_PTE_W)
		attr |= GST_WRITE;
	if (pte & GST_PTE_X)
		attr |= GST_EXEC;
#if GST_XLEN == 64
	switch ((pte & GST_PTE_PBMT) >> GST_PTE_PBMT_SHIFT) {
	case 1:
		attr |= GST_NC;
		break;
	case 2:
		attr |= GST_IO;
		break;
	}
#endif
	return attr;
}

#define GST_PTE_NAPOT_MASK (gst_pte_of_pa(GST_NAPOT_SIZE - GST_PAGE_SIZE))

/* The PTE of a 64 KiB leaf out of that of any of its pages. */
static inline gst_pte_t gst_pte_napot(gst_pte_t pte)
{
	return (pte & ~GST_PTE_NAPOT_MASK) | gst_pte_of_pa(GST_NAPOT_SIZE / 2) | GST_PTE_N;
}

/* The 4 KiB leaf that is page @i of a 64 KiB leaf. */
static inline gst_pte_t gst_pte_napot_page(gst_pte_t pte, unsigned int i)
{
	return (pte & ~(GST_PTE_NAPOT_MASK | GST_PTE_N)) |
	       gst_pte_of_pa((gst_pa_t)i << GST_PAGE_SHIFT);
}

/* Encode a pointer to the next table: all bits but V and the PPN are reserved. */
static inline gst_pte_t gst_pte_table(gst_pa_t table)
{
	return gst_pte_of_pa(table) | GST_PTE_V;
}

#endif /* GST_PTE_H */
