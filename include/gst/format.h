/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: the G-stage page-table formats, as data.
 */
#ifndef GST_FORMAT_H
#define GST_FORMAT_H

#include <gst/base.h>

/**
 * enum gst_mode - the encodings of hgatp.MODE (privileged spec, "hgatp register")
 *
 * Sv32x4 exists for XLEN 32 alone, the others for XLEN 64 alone.
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
 * @name: as users write it, lower case: "sv39x4"
 * @mode: hgatp.MODE, an enum gst_mode
 * @xlen: the XLEN that has it
 * @levels: levels of tables, the root included; levels are counted from the
 *	leaves: level 0 holds 4 KiB leaves, the root's entries are of level
 *	@levels - 1
 * @index_bits: gpa bits that index a table below the root; the root takes two more
 * @pte_size: bytes of a PTE
 * @gpa_bits: bits of a guest physical address
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

/**
 * gst_formats - every format there is, narrowest first, of both XLENs
 *
 * Widths differ in the number of levels and the index bits; code must take them
 * from here and never from a mode's number.
 */
extern const struct gst_format gst_formats[GST_FORMATS];

/**
 * gst_format_of_mode() - the format of an hgatp.MODE
 * @mode: the encoding; any 64-bit value may be asked for
 *
 * Return: the format, of this build's XLEN, or NULL where @mode is none.
 */
const struct gst_format *gst_format_of_mode(uint64_t mode);

/**
 * gst_format_of_name() - the format of a name
 * @name: a NUL-terminated name such as "sv39x4"; case matters
 *
 * Return: the format, of this build's XLEN, or NULL where no format has that name.
 */
const struct gst_format *gst_format_of_name(const char *name);

/**
 * gst_format_fitting() - the narrowest format that holds a number of gpa bits
 * @modes: bitmask of hgatp.MODE encodings to choose from (bit 8 is Sv39x4)
 * @gpa_bits: the bits wanted, 0 for the narrowest there is
 *
 * Return: the format, or NULL where none of @modes is that wide.
 */
const struct gst_format *gst_format_fitting(uint64_t modes, uint64_t gpa_bits);

/**
 * gst_format_widest() - the widest format of a set
 * @modes: bitmask of hgatp.MODE encodings
 *
 * Return: the format, or NULL where @modes names none of this XLEN.
 */
const struct gst_format *gst_format_widest(uint64_t modes);

/**
 * gst_format_size() - bytes of guest physical address space of a format
 * @fmt: the format
 *
 * Return: the first gpa beyond the format.
 */
static inline gst_gpa_t gst_format_size(const struct gst_format *fmt)
{
	/* From the geometry and not from gpa_bits, so that a shrunken one fits too. */
	return UINT64_C(1) << (GST_LEVEL_SHIFT(fmt->levels) + GST_ROOT_XBITS);
}

/**
 * gst_nested_pte_reads() - PTE reads of a TLB miss under two stages
 * @guest_levels: levels of the guest's own tables; 0 where it does not page
 * @fmt: the G-stage format
 *
 * Each of the guest's PTEs, and the address at last, is a gpa that the G-stage
 * translates. Caches of walks are not counted.
 *
 * Return: the number of reads.
 */
static inline unsigned int gst_nested_pte_reads(unsigned int guest_levels,
						const struct gst_format *fmt)
{
	return (guest_levels + 1) * (fmt->levels + 1u) - 1;
}

#endif /* GST_FORMAT_H */
