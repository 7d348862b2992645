// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Changes of format after the hart has used the tables.
 */
#include "groups.h"
#include "say.h"

#if GST_XLEN == 64

#define CHECKS (ISA_COUNT / 4)

static uint64_t narrower_size(const struct gst_format *a, const struct gst_format *b)
{
	return gst_format_size(a->levels < b->levels ? a : b);
}

/* Map leaves of all levels that fit below @size, with the first and the last of each quarter. */
static void fill(struct guest *guest, uint64_t size)
{
	for (unsigned int level = guest_format(guest)->levels; level-- > 0;) {
		uint64_t leaf = GST_LEVEL_SIZE(level);

		if (leaf > size / 4)
			continue;
		for (unsigned int i = 0; i < 8; i++) {
			gst_gpa_t quarter = i % 4 * (size / 4);

			guest_map(guest, quarter + (rng() & (size / 4 - 1) & ~(leaf - 1)), leaf,
				  place_pa(level), random_attr(), level);
			guest_map(guest, quarter + (i < 4 ? 0 : size / 4 - leaf), leaf,
				  place_pa(level), random_attr(), level);
		}
	}
}

static void expect_reformat(struct guest *guest, const struct gst_format *to, int want)
{
	unsigned long before = csr_read(hgatp);
	int got = guest_reformat(guest, to);

	if (got != want)
		difference("%s: gst_reformat to %s returned -%u, expected -%u", guest->name,
			   to->name, (unsigned int)-got, (unsigned int)-want);
	if (csr_read(hgatp) != hart_hgatp(gst_root(&guest->space), guest->vmid))
		difference("%s: hgatp is %x after gst_reformat to %s, and was %x before",
			   guest->name, (uint64_t)csr_read(hgatp), to->name, (uint64_t)before);
}

/* Change the format and change it back, twice, with more mapped and unmapped in between. */
static void there_and_back(const struct gst_format *from, const struct gst_format *to)
{
	const struct gst_format *wide = from->levels > to->levels ? from : to;
	uint64_t low = narrower_size(from, to), high = gst_format_size(wide);
	static struct guest guest;
	unsigned int before = check_accesses;

	guest_load(&guest, from, 1);
	fill(&guest, low);
	for (unsigned int round = 0; round < 4; round++) {
		const struct gst_format *next = round & 1 ? from : to;

		check_random(&guest, low, CHECKS);
		check_random(&guest, high, CHECKS);
		if (guest_format(&guest) == wide) {
			/*
			 * With a page above the narrower format, the change is refused and
			 * nothing changes.
			 */
			guest_map(&guest, low, GST_PAGE_SIZE, place_pa(0), GST_RWX, 0);
			expect_reformat(&guest, next, -GST_ERANGE);
			check_random(&guest, high, CHECKS);
			guest_unmap(&guest, low, GST_PAGE_SIZE);
			/* Leave only a part of a leaf below the end of the narrower format. */
			if (round & 2)
				guest_map(&guest, 0, low / 4, place_pa(wide->levels - 2), GST_RWX,
					  wide->levels - 2);
		}
		check_random(&guest, low, CHECKS);
		expect_reformat(&guest, next, 0);
		check_random(&guest, low, CHECKS);
		check_random(&guest, high, CHECKS);
		check_edges(&guest, low - GST_PAGE_SIZE, low);
		check_invariants(&guest);
		guest_unmap(&guest, rng() & (low / 2 - 1) & ~UINT64_C(4095), low / 4);
	}
	say("# %s to %s: %u loads of hgatp\n", from->name, to->name, guest.reloads);
	guest_unload(&guest);
	if (mem_pages_used())
		difference("%s: %u pages are not freed", guest.name, mem_pages_used());
	result(from->name,
	       to->levels == 3 ? "to sv39x4 and back, twice: %u accesses" :
	       to->levels == 4 ? "to sv48x4 and back, twice: %u accesses" :
				 "to sv57x4 and back, twice: %u accesses",
	       check_accesses - before);
}

void group_reformat(void)
{
	for (unsigned int i = 0; i < GST_FORMATS; i++)
		for (unsigned int j = 0; j < GST_FORMATS; j++)
			if (i != j && hart_has(&gst_formats[i]) && hart_has(&gst_formats[j]))
				there_and_back(&gst_formats[i], &gst_formats[j]);
}
#else
/* XLEN 32 has only one format. */
void group_reformat(void)
{
}
#endif
