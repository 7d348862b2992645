// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A space with everything that checks it (world.h): gst_iterate() and gst_dump() are compared
 * with a walk from the root for every leaf.
 */
#include "translate.h"
#include "world.h"
#include "world_check.h"

#define LL(x) ((unsigned long long)(x))

#define PAUSED 77

struct list {
	struct world *w;
	gst_gpa_t at;       /* everything before it was reported, or is a hole */
	unsigned int left;  /* leaves until the next pause */
	struct gst_run run; /* the present run of gst_dump(); none if end is 0 */
};

/* Check that the model has nothing in [lo, hi). */
static void check_hole(struct world *w, gst_gpa_t lo, gst_gpa_t hi)
{
	const struct model_run *run = model_from(&w->model, lo);

	CHECK("iterate", !run || run >= model_end(&w->model) || run->lo >= hi,
	      "gpa 0x%llx is mapped, but was not reported", LL(run ? run->lo : 0));
}

static int on_leaf(void *arg, const struct gst_leaf *leaf)
{
	struct list *list = arg;
	struct spec_result res;
	bool found = spec_translate(&list->w->machine, leaf->gpa, &res);

	CHECK("iterate",
	      found && leaf->gpa == res.gpa && leaf->pa == res.pa && leaf->size == res.size &&
		      leaf->level == res.level && leaf->attr == attr_of_perm(res.perm) &&
		      leaf->young == w_leaf_young(list->w, &res),
	      "the leaf reported for gpa 0x%llx differs from a hart's", LL(leaf->gpa));
	/* The first leaf may begin before the range. */
	CHECK("iterate", leaf->gpa + leaf->size > list->at && leaf->gpa < list->w->hi,
	      "the leaf of gpa 0x%llx is out of order or outside of the range", LL(leaf->gpa));
	if (leaf->gpa > list->at)
		check_hole(list->w, list->at, leaf->gpa);
	list->at = leaf->gpa + leaf->size;
	return --list->left ? 0 : PAUSED;
}

/* Check a run against the leaves that a hart finds, and that it is as long as possible. */
static int on_run(void *arg, const struct gst_run *run)
{
	struct list *list = arg;
	const struct gst_run *last = &list->run;
	struct spec_result res = { 0 };
	uint64_t young = 0;

	CHECK("dump", run->end > list->at && run->gpa < list->w->hi,
	      "the run of gpa 0x%llx is out of order or outside of the range", LL(run->gpa));
	CHECK("dump",
	      !last->end || last->end != run->gpa || last->leaf != run->leaf ||
		      last->attr != run->attr || last->pa + (last->end - last->gpa) != run->pa,
	      "the run of gpa 0x%llx should be part of the run before it", LL(run->gpa));
	if (run->gpa > list->at)
		check_hole(list->w, list->at, run->gpa);
	for (gst_gpa_t gpa = run->gpa; gpa < run->end; gpa += res.size) {
		CHECK("dump",
		      spec_translate(&list->w->machine, gpa, &res) && res.gpa == gpa &&
			      res.pa == run->pa + (gpa - run->gpa) && res.size == run->leaf &&
			      res.level == run->level && attr_of_perm(res.perm) == run->attr,
		      "the run of gpa 0x%llx differs from what a hart finds at 0x%llx",
		      LL(run->gpa), LL(gpa));
		young += w_leaf_young(list->w, &res);
	}
	CHECK_EQ("dump", run->young, young, "young leaves of a run");
	list->run = *run;
	list->at = run->end;
	return list->left && !--list->left ? PAUSED : 0;
}

static void check_rest(struct list *list)
{
	if (list->at < list->w->hi)
		check_hole(list->w, list->at, list->w->hi);
}

int w_iterate(struct world *w, gst_gpa_t gpa, uint64_t size, unsigned int pause)
{
	int want = w_range_error(w, gpa, size), ret;
	struct list list = { .w = w, .at = gpa };
	gst_gpa_t end = gpa + size;

	w_log_op(w, "iterate gpa=0x%llx size=0x%llx pause=%u", LL(gpa), LL(size), pause);
	w_aim(w, gpa, end);
	w_before_op(w);
	do {
		list.left = pause;
		ret = gst_iterate(&w->space, list.at, end - list.at, on_leaf, &list);
		CHECK("iterate", (ret == PAUSED) == (pause && !list.left),
		      "it returned %d instead of the callback's value", ret);
	} while (ret == PAUSED && list.at < end);
	if (!want)
		check_rest(&list);
	w_after_op(w, ret == PAUSED ? 0 : ret, want);

	list = (struct list){ .w = w, .at = gpa };
	ret = gst_dump(&w->space, gpa, size, on_run, &list);
	if (!want)
		check_rest(&list);
	if (!want && pause) {
		list = (struct list){ .w = w, .at = gpa, .left = 1 };
		CHECK_EQ("dump", gst_dump(&w->space, gpa, size, on_run, &list),
			 list.left ? 0 : PAUSED, "return value of a dump that the callback ended");
	}
	return w_after_op(w, ret, want);
}
