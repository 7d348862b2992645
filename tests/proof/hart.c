// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * How a hart translates with the tables.
 *
 * See "Virtual Address Translation Process", "Svnapot" and "Svpbmt" in the privileged
 * specification, and "Guest Physical Address Translation" for the x4 root and for U, which the
 * G-stage requires.
 */
#include "world.h"
#include "pte.h"

unsigned int hart_levels(gst_root_t root)
{
	switch (root & 15) {
	case 8:
		return 3 - PROOF_FEWER;
	case 9:
		return 4 - PROOF_FEWER;
	case 10:
		return 5 - PROOF_FEWER;
	}
	return 0;
}

gst_gpa_t hart_gpa_end(gst_root_t root)
{
	return GST_LEVEL_SIZE(hart_levels(root)) << GST_ROOT_XBITS;
}

/* One step of a walk. Return: whether the PTE is a pointer that the walk follows. */
static bool step(struct translation *t, gst_pte_t pte, unsigned int level, gst_gpa_t gpa)
{
	uint64_t ppn = PPN(pte), below = pages_of_level(level) - 1;

	t->path[level] = pte;
	if (!HAS(pte, V) || (HAS(pte, W) && !HAS(pte, R)) || RESERVED(pte))
		return false;
	if (!HAS(pte, R) && !HAS(pte, X))
		return level && !HAS(pte, A) && !HAS(pte, D) && !HAS(pte, U) && !PBMT(pte) &&
		       !N(pte);
	if (!HAS(pte, U) || PBMT(pte) == 3)
		return false;
	if (N(pte)) {
		if (level || !napot_ppn(ppn))
			return false;
		below = GST_NAPOT_ENTRIES - 1;
		ppn &= ~below;
	}
	if (ppn & below)
		return false;
	t->mapped = true;
	t->pa = (ppn | ((gpa >> GST_PAGE_SHIFT) & below)) << GST_PAGE_SHIFT | (gpa & (PAGE - 1));
	t->r = HAS(pte, R);
	t->w = HAS(pte, W);
	t->x = HAS(pte, X);
	t->type = PBMT(pte);
	t->accessed = HAS(pte, A);
	t->level = level;
	t->napot = N(pte);
	return false;
}

struct translation hart_walk_to(gst_root_t root, gst_gpa_t gpa, unsigned int last)
{
	struct translation t = { 0 };
	unsigned int levels = hart_levels(root);
	unsigned int page = root_page(root);
	bool walking = gpa < hart_gpa_end(root);

	for (unsigned int level = GST_LEVELS_MAX; level-- > last;) {
		unsigned int index;
		gst_pte_t pte;

		if (level >= levels || !walking)
			continue;
		index = gpa >> GST_LEVEL_SHIFT(level);
		if (level != levels - 1)
			index &= ENTRIES - 1;
		index += page * ENTRIES;
		/* There is no other memory: the hart would take an access fault. */
		pte = index < PROOF_PAGES * ENTRIES ? memory[index] : 0;
		walking = step(&t, pte, level, gpa) && PPN(pte) >= MEMORY_PPN &&
			  PPN(pte) < MEMORY_PPN + PROOF_PAGES;
		page = PPN(pte) - MEMORY_PPN;
	}
	return t;
}

struct translation hart_walk(gst_root_t root, gst_gpa_t gpa)
{
	return hart_walk_to(root, gpa, 0);
}

struct translation hart_walked(gst_root_t root, gst_gpa_t gpa)
{
	struct translation t = { 0 };
	unsigned int levels = hart_levels(root);
	bool walking = gpa < hart_gpa_end(root);

	for (unsigned int level = GST_LEVELS_MAX; level-- > 0;) {
		gst_pte_t pte = any_pte();

		if (level >= levels || !walking)
			continue;
		walking = step(&t, pte, level, gpa);
		assume(!pte || walking || t.mapped);
		assume(!pte_is_pointer(pte) || (pte & 1023) == 1);
		assume(!t.mapped || (t.r && HAS(pte, D) && !HAS(pte, G)));
	}
	return t;
}

bool same_translation(const struct translation *a, const struct translation *b)
{
	if (!a->mapped || !b->mapped)
		return a->mapped == b->mapped;
	return a->pa == b->pa && a->r == b->r && a->w == b->w && a->x == b->x && a->type == b->type;
}

bool same_leaf(const struct translation *a, const struct translation *b)
{
	return same_translation(a, b) && (!a->mapped || a->accessed == b->accessed);
}

uint64_t leaf_size(const struct translation *t)
{
	return !t->mapped ? 0 : t->napot ? GST_NAPOT_SIZE : GST_LEVEL_SIZE(t->level);
}

bool leaf_touches(const struct translation *t, gst_gpa_t gpa, gst_gpa_t start, gst_gpa_t end)
{
	gst_gpa_t first = gpa & ~(leaf_size(t) - 1);

	return t->mapped && start < end && first < end && first + leaf_size(t) > start;
}

bool hart_may_keep(const struct translation *old, const struct translation *new)
{
	if (!old->mapped)
		return true;
	return new->mapped && old->pa == new->pa && old->type == new->type && old->r <= new->r &&
	       old->w <= new->w && old->x <= new->x;
}
