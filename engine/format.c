// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: the table of formats, and how to choose one.
 *
 * This table is the only place that knows how formats differ. Functions here return
 * formats of the XLEN that the engine is built for.
 */
#include <gst/format.h>

const struct gst_format gst_formats[GST_FORMATS] = {
	{ "sv32x4", GST_MODE_SV32X4, 32, 2, 10, 4, 34 },
	{ "sv39x4", GST_MODE_SV39X4, 64, 3, 9, 8, 41 },
	{ "sv48x4", GST_MODE_SV48X4, 64, 4, 9, 8, 50 },
	{ "sv57x4", GST_MODE_SV57X4, 64, 5, 9, 8, 59 },
};

static bool same_name(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

const struct gst_format *gst_format_of_mode(uint64_t mode)
{
	for (unsigned int i = 0; i < GST_FORMATS; i++)
		if (gst_formats[i].xlen == GST_XLEN && gst_formats[i].mode == mode)
			return &gst_formats[i];
	return NULL;
}

const struct gst_format *gst_format_of_name(const char *name)
{
	for (unsigned int i = 0; i < GST_FORMATS; i++)
		if (gst_formats[i].xlen == GST_XLEN && same_name(gst_formats[i].name, name))
			return &gst_formats[i];
	return NULL;
}

static bool format_in(const struct gst_format *fmt, uint64_t modes)
{
	return fmt->xlen == GST_XLEN && (modes >> fmt->mode & 1);
}

const struct gst_format *gst_format_fitting(uint64_t modes, uint64_t gpa_bits)
{
	for (unsigned int i = 0; i < GST_FORMATS; i++)
		if (format_in(&gst_formats[i], modes) && gst_formats[i].gpa_bits >= gpa_bits)
			return &gst_formats[i];
	return NULL;
}

const struct gst_format *gst_format_widest(uint64_t modes)
{
	for (unsigned int i = GST_FORMATS; i-- > 0;)
		if (format_in(&gst_formats[i], modes))
			return &gst_formats[i];
	return NULL;
}
