// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The A bit: gst_young() clears it, and the hart sets it or faults.
 */
#include "groups.h"
#include "say.h"

static void expect_young(struct guest *guest, gst_gpa_t gpa, uint64_t size, bool clear, int want)
{
	int got = gst_young(&guest->space, gpa, size, clear);

	if (got != want)
		difference("%s: gst_young of gpa %x, size %x returned %u, expected %u from the "
			   "hart's accesses",
			   guest->name, gpa, size, (unsigned int)got, (unsigned int)want);
}

/*
 * Clear A of the leaf at @gpa, and let the hart use the leaf at @at. gst_young() needs no flush,
 * but here a fence makes the hart read the PTE again at once.
 */
static void age(struct guest *guest, gst_gpa_t gpa, uint64_t size, gst_gpa_t at, enum access kind)
{
	struct expect expect = { .fault = true };
	const struct range *range = model_find(at);

	expect_young(guest, gpa, size, true, 1);
	expect_young(guest, gpa, size, false, 0);
	hart_fence_all(guest->vmid);

	/* With Svade the hart faults. A hart with neither Svade nor Svadu may set A instead. */
	hart_enable_adu(false);
	if (hart.svadu)
		check_hart(guest, kind, at, &expect);
	else
		hart_access(kind, at, 0);
	if (hart.svadu)
		expect_young(guest, gpa, size, false, 0);

	/* With Svadu the hart sets A. */
	if (hart.svadu) {
		hart_enable_adu(true);
		expect.fault = false;
		expect.pa = range->pa + (at - range->start);
		check_hart(guest, kind, at, &expect);
		expect_young(guest, gpa, size, false, 1);
		expect_young(guest, at & ~UINT64_C(4095), 4096, true, 1);
		hart_enable_adu(false);
	}

	/* gst_map(), which a fault handler calls, sets A, too. */
	guest_map(guest, gpa, size, range->pa + (gpa - range->start), range->attr, GST_LEVELS_MAX);
	check_gpa(guest, kind, at);
	expect_young(guest, gpa, size, false, 1);
}

void group_young(struct guest *guest)
{
	unsigned int before = check_accesses;

	for (unsigned int level = 0; level < guest_format(guest)->levels; level++) {
		gst_gpa_t gpa = place_gpa(guest, level);

		guest_unmap_all(guest);
		guest_map(guest, gpa, GST_LEVEL_SIZE(level), place_pa(level), GST_RWX, level);
		for (unsigned int i = 0; i < 16; i++)
			age(guest, gpa, GST_LEVEL_SIZE(level),
			    random_in(model_find(gpa)) & ~UINT64_C(7),
			    (enum access)rng_below(ACCESS_KINDS));
	}
	check_invariants(guest);
	result(guest->name,
	       hart.svadu ? "the A bit, with Svade and with Svadu: %u accesses" :
			    "the A bit, as this hart handles it: %u accesses",
	       check_accesses - before);
}
