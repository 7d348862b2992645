// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Operations on leaves that the hart has used: what the hart has cached must be gone after the
 * fence that the engine asks for.
 */
#include "groups.h"
#include "say.h"

#define ROUNDS (ISA_COUNT / 256 + 1)

/* A leaf that the hart has used, and the part of it that maps the arena. */
struct piece {
	gst_gpa_t leaf;
	uint64_t leaf_size;
	gst_gpa_t gpa;
	uint64_t size;
	gst_pa_t pa;
};

static void use(struct guest *guest, const struct range *range)
{
	struct range all = *range;

	for (unsigned int i = 0; i < 24; i++)
		check_any(guest, random_in(&all) & ~UINT64_C(7));
}

static void use_piece(struct guest *guest, const struct piece *piece)
{
	struct range leaf = { .start = piece->leaf, .end = piece->leaf + piece->leaf_size };
	struct range part = { .start = piece->gpa, .end = piece->gpa + piece->size };

	leaf.pa = piece->pa - (piece->gpa - piece->leaf);
	part.pa = piece->pa;
	use(guest, &leaf);
	use(guest, &part);
	check_edges(guest, part.start, part.end);
}

static struct piece piece_of_leaf(struct guest *guest, unsigned int level, gst_attr_t attr)
{
	struct piece piece = { .leaf = place_gpa(guest, level),
			       .leaf_size = GST_LEVEL_SIZE(level) };
	const struct range *range;
	uint64_t left;

	guest_unmap_all(guest);
	guest_map(guest, piece.leaf, piece.leaf_size, place_pa(level), attr, level);
	range = model_find(piece.leaf);
	piece.gpa = random_in(range) & ~UINT64_C(4095);
	piece.pa = range->pa + (piece.gpa - range->start);
	left = range->end - piece.gpa;
	if (left > arena_base() + ARENA_SIZE - piece.pa)
		left = arena_base() + ARENA_SIZE - piece.pa;
	piece.size = (rng_in(left >> 12) + 1) << 12;
	use_piece(guest, &piece);
	return piece;
}

static void change_unmap(struct guest *guest, unsigned int level)
{
	struct piece piece = piece_of_leaf(guest, level, GST_RWX);

	guest_unmap(guest, piece.gpa, piece.size);
	use_piece(guest, &piece);
}

/* Map other memory, or the same memory in smaller leaves or with fewer permissions. */
static void change_remap(struct guest *guest, unsigned int level)
{
	struct piece piece = piece_of_leaf(guest, level, GST_RWX);
	uint64_t room = (ARENA_SIZE - piece.size) >> 12;
	gst_pa_t pa = arena_base() + (room ? rng_in(room) << 12 : 0);

	guest_map(guest, piece.gpa, piece.size, rng() & 1 ? pa : piece.pa, random_attr(),
		  rng_below(level + 1));
	use_piece(guest, &piece);
}

/* Remove W and give it back: first to the piece, then to the leaf in its old size. */
static void change_protect(struct guest *guest, unsigned int level)
{
	struct piece piece = piece_of_leaf(guest, level, GST_RWX);
	gst_pa_t leaf_pa = piece.pa - (piece.gpa - piece.leaf);

	guest_wrprotect(guest, piece.gpa, piece.size);
	use_piece(guest, &piece);
	guest_map(guest, piece.gpa, piece.size, piece.pa, GST_RWX, 0);
	use_piece(guest, &piece);
	guest_map(guest, piece.leaf, piece.leaf_size, leaf_pa, GST_RWX, level);
	use_piece(guest, &piece);
}

/* GST_KEEP: a leaf that maps the same and allows more stays. Otherwise the new mapping is there. */
static void change_keep(struct guest *guest, unsigned int level)
{
	struct piece piece = piece_of_leaf(guest, level, random_attr());
	gst_attr_t attr = random_attr(), before = model_find(piece.gpa)->attr;
	bool same = rng() & 1;
	gst_pa_t pa = same ? piece.pa : arena_base();

	same |= pa == piece.pa;
	guest_map(guest, piece.gpa, piece.size, pa, attr | GST_KEEP, rng_below(level + 1));
	if (same && (before & attr) == attr)
		model_map(piece.gpa, piece.size, pa, before);
	use_piece(guest, &piece);
}

static void change_mask(struct guest *guest, unsigned int level)
{
	struct piece piece = piece_of_leaf(guest, level ? 1 : 0, GST_RWX);
	uint64_t mask = rng() & rng();
	struct gst_gather gather;

	/* Split to 4 KiB leaves, so that each leaf has only one of the 64 pages. */
	if (piece.gpa + (UINT64_C(64) << 12) > guest_size(guest) ||
	    !place_is_free(piece.gpa, UINT64_C(64) << 12))
		return;
	guest_unmap_all(guest);
	guest_map(guest, piece.gpa, UINT64_C(64) << 12, arena_base(), GST_RWX, 0);
	piece.pa = arena_base();
	piece.leaf = piece.gpa;
	piece.leaf_size = piece.size = UINT64_C(64) << 12;
	use_piece(guest, &piece);
	gst_gather_init(&gather, NULL);
	if (gst_wrprotect_mask(&guest->space, piece.gpa, mask | 1, &gather))
		difference("%s: gst_wrprotect_mask of gpa %x failed", guest->name, piece.gpa);
	guest_finish(guest, &gather, piece.gpa, piece.size);
	for (unsigned int i = 0; i < 64; i++)
		if ((mask | 1) >> i & 1)
			model_wrprotect(piece.gpa + ((gst_gpa_t)i << 12), 4096);
	use_piece(guest, &piece);
	for (unsigned int i = 0; i < 64; i++)
		check_gpa(guest, ACCESS_STORE, piece.gpa + ((gst_gpa_t)i << 12));
}

static void change_split(struct guest *guest, unsigned int level)
{
	struct piece piece = piece_of_leaf(guest, level, random_attr());
	unsigned int want = rng_below(level + 1);
	struct gst_gather gather;
	struct gst_leaf leaf;

	gst_gather_init(&gather, NULL);
	/* Split for one page: each level on the way needs a table. */
	if (gst_split(&guest->space, piece.gpa, 4096, want, &gather))
		difference("%s: gst_split of gpa %x failed", guest->name, piece.gpa);
	guest_finish(guest, &gather, piece.gpa, 4096);
	if (gst_lookup(&guest->space, piece.gpa, &leaf) || leaf.level != want)
		difference("%s: the leaf of gpa %x does not have level %u after gst_split",
			   guest->name, piece.gpa, want);
	use_piece(guest, &piece);
}

/* A table of small leaves becomes one large leaf, unless one of them differs. */
static void change_collapse(struct guest *guest, unsigned int level)
{
	struct piece piece = piece_of_leaf(guest, level, GST_RWX);
	bool alike = rng() & 1;
	struct gst_gather gather;
	struct gst_leaf leaf;

	gst_gather_init(&gather, NULL);
	if (gst_split(&guest->space, piece.gpa, 4096, level - 1, &gather))
		difference("%s: gst_split of gpa %x failed", guest->name, piece.gpa);
	guest_finish(guest, &gather, piece.gpa, 4096);
	if (!alike) {
		uint64_t small = GST_LEVEL_SIZE(level - 1);

		guest_wrprotect(guest, piece.gpa & ~(small - 1), small);
	}
	use_piece(guest, &piece);
	if (gst_collapse(&guest->space, piece.leaf, piece.leaf_size, level, 0, &gather))
		difference("%s: gst_collapse of gpa %x failed", guest->name, piece.leaf);
	guest_finish(guest, &gather, piece.leaf, piece.leaf_size);
	if (gst_lookup(&guest->space, piece.gpa, &leaf) ||
	    leaf.level != (alike ? level : level - 1))
		difference("%s: the leaf of gpa %x has level %u after gst_collapse", guest->name,
			   piece.gpa, leaf.level);
	use_piece(guest, &piece);
}

/* Fill pages around the end of a table. There is no table after it, so no page is mapped there. */
static void change_fill(struct guest *guest, unsigned int level)
{
	uint64_t table = GST_LEVEL_SIZE(1);
	gst_gpa_t end = place_gpa(guest, 1) + table, gpa = end - 40 * 4096;
	struct gst_page fill[64];
	struct gst_gather gather;
	int mapped = 0;

	(void)level;
	if (end + table > guest_size(guest) || !place_is_free(end, table))
		return;
	guest_unmap_all(guest);
	guest_map(guest, end - ((1 + rng_below(32)) << 12), 4096, place_pa(0), random_attr(), 0);
	check_edges(guest, gpa, end);
	for (unsigned int i = 0; i < 64; i++) {
		gst_gpa_t page = gpa + ((gst_gpa_t)i << 12);

		fill[i] = (struct gst_page){ place_pa(0), rng_below(4) ? random_attr() : 0 };
		if (page >= end || !fill[i].attr || model_find(page))
			continue;
		model_map(page, 4096, fill[i].pa, fill[i].attr);
		mapped++;
	}
	gst_gather_init(&gather, NULL);
	if (gst_fill(&guest->space, gpa, fill, 64, &gather) != mapped)
		difference("%s: gst_fill at gpa %x did not map %u pages", guest->name, gpa,
			   (unsigned int)mapped);
	guest_finish(guest, &gather, gpa, 64 * 4096);
	for (unsigned int i = 0; i < 64; i++)
		check_any(guest, gpa + ((gst_gpa_t)i << 12) + (rng() & 0xff8));
	check_edges(guest, gpa, end);
}

static void rounds(struct guest *guest, void (*change)(struct guest *guest, unsigned int level),
		   unsigned int from_level, const char *name)
{
	unsigned int before = check_accesses;

	for (unsigned int level = from_level; level < guest_format(guest)->levels; level++)
		for (unsigned int i = 0; i < ROUNDS; i++)
			change(guest, level);
	check_invariants(guest);
	result(guest->name, name, check_accesses - before);
}

void group_change(struct guest *guest)
{
	rounds(guest, change_unmap, 0, "unmapped after use: %u accesses");
	rounds(guest, change_remap, 0, "mapped elsewhere after use: %u accesses");
	rounds(guest, change_protect, 0,
	       "write-protected after use, then writable again: %u accesses");
	rounds(guest, change_keep, 0, "mapped with GST_KEEP after use: %u accesses");
	rounds(guest, change_fill, 0, "filled with gst_fill: %u accesses");
	rounds(guest, change_mask, 0, "write-protected by a mask after use: %u accesses");
	rounds(guest, change_split, 0, "split after use: %u accesses");
	rounds(guest, change_collapse, 1, "collapsed after use: %u accesses");
}
