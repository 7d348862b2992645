// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Leaves of every level and permission: inside of them, and next to them.
 */
#include "groups.h"
#include "say.h"

#define LEAVES 24

static const char *const level_names[] = {
	"4 KiB leaves: %u accesses at the edges of leaves and at random gpas",
	GST_XLEN == 32 ? "4 MiB leaves: %u accesses at the edges of leaves and at random gpas" :
			 "2 MiB leaves: %u accesses at the edges of leaves and at random gpas",
	"1 GiB leaves: %u accesses at the edges of leaves and at random gpas",
	"512 GiB leaves: %u accesses at the edges of leaves and at random gpas",
	"256 TiB leaves: %u accesses at the edges of leaves and at random gpas",
};

/* Map the first and the last leaf of each of the root's four pages, if they fit. */
static void map_quarters(struct guest *guest, unsigned int level)
{
	uint64_t span = guest_size(guest) / 4, size = GST_LEVEL_SIZE(level);

	for (unsigned int quarter = 0; quarter < 4; quarter++) {
		gst_gpa_t first = quarter * span, last = first + span - size;

		if (place_is_free(first, size))
			guest_map(guest, first, size, place_pa(level), GST_RWX, level);
		if (place_is_free(last, size))
			guest_map(guest, last, size, place_pa(level), GST_RWX, level);
		check_edges(guest, first, first + size);
		check_edges(guest, last, last + size);
	}
}

void group_leaves(struct guest *guest)
{
	const struct gst_format *fmt = guest_format(guest);
	unsigned int before = check_accesses;

	check_random(guest, guest_size(guest), ISA_COUNT);
	result(guest->name, "nothing is mapped: %u random gpas fault", check_accesses - before);

	for (unsigned int level = 0; level < fmt->levels; level++) {
		guest_unmap_all(guest);
		before = check_accesses;
		map_quarters(guest, level);
		for (unsigned int i = 0; i < LEAVES; i++) {
			gst_gpa_t gpa = place_gpa_in(guest, level, i % 4);

			guest_map(guest, gpa, GST_LEVEL_SIZE(level), place_pa(level), random_attr(),
				  level);
			check_edges(guest, gpa, gpa + GST_LEVEL_SIZE(level));
		}
		check_random(guest, guest_size(guest), ISA_COUNT);
		result(guest->name, level_names[level], check_accesses - before);
	}

	/* Map leaves of all levels, the large ones first, so that small ones cut them. */
	guest_unmap_all(guest);
	for (unsigned int level = fmt->levels; level-- > 0;)
		for (unsigned int i = 0; i < LEAVES; i++)
			guest_map(guest, place_gpa(guest, level), GST_LEVEL_SIZE(level),
				  place_pa(level), random_attr(), level);
	check_invariants(guest);
	before = check_accesses;
	check_random(guest, guest_size(guest), ISA_COUNT);
	result(guest->name, "leaves of all levels: %u random gpas translate as gst_lookup found",
	       check_accesses - before);
}

/*
 * "If any of the bits above the format are set, a guest-page-fault exception is raised". With
 * XLEN 32 the guest's PTEs cannot name such an address.
 */
void group_above(struct guest *guest)
{
	unsigned int bits = guest_format(guest)->gpa_bits, before = check_accesses;

	if (GST_XLEN == 32)
		return;
	guest_unmap_all(guest);
	for (unsigned int i = 0; i < LEAVES; i++)
		guest_map(guest, place_gpa(guest, 0), 4096, place_pa(0), GST_RWX, 0);
	for (unsigned int i = 0; i < ISA_COUNT; i++) {
		gst_gpa_t gpa = model.ranges[rng_below(model.n)].start + (rng() & 0xff8);

		/* Set one bit above the format, or any bits. */
		if (i & 1)
			gpa |= UINT64_C(1) << (bits + rng_below(64 - bits));
		else
			gpa |= (rng() | 1) << bits;
		check_any(guest, gpa);
	}
	result(guest->name, "above the format: %u gpas fault", check_accesses - before);
}

void group_permissions(struct guest *guest)
{
	const struct gst_format *fmt = guest_format(guest);
	unsigned int before = check_accesses;

	guest_unmap_all(guest);
	for (unsigned int level = 0; level < fmt->levels; level++) {
		for (unsigned int i = 0; i < 4; i++) {
			gst_attr_t attr =
				GST_READ | (i & 1 ? GST_WRITE : 0) | (i & 2 ? GST_EXEC : 0);

			guest_unmap_all(guest);
			guest_map(guest, place_gpa_in(guest, level, i), GST_LEVEL_SIZE(level),
				  place_pa(level), attr, level);
			check_random(guest, guest_size(guest), ISA_COUNT / 16);
		}
	}
	result(guest->name, "R, RW, RX and RWX at each level: %u accesses",
	       check_accesses - before);
}
