// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * gst: report every leaf of a range, one by one or merged into runs.
 *
 * This is a reader: the tables may change during the walk. If a 64 KiB leaf is made
 * behind pages that were already reported, the rest of it is reported page by page.
 * So no gpa is reported twice. A dump is an iteration that merges neighbouring leaves.
 */
#include "read.h"

struct iterate_walk {
	struct gst_walk walk;
	gst_leaf_fn fn;
	void *arg;
	int ret;
	gst_gpa_t told; /* the end of the last leaf that was reported */
};

static int iterate_leaf(struct gst_walk *walk)
{
	struct iterate_walk *iterate = (struct iterate_walk *)walk;
	struct gst_leaf leaf = gst_walk_leaf(walk);

	if (leaf.gpa < iterate->told) {
		leaf.pa += walk->gpa - leaf.gpa;
		leaf.gpa = walk->gpa;
		leaf.size = GST_PAGE_SIZE;
	} else {
		gst_walk_take_leaf(walk);
	}
	iterate->told = leaf.gpa + leaf.size;
	iterate->ret = iterate->fn(iterate->arg, &leaf);
	return iterate->ret ? GST_WALK_STOP : GST_WALK_NEXT;
}

static const struct gst_visitor iterate_visitor = {
	.leaf = iterate_leaf,
};

int gst_iterate(struct gst_space *space, gst_gpa_t gpa, uint64_t size, gst_leaf_fn fn, void *arg)
{
	struct iterate_walk iterate = { .fn = fn, .arg = arg };
	int ret = gst_walk_begin(&iterate.walk, space, NULL, gpa, size);

	if (!ret)
		ret = gst_walk_run(&iterate.walk, &iterate_visitor);
	return ret ? ret : iterate.ret;
}

struct dump {
	struct gst_run run; /* the run that is not reported yet; none if end is 0 */
	gst_run_fn fn;
	void *arg;
};

static bool run_goes_on(const struct gst_run *run, const struct gst_leaf *leaf)
{
	return run->end == leaf->gpa && run->leaf == leaf->size && run->attr == leaf->attr &&
	       run->pa + (run->end - run->gpa) == leaf->pa;
}

static int dump_leaf(void *arg, const struct gst_leaf *leaf)
{
	struct dump *dump = arg;
	struct gst_run *run = &dump->run;
	int ret = 0;

	if (!run->end || !run_goes_on(run, leaf)) {
		if (run->end)
			ret = dump->fn(dump->arg, run);
		*run = (struct gst_run){
			.gpa = leaf->gpa,
			.pa = leaf->pa,
			.leaf = leaf->size,
			.level = leaf->level,
			.attr = leaf->attr,
		};
	}
	run->end = leaf->gpa + leaf->size;
	run->young += leaf->young;
	return ret;
}

int gst_dump(struct gst_space *space, gst_gpa_t gpa, uint64_t size, gst_run_fn fn, void *arg)
{
	struct dump dump = { .fn = fn, .arg = arg };
	int ret = gst_iterate(space, gpa, size, dump_leaf, &dump);

	if (ret || !dump.run.end)
		return ret;
	return fn(arg, &dump.run);
}
