/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: the G-stage page-table formats, as data.
 */
#ifndef GST_FORMAT_H
#define GST_FORMAT_H

#include <gst/base.h>

/**
 * enum gst_mode - the encodings of hgatp.MODE (privileged spec, "hgatp register")
 * @GST_MODE_BARE: no translation; the engine has no format for it
 * @GST_MODE_SV32X4: 34 gpa bits, 2 levels; only with XLEN 32
 * @GST_MODE_SV39X4: 41 gpa bits, 3 levels; only with XLEN 64
 * @GST_MODE_SV48X4: 50 gpa bits, 4 levels; only with XLEN 64
 * @GST_MODE_SV57X4: 59 gpa bits, 5 levels; only with XLEN 64
 */
enum gst_mode {
	GST_MODE_BARE = 0,
	GST_MODE_SV32X4 = 1,
	GST_MODE_SV39X4 = 8,
	GST_MODE_SV48X4 = 9,
	GST_MODE_SV57X4 = 10,
};

/**
 * struct gst_format - one G-stage page-table format
 * @name: the name that users write, in lower case: "sv39x4"
 * @mode: its encoding in hgatp.MODE, an enum gst_mode
 * @xlen: the XLEN that the format belongs to, 32 or 64
 * @levels: the number of levels of tables, with the root. Levels count up from the
 *	leaves: a table of level 0 holds 4 KiB leaves, the root has level @levels - 1.
 * @index_bits: how many gpa bits index a table below the root. The root has two more.
 * @pte_size: the size of a PTE in bytes
 * @gpa_bits: the number of bits of a guest physical address
 */
struct gst_format {
	const char *name;
	uint8_t mode;
	uint8_t xlen;
	uint8_t levels;
	uint8_t index_bits;
	uint8_t pte_size;
	uint8_t gpa_bits;
};

#define GST_FORMATS 4

/*
 * All formats of both XLENs, the narrowest first.
 *
 * Take levels, index bits and width from this table. Do not compute them from the
 * number of a mode.
 */
extern const struct gst_format gst_formats[GST_FORMATS];

/**
 * gst_format_of_mode() - find a format by its hgatp.MODE
 * @mode: the encoding. Any 64-bit value is allowed.
 *
 * Context: Any.
 * Return: the format, or NULL if this XLEN has no format with that encoding.
 */
const struct gst_format *gst_format_of_mode(uint64_t mode);

/**
 * gst_format_of_name() - find a format by its name
 * @name: a NUL-terminated name such as "sv39x4", in lower case
 *
 * Context: Any.
 * Return: the format, or NULL if this XLEN has no format with that name.
 */
const struct gst_format *gst_format_of_name(const char *name);

/**
 * gst_format_fitting() - find the narrowest format that has enough gpa bits
 * @modes: the formats to choose from, as a bitmask of hgatp.MODE encodings (bit 8 is Sv39x4)
 * @gpa_bits: how many gpa bits are needed. With 0 the narrowest format is found.
 *
 * Context: Any.
 * Return: the format, or NULL if no format of @modes and this XLEN is wide enough.
 */
const struct gst_format *gst_format_fitting(uint64_t modes, uint64_t gpa_bits);

/**
 * gst_format_widest() - find the widest format of a set
 * @modes: the formats to choose from, as a bitmask of hgatp.MODE encodings
 *
 * Context: Any.
 * Return: the format, or NULL if @modes names no format of this XLEN.
 */
const struct gst_format *gst_format_widest(uint64_t modes);

/**
 * gst_format_size() - the size of the guest physical address space of a format
 * @fmt: the format
 *
 * Context: Any.
 * Return: the size in bytes, which is also the first gpa above the format.
 */
static inline gst_gpa_t gst_format_size(const struct gst_format *fmt)
{
	/* The geometry may be a smaller one in a proof: do not use gpa_bits here. */
	return UINT64_C(1) << (GST_LEVEL_SHIFT(fmt->levels) + GST_ROOT_XBITS);
}

/**
 * gst_nested_pte_reads() - how many PTEs a hart reads for a TLB miss of a guest
 * @guest_levels: the levels of the guest's own page tables, 0 if the guest does not page
 * @fmt: the G-stage format
 *
 * The G-stage translates the gpa of each guest PTE, and finally the gpa that the
 * guest accesses. A hart that caches parts of a walk reads fewer PTEs.
 *
 * Context: Any.
 * Return: the number of reads without such caches.
 */
static inline unsigned int gst_nested_pte_reads(unsigned int guest_levels,
						const struct gst_format *fmt)
{
	return (guest_levels + 1) * (fmt->levels + 1u) - 1;
}

#endif /* GST_FORMAT_H */
