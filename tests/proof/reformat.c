// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_reformat() and the gst_gather_finish() that must follow: all translates as it did, for a hart
 * that still has the old root, too.
 *
 * There is no walk over a range, so this is proven in one go from any valid state.
 */
#include "world.h"
#include "formats.h"

#include <engine/table.c>
#include <engine/gather.c>
#include <engine/space.c>
#include <engine/reformat.c>

/* The formats, as gst_formats[] has them. */
#ifndef PROOF_FROM
#define PROOF_FROM 1
#define PROOF_TO   2
#endif

/* A root as gst_root_alloc() gives it, or none. */
static void *any_root(void)
{
	gst_pte_t *root = memory + GST_ROOT_PAGES * ENTRIES;

	if (nondet_bool())
		return NULL;
	for (unsigned int p = GST_ROOT_PAGES; p < 2 * GST_ROOT_PAGES; p++) {
		taken[p] = true;
		*meta_of_page(p) = (struct gst_meta){ 0 };
	}
	for (unsigned int i = 0; i < GST_ROOT_ENTRIES; i++)
		root[i] = 0;
	return root;
}

/*
 * Is anything mapped at or above @gpa? A leaf that ends just there cannot be where the root's extra
 * index bits are fewer than a table's; here they are as many.
 */
static bool maps_above(gst_gpa_t gpa)
{
	gst_gpa_t end = hart_gpa_end(space.root);
	struct translation first = hart_walk(space.root, 0);
	bool mapped = leaf_size(&first) >= gpa;

	for (; gpa < end; gpa += PAGE)
		mapped = mapped || hart_walk(space.root, gpa).mapped;
	return mapped;
}

static void prove_error(int error, const void *root, gst_gpa_t end)
{
	world_prove_unchanged();
	prove(error == -GST_ENOMEM || error == -GST_ERANGE, "it is one of the errors that it may be");
	prove(error != -GST_ENOMEM || !root || PROOF_TO == PROOF_FROM + 2, "ENOMEM has a reason");
	prove(error != -GST_ERANGE || maps_above(end), "ERANGE has a reason");
}

int main(void)
{
	const struct gst_format *fmt = &gst_formats[PROOF_TO];
	struct translation before, now;
	gst_root_t old;
	gst_gpa_t probe, end;
	void *given, *root;
	uint64_t size;
	int ret;

	world_arbitrary(gst_formats[PROOF_FROM].mode, false);
	world_assume_valid(NO_PAGE);
	given = root = any_root();
	old = space.root;
	end = hart_gpa_end(fmt->mode);
	probe = nondet_u16();
	before = hart_walk(old, probe);
	world_remember();

	ret = gst_reformat(&space, fmt, &root, &gather);
	if (ret) {
		prove(root == given, "a root that was not taken is the caller's");
		prove_error(ret, root, end);
		return 0;
	}
	prove(!root, "a root that is given is taken");
	now = hart_walk(old, probe);
	prove(same_leaf(&before, &now), "the old root says what it said");

	prove(gst_gather_finish(&space, &gather), "harts are told");
	prove(flushed && flush.all && flush.old_root == old, "harts are told of the old root");
	prove(!owed, "what was reserved was taken");
	prove((space.root & 15) == fmt->mode, "the format is that which was wanted");
	world_prove_valid(world_violations(NO_PAGE));
	now = hart_walk(space.root, probe);
	prove(same_leaf(&before, &now), "each address translates as it did");
	size = leaf_size(&before) < end / GST_ROOT_ENTRIES ? leaf_size(&before) : end / GST_ROOT_ENTRIES;
	prove(leaf_size(&now) == size, "no leaf is split that fits");
	reached();
	return 0;
}
