// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Two guests in turn, with different VMIDs. A change of hgatp needs no fence, and a change of one
 * guest needs only a fence of its VMID.
 */
#include "groups.h"
#include "say.h"

#define PLACES 16

static struct guest guests[2];

struct place {
	gst_gpa_t gpa;
	struct expect expect[2];
};

static struct place places[PLACES];

static void look(unsigned int which)
{
	struct guest *guest = &guests[which];

	hart_load(hart_hgatp(gst_root(&guest->space), guest->vmid));
	for (unsigned int i = 0; i < PLACES; i++) {
		struct expect expect = places[i].expect[which];
		uint64_t offset = rng() & 0xff8;

		expect.pa += offset;
		check_hart(guest, (enum access)rng_below(ACCESS_KINDS), places[i].gpa + offset,
			   &expect);
	}
}

static void map(unsigned int which, unsigned int i, gst_pa_t pa)
{
	guest_map(&guests[which], places[i].gpa, 4096, pa, GST_RWX, 0);
	places[i].expect[which] = (struct expect){ .pa = pa };
}

static void unmap(unsigned int which, unsigned int i)
{
	guest_unmap(&guests[which], places[i].gpa, 4096);
	places[i].expect[which].fault = true;
}

void group_vmids(const struct gst_format *fmt)
{
	unsigned int before = check_accesses;

	if (hart.vmid_bits < 2)
		return;
	guest_load(&guests[0], fmt, 1);
	guest_load(&guests[1], fmt, 2);
	for (unsigned int i = 0; i < PLACES; i++) {
		places[i].gpa = place_gpa(&guests[0], 0);
		map(0, i, arena_base() + i * 4096);
		map(1, i, arena_base() + (i + PLACES) * 4096);
	}
	for (unsigned int round = 0; round < 64; round++) {
		unsigned int which = rng_below(2), i = rng_below(PLACES);

		look(round & 1);
		look(!(round & 1));
		/* Change the guest in hgatp or the other one. */
		if (places[i].expect[which].fault)
			map(which, i, arena_base() + (rng_below(1024) << 12));
		else
			unmap(which, i);
		look(which);
	}
	guest_unload(&guests[0]);
	guest_unload(&guests[1]);
	result(fmt->name, "two guests in turn, each with its own VMID: %u accesses",
	       check_accesses - before);
}
