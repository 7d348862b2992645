// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Svnapot and Svpbmt, as the engine uses them. A hart that has them translates. For a hart that
 * lacks them, the same tables have a reserved bit, and it faults.
 */
#include "groups.h"
#include "pte.h"
#include "say.h"

#if GST_XLEN == 64

#define NAPOT_SIZE UINT64_C(0x10000)

/* Access all 16 pages of each leaf of a range in all ways, and the pages next to the range. */
static void use(struct guest *guest, gst_gpa_t gpa, uint64_t size)
{
	for (gst_gpa_t page = gpa; page < gpa + size; page += 4096)
		check_any(guest, page + (rng() & 0xff8));
	check_edges(guest, gpa, gpa + size);
}

static void expect_leaf(struct guest *guest, gst_gpa_t gpa, uint64_t size)
{
	struct gst_leaf leaf;

	if (gst_lookup(&guest->space, gpa, &leaf) || leaf.size != size)
		difference("%s: gpa %x: expected a leaf of %x bytes, gst_lookup found %x",
			   guest->name, gpa, size, leaf.size);
	if (size > NAPOT_SIZE)
		return;
	/* Check all 16 PTEs, because the hart may use any of them. */
	for (gst_gpa_t page = leaf.gpa; page < leaf.gpa + size; page += 4096) {
		const gst_pte_t *slot = pte_slot(page, 0);
		bool napot = size == NAPOT_SIZE;

		if (!slot || *slot >> 63 != napot || (napot && (*slot >> 10 & 15) != 8))
			difference("%s: gpa %x: a leaf of %x has the PTE %x", guest->name, page,
				   size, slot ? *slot : 0);
	}
}

/* Map eight 64 KiB leaves in the middle of a hole. */
static gst_gpa_t map_napot(struct guest *guest, gst_pa_t *pa)
{
	gst_gpa_t gpa = place_gpa(guest, 1) + (1 + rng_below(16)) * NAPOT_SIZE;

	guest_unmap_all(guest);
	*pa = arena_base() + rng_below(128) * NAPOT_SIZE;
	guest_map(guest, gpa, 8 * NAPOT_SIZE, *pa, GST_RWX | GST_NAPOT, 0);
	for (unsigned int i = 0; i < 8; i++)
		expect_leaf(guest, gpa + i * NAPOT_SIZE, NAPOT_SIZE);
	use(guest, gpa, 8 * NAPOT_SIZE);
	return gpa;
}

static void finish_as(struct guest *guest, const char *what, int ret, struct gst_gather *gather,
		      gst_gpa_t gpa, uint64_t size)
{
	if (ret)
		difference("%s: %s of gpa %x, size %x returned -%u", guest->name, what, gpa, size,
			   (unsigned int)-ret);
	guest_finish(guest, gather, gpa, size);
	use(guest, gpa, size);
}

static void change_napot(struct guest *guest)
{
	gst_pa_t pa;
	gst_gpa_t gpa = map_napot(guest, &pa);
	gst_gpa_t page = gpa + ((gst_gpa_t)rng_below(128) << 12), leaf = page & ~(NAPOT_SIZE - 1);
	struct gst_gather gather;

	/* A change of a part breaks the leaf into 4 KiB leaves, and the rest of it stays. */
	guest_wrprotect(guest, page, 4096);
	expect_leaf(guest, page, 4096);
	use(guest, gpa, 8 * NAPOT_SIZE);
	guest_unmap(guest, page, 4096);
	use(guest, gpa, 8 * NAPOT_SIZE);

	/* Mapping it again makes the 64 KiB leaf again. */
	guest_map(guest, leaf, NAPOT_SIZE, pa + (leaf - gpa), GST_RWX | GST_NAPOT, 0);
	expect_leaf(guest, leaf, NAPOT_SIZE);
	use(guest, gpa, 8 * NAPOT_SIZE);
	guest_unmap(guest, leaf, NAPOT_SIZE);
	use(guest, gpa, 8 * NAPOT_SIZE);

	/* Map other memory in 4 KiB leaves, then collapse them. */
	guest_map(guest, leaf, NAPOT_SIZE, arena_base() + (ARENA_SIZE - NAPOT_SIZE), GST_RWX, 0);
	expect_leaf(guest, leaf, 4096);
	use(guest, leaf, NAPOT_SIZE);
	gst_gather_init(&gather, NULL);
	finish_as(guest, "gst_collapse",
		  gst_collapse(&guest->space, gpa, 8 * NAPOT_SIZE, 0, GST_NAPOT, &gather), &gather,
		  gpa, 8 * NAPOT_SIZE);
	expect_leaf(guest, leaf, NAPOT_SIZE);
	finish_as(guest, "gst_split", gst_split(&guest->space, page, 4096, 0, &gather), &gather,
		  gpa, 8 * NAPOT_SIZE);
	expect_leaf(guest, page, 4096);
}

/* The hart sets A in one of the 16 PTEs. Then the leaf is young, whichever page is asked for. */
static void age_napot(struct guest *guest)
{
	gst_pa_t pa;
	gst_gpa_t gpa = map_napot(guest, &pa);

	if (!hart.svadu)
		return;
	for (unsigned int i = 0; i < 16; i++) {
		gst_gpa_t used = gpa + (i << 12), asked = gpa + (rng_below(16) << 12);

		/* With Svadu, a hart may set A at any time, by speculation. */
		hart_enable_adu(false);
		gst_young(&guest->space, gpa, NAPOT_SIZE, true);
		hart_fence_all(guest->vmid);
		if (gst_young(&guest->space, gpa, NAPOT_SIZE, false))
			difference("%s: gpa %x is young after its A bits were cleared", guest->name,
				   gpa);
		hart_enable_adu(true);
		check_any(guest, used);
		if (gst_young(&guest->space, asked, 4096, false) != 1)
			difference("%s: gpa %x was used, but %x of the same leaf is not young",
				   guest->name, used, asked);
	}
	hart_enable_adu(false);
	gst_young(&guest->space, gpa, NAPOT_SIZE, true);
	hart_fence_all(guest->vmid);
	guest_map(guest, gpa, 8 * NAPOT_SIZE, pa, GST_RWX | GST_NAPOT, 0);
	use(guest, gpa, 8 * NAPOT_SIZE);
}

/* Map something that this hart does not support: every access must fault. */
static void expect_faults(struct guest *guest, gst_gpa_t gpa, uint64_t size, gst_attr_t attr,
			  unsigned int level)
{
	struct expect expect = { .fault = true };
	gst_pa_t pa = level ? place_pa(level) : arena_base();

	guest_unmap_all(guest);
	guest_map(guest, gpa, size, pa, GST_RWX | attr, level);
	for (unsigned int i = 0; i < 64; i++)
		check_hart(guest, (enum access)(i % ACCESS_KINDS),
			   random_in(model_find(gpa)) & ~UINT64_C(7), &expect);
	guest_unmap_all(guest);
}

static void group_napot(struct guest *guest)
{
	unsigned int before = check_accesses;

	if (!hart.svnapot) {
		expect_faults(guest, place_gpa(guest, 1), 8 * NAPOT_SIZE, GST_NAPOT, 0);
		result(guest->name, "no Svnapot: leaves mapped with GST_NAPOT fault: %u accesses",
		       check_accesses - before);
		return;
	}
	for (unsigned int i = 0; i < 8; i++)
		change_napot(guest);
	age_napot(guest);
	check_invariants(guest);
	result(guest->name, "64 KiB leaves are made, used, broken and made again: %u accesses",
	       check_accesses - before);
}

static void group_pbmt(struct guest *guest)
{
	unsigned int before = check_accesses;

	for (unsigned int level = 0; level < guest_format(guest)->levels; level++)
		for (unsigned int i = 0; i < 2; i++) {
			gst_attr_t type = i ? GST_IO : GST_NC;
			gst_gpa_t gpa = place_gpa(guest, level);
			uint64_t size = GST_LEVEL_SIZE(level);

			if (!hart.svpbmt) {
				expect_faults(guest, gpa, size, type, level);
				continue;
			}
			guest_unmap_all(guest);
			guest_map(guest, gpa, size, place_pa(level), random_attr() | type, level);
			check_random(guest, guest_size(guest), ISA_COUNT / 16);
			/* Change the type of a part. The fence must drop the old translation. */
			guest_map(guest, gpa, 4096, model_find(gpa)->pa, GST_READ, 0);
			check_random(guest, guest_size(guest), ISA_COUNT / 16);
		}
	check_invariants(guest);
	result(guest->name,
	       hart.svpbmt ? "memory types NC and IO at each level: %u accesses" :
			     "no Svpbmt: leaves mapped as NC or IO fault: %u accesses",
	       check_accesses - before);
}

void group_extensions(struct guest *guest)
{
	group_extension_ptes(guest);
	group_napot(guest);
	group_pbmt(guest);
}

#else

/* Sv32 has neither Svnapot nor Svpbmt. */
void group_extensions(struct guest *guest)
{
	(void)guest;
}

#endif
