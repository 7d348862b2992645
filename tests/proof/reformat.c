// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_reformat(), and gst_gather_finish() after it: all translations are as before, also for a hart
 * that still has the old root.
 *
 * There is no walk over a range, so one proof from any valid state is enough.
 */
#include "world.h"
#include "formats.h"

#include <engine/table.c>
#include <engine/gather.c>
#include <engine/space.c>
#include <engine/reformat.c>

/* The old and the new format, as indices of gst_formats[]. */
#ifndef PROOF_FROM
#define PROOF_FROM 1
#define PROOF_TO   2
#endif

/* A root from gst_root_alloc(), or NULL. */
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
 * Is anything mapped at or above @gpa? Also true for a leaf that ends just there. In the real
 * formats there is no such leaf, because the root has fewer extra index bits than a table has
 * index bits. Here it has as many.
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
	prove(error == -GST_ENOMEM || error == -GST_ERANGE, "the error is a documented one");
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
		prove(root == given, "after an error the root still belongs to the caller");
		prove_error(ret, root, end);
		return 0;
	}
	prove(!root, "the new root is used");
	now = hart_walk(old, probe);
	prove(same_leaf(&before, &now), "the old root translates as before");

	prove(gst_gather_finish(&space, &gather), "gst_gather_finish() flushes");
	prove(flushed && flush.all && flush.old_root == old,
	      "the flush is one of everything and names the old root");
	prove(!owed, "all reserved tables were taken");
	prove((space.root & 15) == fmt->mode, "the space has the new format");
	world_prove_valid(world_violations(NO_PAGE));
	now = hart_walk(space.root, probe);
	prove(same_leaf(&before, &now), "each address translates as before");
	size = leaf_size(&before) < end / GST_ROOT_ENTRIES ? leaf_size(&before) :
							     end / GST_ROOT_ENTRIES;
	prove(leaf_size(&now) == size, "no leaf is split that fits the new format");
	reached();
	return 0;
}
