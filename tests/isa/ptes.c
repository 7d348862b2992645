// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * PTEs that the engine would never make, written by hand into its tables. The hart must refuse
 * them, and gst_check() must find them.
 */
#include "groups.h"
#include "pte.h"
#include "say.h"

#define COMBINATIONS (ISA_COUNT / 8)

/* The bits to flip: all bits below the PPN, and all defined or reserved bits above it. */
static const uint8_t flags[] = {
	0,  1,  2,  3,  4,  5,  6,  7,  8, 9,
#if GST_XLEN == 64
	54, 55, 56, 57, 58, 61, 62, 63,
#endif
};
#define FLAGS (sizeof(flags) / sizeof(flags[0]))

static unsigned int check_count(struct guest *guest)
{
	return gst_check(&guest->space, NULL, NULL);
}

/* Must gst_check() find this PTE? It does not know the hart's extensions and accepts N and PBMT. */
static bool checkable(gst_pte_t pte)
{
#if GST_XLEN == 64
	if ((pte >> 63 && !hart.svnapot) || ((pte >> 61 & 3) && !hart.svpbmt))
		return false;
#endif
	/* gst_check() would follow a pointer, but the arena has no tables. */
	if ((pte & 0xf) == 1)
		return false;
	/* A PTE without A faults, but it violates no invariant. */
	return !(pte & 1) || (pte & 64);
}

/* Write @pte to @slot, let the hart use it, and restore the old value. */
static void try_leaf(struct guest *guest, gst_pte_t *slot, gst_pte_t pte, unsigned int level,
		     gst_gpa_t gpa)
{
	gst_pte_t before = *slot;
	bool refused = true;

	*slot = pte;
	hart_fence_all(guest->vmid);
	for (enum access kind = ACCESS_LOAD; kind < ACCESS_KINDS; kind++) {
		struct expect expect = pte_expect(pte, level, gpa, kind);

		refused &= expect.fault;
		if (!check_hart(guest, kind, gpa, &expect))
			say("# the PTE of level %u was %x\n", level, (uint64_t)pte);
	}
	if (refused && checkable(pte) && !check_count(guest))
		difference("%s: gst_check accepts PTE %x of level %u, which faults", guest->name,
			   (uint64_t)pte, level);
	*slot = before;
	hart_fence_all(guest->vmid);
}

/* A random bit below or above the PPN, or one that misaligns a huge leaf. */
static gst_pte_t random_bit(unsigned int level)
{
	unsigned int low_ppn = level ? (GST_XLEN == 64 ? 9 : 10) * level : 4;
	unsigned int n = rng_below(FLAGS + 4);

	return n < FLAGS ? PTE_BIT(flags[n]) : PTE_BIT(10 + rng_below(low_ppn));
}

static void try_leaves(struct guest *guest, unsigned int level)
{
	gst_gpa_t gpa = place_gpa(guest, level);
	gst_pte_t *slot;

	guest_unmap_all(guest);
	guest_map(guest, gpa, GST_LEVEL_SIZE(level), place_pa(level), GST_RWX, level);
	slot = pte_slot(gpa, level);
	if (!slot || !*slot) {
		difference("%s: no PTE of level %u at gpa %x", guest->name, level, gpa);
		return;
	}
	for (unsigned int i = 0; i < FLAGS; i++)
		try_leaf(guest, slot, *slot ^ PTE_BIT(flags[i]), level,
			 random_in(model_find(gpa)) & ~UINT64_C(7));
	for (unsigned int i = 0; i < COMBINATIONS; i++) {
		gst_pte_t pte = *slot;

		/*
		 * Flip at most three bits, so that the result is never a valid pointer to a
		 * table.
		 */
		for (unsigned int flips = 1 + rng_below(3); flips; flips--)
			pte ^= random_bit(level);
		try_leaf(guest, slot, pte, level, random_in(model_find(gpa)) & ~UINT64_C(7));
	}
}

/* Flip one bit at a time in a pointer. G and the two RSW bits have no effect, all others fault. */
static void try_pointers(struct guest *guest, unsigned int level)
{
	gst_gpa_t gpa = place_gpa(guest, 0);
	struct expect expect = { .fault = false };
	gst_pte_t *slot, before;

	guest_unmap_all(guest);
	guest_map(guest, gpa, 4096, place_pa(0), GST_RWX, 0);
	expect.pa = model_find(gpa)->pa;
	slot = pte_slot(gpa, level);
	before = *slot;
	for (unsigned int i = 0; i < FLAGS; i++) {
		expect.fault = flags[i] != 5 && flags[i] != 8 && flags[i] != 9;
		*slot = before ^ PTE_BIT(flags[i]);
		hart_fence_all(guest->vmid);
		for (enum access kind = ACCESS_LOAD; kind < ACCESS_KINDS; kind++)
			if (!check_hart(guest, kind, gpa, &expect))
				say("# the pointer of level %u was %x\n", level, (uint64_t)*slot);
		/*
		 * Without V, or with R, W or X, it is not a pointer any more, but still
		 * violates an invariant.
		 */
		if (!check_count(guest))
			difference("%s: gst_check accepts the pointer %x of level %u", guest->name,
				   (uint64_t)*slot, level);
		*slot = before;
	}
	hart_fence_all(guest->vmid);
}

void group_ptes(struct guest *guest)
{
	const struct gst_format *fmt = guest_format(guest);
	unsigned int before = check_accesses;

	/* The hart must not change A and D. */
	hart_enable_adu(false);
	for (unsigned int level = 0; level < fmt->levels; level++)
		try_leaves(guest, level);
	result(guest->name,
	       "leaves written by hand: reserved bits, misaligned, without U: %u accesses",
	       check_accesses - before);

	before = check_accesses;
	for (unsigned int level = 1; level < fmt->levels; level++)
		try_pointers(guest, level);
	result(guest->name, "pointers written by hand: reserved bits: %u accesses",
	       check_accesses - before);
}

#if GST_XLEN == 64
/* A PTE of a 64 KiB leaf that maps the first pages of the arena. */
static gst_pte_t napot_pte(void)
{
	return (gst_pte_t)(arena_base() >> 12 | 8) << 10 | 0xdf | PTE_BIT(63);
}

static gst_pte_t *map_small(struct guest *guest, gst_gpa_t *gpa)
{
	guest_unmap_all(guest);
	*gpa = place_gpa(guest, 0);
	guest_map(guest, *gpa, 4096, place_pa(0), GST_RWX, 0);
	return pte_slot(*gpa, 0);
}

bool probe_svnapot(struct guest *guest)
{
	gst_gpa_t gpa;
	gst_pte_t *slot = map_small(guest, &gpa), before = *slot;
	struct outcome outcome;

	*slot = napot_pte();
	hart_fence_all(guest->vmid);
	outcome = hart_access(ACCESS_LOAD, gpa, 0);
	*slot = before;
	hart_fence_all(guest->vmid);
	return !outcome.cause;
}

/* Try each memory type at every level. Type 3 is reserved. */
static void try_pbmt(struct guest *guest)
{
	for (unsigned int level = 0; level < guest_format(guest)->levels; level++) {
		gst_gpa_t gpa = place_gpa(guest, level), at;
		gst_pte_t *slot;

		guest_unmap_all(guest);
		guest_map(guest, gpa, GST_LEVEL_SIZE(level), place_pa(level), GST_RWX, level);
		slot = pte_slot(gpa, level);
		at = random_in(model_find(gpa)) & ~UINT64_C(7);
		for (gst_pte_t pbmt = 1; pbmt < 4; pbmt++)
			try_leaf(guest, slot, *slot | pbmt << 61, level, at);
	}
}

void group_extension_ptes(struct guest *guest)
{
	unsigned int before = check_accesses;
	bool svpbmt = hart.svpbmt;
	gst_gpa_t gpa;
	gst_pte_t *slot = map_small(guest, &gpa);

	/*
	 * Try all values of the low 4 bits of the PPN: one is a 64 KiB leaf, the others are
	 * reserved.
	 */
	for (gst_pte_t low = 0; low < 16; low++)
		try_leaf(guest, slot, napot_pte() ^ low << 10, 0, gpa | (rng() & 0xff8));
	result(guest->name,
	       hart.svnapot ? "Svnapot: 64 KiB leaves translate, other sizes fault: %u accesses" :
			      "no Svnapot: PTEs with N fault: %u accesses",
	       check_accesses - before);

	before = check_accesses;
	try_pbmt(guest);
	result(guest->name,
	       svpbmt ? "Svpbmt: leaves with a memory type translate: %u accesses" :
			"no Svpbmt: PTEs with a memory type fault: %u accesses",
	       check_accesses - before);
	if (!svpbmt)
		return;
	before = check_accesses;
	hart_enable_pbmt(false);
	hart.svpbmt = false;
	try_pbmt(guest);
	hart.svpbmt = true;
	hart_enable_pbmt(true);
	result(guest->name, "Svpbmt switched off: PTEs with a memory type fault: %u accesses",
	       check_accesses - before);
}
#else
bool probe_svnapot(struct guest *guest)
{
	(void)guest;
	return false;
}
#endif
