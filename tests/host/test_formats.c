// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The table of formats, compared with the numbers of the privileged specification.
 */
#include <string.h>

#include "world.h"

/* hgatp.MODE, levels, gpa bits and PTE size, copied by hand from the specification. */
static const struct {
	const char *name;
	unsigned int mode, xlen, levels, index_bits, gpa_bits, pte_size;
} spec_formats[] = {
	{ "sv32x4", 1, 32, 2, 10, 34, 4 },
	{ "sv39x4", 8, 64, 3, 9, 41, 8 },
	{ "sv48x4", 9, 64, 4, 9, 50, 8 },
	{ "sv57x4", 10, 64, 5, 9, 59, 8 },
};

static void has_the_numbers_of_the_spec(struct world *w)
{
	const struct gst_format *fmt = w->fmt;

	for (unsigned int i = 0; i < 4; i++) {
		if (strcmp(fmt->name, spec_formats[i].name))
			continue;
		CHECK_EQ("case", fmt->mode, spec_formats[i].mode, "mode");
		CHECK_EQ("case", fmt->xlen, spec_formats[i].xlen, "xlen");
		CHECK_EQ("case", fmt->levels, spec_formats[i].levels, "levels");
		CHECK_EQ("case", fmt->index_bits, spec_formats[i].index_bits, "index bits");
		CHECK_EQ("case", fmt->gpa_bits, spec_formats[i].gpa_bits, "gpa bits");
		CHECK_EQ("case", fmt->pte_size, spec_formats[i].pte_size, "pte size");
		CHECK_EQ("case", gst_format_size(fmt), UINT64_C(1) << spec_formats[i].gpa_bits,
			 "size");
		CHECK_EQ("case", sizeof(gst_pte_t), spec_formats[i].pte_size, "gst_pte_t");
		return;
	}
	CHECK("case", false, "the specification has no format %s", fmt->name);
}

static void is_found_by_mode_and_name(struct world *w)
{
	CHECK("case", gst_format_of_mode(w->fmt->mode) == w->fmt, "not found by its mode");
	CHECK("case", gst_format_of_name(w->fmt->name) == w->fmt, "not found by its name");
	CHECK("case", gst_space_format(&w->space) == w->fmt,
	      "gst_space_format() returns another format");
}

static void no_other_mode_is_taken_for_it(struct world *w)
{
	uint64_t mode = w->fmt->mode;

	for (unsigned int bit = 4; bit < 64; bit++)
		CHECK("case", !gst_format_of_mode(mode | UINT64_C(1) << bit),
		      "mode %llu plus 2^%u finds the format", (unsigned long long)mode, bit);
	CHECK("case", !gst_format_of_mode(0), "mode 0 (Bare) finds a format");
	CHECK("case", !gst_format_of_mode(mode + 64), "mode plus 64 finds a format");
	CHECK("case", !gst_format_of_mode(~UINT64_C(0)), "mode ~0 finds a format");
	CHECK("case", !gst_format_of_mode(GST_XLEN == 64 ? 1 : 8),
	      "found a format of another XLEN");
}

static void no_other_name_is_taken_for_it(struct world *w)
{
	char name[16];
	size_t n = strlen(w->fmt->name);

	memcpy(name, w->fmt->name, n + 1);
	name[n - 1] = 0;
	CHECK("case", !gst_format_of_name(name), "a prefix of the name finds the format");
	memcpy(name, w->fmt->name, n + 1);
	strcat(name, "4");
	CHECK("case", !gst_format_of_name(name), "a longer name finds the format");
	memcpy(name, w->fmt->name, n + 1);
	name[0] = 'S';
	CHECK("case", !gst_format_of_name(name), "a name in upper case finds the format");
	CHECK("case", !gst_format_of_name(""), "an empty name finds a format");
	CHECK("case", !gst_format_of_name(GST_XLEN == 64 ? "sv32x4" : "sv39x4"),
	      "found a format of another XLEN");
}

static void is_the_narrowest_that_fits_its_bits(struct world *w)
{
	unsigned int bits = w->fmt->gpa_bits, narrower = 0;
	const struct gst_format *fmt;

	for (unsigned int i = 0; i < 4; i++)
		if (spec_formats[i].xlen == GST_XLEN && spec_formats[i].gpa_bits < bits)
			narrower = spec_formats[i].gpa_bits;

	for (unsigned int want = narrower + 1; want <= bits; want++) {
		fmt = gst_format_fitting(~UINT64_C(0), want);
		CHECK("case", fmt == w->fmt, "for %u bits, found %s", want,
		      fmt ? fmt->name : "nothing");
	}
	fmt = gst_format_fitting(~UINT64_C(0), bits + 1);
	CHECK("case", !fmt || fmt->gpa_bits > bits, "the format found for %u bits is too narrow",
	      bits + 1);
	/* The set has only this format. */
	fmt = gst_format_fitting(UINT64_C(1) << w->fmt->mode, 0);
	CHECK("case", fmt == w->fmt, "not found for 0 bits");
	CHECK("case", !gst_format_fitting(UINT64_C(1) << w->fmt->mode, bits + 1),
	      "found for too many bits");
	CHECK("case", !gst_format_fitting(0, 0), "an empty set has a format");
	CHECK("case", !gst_format_fitting(~UINT64_C(0), 60), "found for 60 bits");
	CHECK("case", !gst_format_fitting(~UINT64_C(0), ~UINT64_C(0)), "found for 2^64-1 bits");
}

static void is_the_widest_of_those_up_to_it(struct world *w)
{
	uint64_t modes = (UINT64_C(2) << w->fmt->mode) - 1;

	CHECK("case", gst_format_widest(modes) == w->fmt, "another format is the widest");
	CHECK("case", gst_format_widest(UINT64_C(1) << w->fmt->mode) == w->fmt,
	      "not found in a set of one");
	CHECK("case", !gst_format_widest(0), "an empty set has a widest format");
	CHECK("case", !gst_format_widest(GST_XLEN == 64 ? 2 : 0x700), "found one of another XLEN");
}

static void nested_misses_read_as_many_ptes_as_the_spec_makes_them(struct world *w)
{
	/* The hart walks for each guest PTE and reads it, then walks for the final address. */
	for (unsigned int guest = 0; guest <= 5; guest++) {
		unsigned int reads = 0;

		for (unsigned int step = 0; step < guest; step++)
			reads += spec_levels(w->fmt->mode) + 1;
		reads += spec_levels(w->fmt->mode);
		CHECK_EQ("case", gst_nested_pte_reads(guest, w->fmt), reads, "PTE reads");
	}
}

static void level_sizes_are_those_of_the_spec(struct world *w)
{
	for (unsigned int level = 0; level <= w_top(w); level++)
		CHECK_EQ("case", GST_LEVEL_SIZE(level), w_size(w, level), "GST_LEVEL_SIZE");
	CHECK_EQ("case", GST_PA_END, UINT64_C(1) << (GST_XLEN == 64 ? 56 : 34), "GST_PA_END");
}

static const struct property properties[] = {
	{ "the format has the numbers of the specification", has_the_numbers_of_the_spec },
	{ "the format is found by its mode and by its name", is_found_by_mode_and_name },
	{ "no other mode finds the format", no_other_mode_is_taken_for_it },
	{ "no other name finds the format", no_other_name_is_taken_for_it },
	{ "the format is the narrowest for its gpa bits", is_the_narrowest_that_fits_its_bits },
	{ "the format is the widest of itself and narrower ones", is_the_widest_of_those_up_to_it },
	{ "a nested TLB miss reads as many PTEs as the specification says",
	  nested_misses_read_as_many_ptes_as_the_spec_makes_them },
	{ "each level spans what the specification says", level_sizes_are_those_of_the_spec },
};

int main(void)
{
	return RUN(properties);
}
