// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst_lookup(): it finds what a hart finds that walks the same tables. It goes down to one page
 * only, which is short enough for one proof.
 */
#include "world.h"
#include "pte.h"
#include "formats.h"

#include <engine/walk.c>
#include <engine/lookup.c>

/* A 64 KiB leaf is young if one of its entries is. */
static bool is_young(const struct translation *t, gst_gpa_t first)
{
	bool young = false;

	for (gst_gpa_t gpa = first; gpa < first + GST_NAPOT_SIZE; gpa += PAGE)
		young = young || hart_walk(space.root, gpa).accessed;
	return t->napot ? young : t->accessed;
}

int main(void)
{
	struct gst_leaf leaf;
	struct translation t;
	gst_gpa_t gpa = nondet_u64();
	uint64_t size;
	int ret;

	world_arbitrary(GST_MODE_SV39X4, false);
	world_assume_valid(NO_PAGE);
	world_remember();
	ret = gst_lookup(&space, gpa, &leaf);
	world_prove_unchanged();

	t = hart_walk(space.root, gpa);
	prove((ret == -GST_ERANGE) == (gpa >= hart_gpa_end(space.root)),
	      "ERANGE is returned exactly for a gpa above the format");
	prove((ret == -GST_ENOENT) == (ret != -GST_ERANGE && !t.mapped),
	      "ENOENT is returned exactly for a hole");
	prove(ret == -GST_ERANGE || ret == -GST_ENOENT || !ret, "there is no other error");
	reached();
	if (ret)
		return 0;

	size = leaf_size(&t);
	prove(leaf.gpa == (gpa & ~(size - 1)) && leaf.pa == (t.pa & ~(size - 1)) &&
		      leaf.size == size && leaf.level == t.level,
	      "start, size and pa of the leaf are right");
	prove((leaf.attr & GST_READ) && !(leaf.attr & GST_WRITE) == !t.w &&
		      !(leaf.attr & GST_EXEC) == !t.x && !(leaf.attr & GST_NC) == (t.type != 1) &&
		      !(leaf.attr & GST_IO) == (t.type != 2) &&
		      !(leaf.attr & ~(GST_READ | GST_WRITE | GST_EXEC | GST_NC | GST_IO)),
	      "the attributes of the leaf are right");
	prove(leaf.young == is_young(&t, leaf.gpa), "the age of the leaf is right");
	prove(leaf.pte == (t.path[t.level] | (gst_pte_t)leaf.young << A),
	      "the PTE of the leaf is the one that a hart finds");
	return 0;
}
