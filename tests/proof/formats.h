/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The formats of the small geometry, instead of engine/format.c: those of XLEN 64, each with
 * PROOF_FEWER levels less. The engine takes the number of levels only from this table.
 */
#ifndef PROOF_FORMATS_H
#define PROOF_FORMATS_H

#include <gst/format.h>

const struct gst_format gst_formats[GST_FORMATS] = {
	{ "sv32x4", GST_MODE_SV32X4, 32, 2, 10, 4, 34 },
	{ "sv39x4", GST_MODE_SV39X4, 64, 3 - PROOF_FEWER, GST_INDEX_BITS, 8, 0 },
	{ "sv48x4", GST_MODE_SV48X4, 64, 4 - PROOF_FEWER, GST_INDEX_BITS, 8, 0 },
	{ "sv57x4", GST_MODE_SV57X4, 64, 5 - PROOF_FEWER, GST_INDEX_BITS, 8, 0 },
};

const struct gst_format *gst_format_of_mode(uint64_t mode)
{
	return mode >= 8 && mode <= 10 ? &gst_formats[mode - 7] : NULL;
}

#endif /* PROOF_FORMATS_H */
