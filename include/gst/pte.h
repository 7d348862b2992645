/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: the layout of a G-stage PTE. Only this file knows where its bits are.
 *
 * In the privileged spec, "Sv32", "Sv39", "Sv48" and "Sv57" have the layout,
 * "Guest Physical Address Translation" has the meaning of U and G in the G-stage,
 * "Svpbmt" has the memory types and "Svnapot" the leaves of 64 KiB.
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
 * Svnapot: 16 equal PTEs of level 0 are one leaf of 64 KiB. The low 4 bits of
 * their PPN are 1000. The hart takes these 4 bits of the pa from the gpa.
 */
#ifndef GST_NAPOT_BITS
#define GST_NAPOT_BITS 4
#endif
#define GST_NAPOT_ENTRIES (1u << GST_NAPOT_BITS)
#define GST_NAPOT_SIZE    (GST_PAGE_SIZE << GST_NAPOT_BITS)

/* The first pa that is too high for a PTE. */
#define GST_PA_END (UINT64_C(1) << (GST_PTE_PPN_BITS + GST_PAGE_SHIFT))

/* The bits that a leaf may have. The others are reserved, except G: the G-stage ignores G. */
#define GST_PTE_LEAF_BITS                                                                          \
	(GST_PTE_V | GST_PTE_R | GST_PTE_W | GST_PTE_X | GST_PTE_U | GST_PTE_A | GST_PTE_D |       \
	 GST_PTE_PPN | GST_PTE_PBMT | GST_PTE_N)

/**
 * typedef gst_attr_t - the attributes of a leaf: GST_READ and any of the others
 *
 * These are not the bits of a PTE, because memory types differ between XLENs.
 */
typedef uint32_t gst_attr_t;

#define GST_READ  ((gst_attr_t)1 << 0)
#define GST_WRITE ((gst_attr_t)1 << 1)
#define GST_EXEC  ((gst_attr_t)1 << 2)
/* Memory types, only for hosts with Svpbmt. With neither, the PMAs of the host decide. */
#define GST_NC ((gst_attr_t)1 << 3)
#define GST_IO ((gst_attr_t)1 << 4)

/*
 * For gst_map(): leaves of 64 KiB may be made. Only for hosts with Svnapot.
 * gst_lookup() never returns this attribute: see gst_leaf.size.
 */
#define GST_NAPOT ((gst_attr_t)1 << 5)

/*
 * For gst_map(): keep a leaf that maps the same memory and allows at least these
 * accesses. A caller that does not know what was allowed before uses it, such as
 * the handler of a read fault.
 */
#define GST_KEEP ((gst_attr_t)1 << 6)

#if GST_XLEN == 64
#define GST_ATTR_ALL (GST_READ | GST_WRITE | GST_EXEC | GST_NC | GST_IO | GST_NAPOT | GST_KEEP)
#else
#define GST_ATTR_ALL (GST_READ | GST_WRITE | GST_EXEC | GST_KEEP)
#endif

/**
 * gst_attr_valid() - can a leaf have these attributes?
 * @attr: the attributes
 *
 * Context: Any.
 * Return: true if @attr has GST_READ, at most one memory type and no unknown bit.
 */
static inline bool gst_attr_valid(gst_attr_t attr)
{
	/* The encoding of W without R is reserved. KVM never needs execute-only leaves. */
	return !(attr & ~GST_ATTR_ALL) && (attr & GST_READ) &&
	       (attr & (GST_NC | GST_IO)) != (GST_NC | GST_IO);
}

/**
 * gst_pte_valid() - is a PTE valid?
 * @pte: the PTE
 *
 * Context: Any.
 * Return: true for a leaf and for a pointer to a table.
 */
static inline bool gst_pte_valid(gst_pte_t pte)
{
	return pte & GST_PTE_V;
}

/**
 * gst_pte_is_leaf() - is a PTE a valid leaf?
 * @pte: the PTE
 *
 * Context: Any.
 * Return: true for a valid leaf.
 */
static inline bool gst_pte_is_leaf(gst_pte_t pte)
{
	return (pte & GST_PTE_V) && (pte & (GST_PTE_R | GST_PTE_W | GST_PTE_X));
}

/**
 * gst_pte_is_table() - is a PTE a valid pointer to a table?
 * @pte: the PTE
 *
 * Context: Any.
 * Return: true for a valid pointer to a table.
 */
static inline bool gst_pte_is_table(gst_pte_t pte)
{
	return (pte & GST_PTE_V) && !(pte & (GST_PTE_R | GST_PTE_W | GST_PTE_X));
}

/**
 * gst_pte_is_napot() - is a leaf one of the 16 entries of a 64 KiB leaf?
 * @pte: the leaf
 *
 * Context: Any.
 * Return: true if N is set.
 */
static inline bool gst_pte_is_napot(gst_pte_t pte)
{
	return pte & GST_PTE_N;
}

/**
 * gst_pte_table_pa() - the table that a PTE points to
 * @pte: a pointer to a table
 *
 * Context: Any.
 * Return: the physical address of the table.
 */
static inline gst_pa_t gst_pte_table_pa(gst_pte_t pte)
{
	return (gst_pa_t)((pte & GST_PTE_PPN) >> GST_PTE_PPN_SHIFT) << GST_PAGE_SHIFT;
}

/**
 * gst_pte_pa() - the memory that a leaf maps
 * @pte: the leaf, or any entry of a 64 KiB leaf
 *
 * Context: Any.
 * Return: the first physical address of the leaf.
 */
static inline gst_pa_t gst_pte_pa(gst_pte_t pte)
{
	gst_pa_t pa = gst_pte_table_pa(pte);

	return gst_pte_is_napot(pte) ? pa & ~(GST_NAPOT_SIZE - 1) : pa;
}

/**
 * gst_pte_of_pa() - the PPN field of a PTE
 * @pa: the physical address, 4 KiB aligned and below GST_PA_END
 *
 * Context: Any.
 * Return: a PTE in which only the PPN is set.
 */
static inline gst_pte_t gst_pte_of_pa(gst_pa_t pa)
{
	return (gst_pte_t)((pa >> GST_PAGE_SHIFT) << GST_PTE_PPN_SHIFT);
}

/**
 * gst_pte_leaf() - encode a leaf
 * @pa: the physical address, aligned to the size of the leaf and below GST_PA_END
 * @attr: the attributes, see gst_attr_valid()
 *
 * A and D are set: a hart that does not update them would take a fault instead.
 * To track writes, clear W. U is set, because the G-stage checks every access as
 * if it were made in U-mode (privileged spec, "Guest Physical Address Translation").
 *
 * Context: Any.
 * Return: the PTE, with N clear.
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

/**
 * gst_pte_attr() - the attributes of a leaf
 * @pte: the leaf
 *
 * Context: Any.
 * Return: its permissions and memory type.
 */
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

/**
 * gst_pte_napot() - encode an entry of a 64 KiB leaf
 * @pte: the 4 KiB leaf of any of its 16 pages
 *
 * Context: Any.
 * Return: the PTE that all 16 entries get.
 */
static inline gst_pte_t gst_pte_napot(gst_pte_t pte)
{
	return (pte & ~GST_PTE_NAPOT_MASK) | gst_pte_of_pa(GST_NAPOT_SIZE / 2) | GST_PTE_N;
}

/**
 * gst_pte_napot_page() - the 4 KiB leaf of one page of a 64 KiB leaf
 * @pte: any entry of the 64 KiB leaf
 * @i: the number of the page, below GST_NAPOT_ENTRIES
 *
 * Context: Any.
 * Return: the PTE of the 4 KiB leaf.
 */
static inline gst_pte_t gst_pte_napot_page(gst_pte_t pte, unsigned int i)
{
	return (pte & ~(GST_PTE_NAPOT_MASK | GST_PTE_N)) |
	       gst_pte_of_pa((gst_pa_t)i << GST_PAGE_SHIFT);
}

/**
 * gst_pte_table() - encode a pointer to a table
 * @table: the physical address of the table
 *
 * All bits except V and the PPN are reserved in such a PTE.
 *
 * Context: Any.
 * Return: the PTE.
 */
static inline gst_pte_t gst_pte_table(gst_pa_t table)
{
	return gst_pte_of_pa(table) | GST_PTE_V;
}

#endif /* GST_PTE_H */
