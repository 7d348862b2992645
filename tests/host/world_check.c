// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A space with everything that checks it (world.h): the comparisons.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translate.h"
#include "world.h"
#include "world_check.h"

#define LL(x) ((unsigned long long)(x))

/* Does the model agree with the walker at one gpa? */
static bool agrees(const struct model *m, gst_gpa_t gpa, bool found, const struct spec_result *res)
{
	const struct model_run *run = model_at(m, gpa);

	if (!run || !found)
		return !run && !found;
	return run->pa + (gpa - run->lo) == res->pa + (gpa - res->gpa) &&
	       run->attr == attr_of_perm(res->perm);
}

void w_glance(struct world *w, gst_gpa_t gpa)
{
	struct spec_result res;
	bool found;

	if (gpa >= w_limit(w))
		return;
	found = spec_translate(&w->machine, gpa, &res);
	if (!found && res.fault == SPEC_NOT_VALID && gpa >= w->lo && gpa < w->hi)
		return;
	CHECK("glance", agrees(&w->before, gpa, found, &res) || agrees(&w->model, gpa, found, &res),
	      "during the operation a hart finds gpa 0x%llx %s: neither the state before nor after",
	      LL(gpa), found ? "mapped" : spec_fault_name(res.fault));
}

bool w_leaf_young(struct world *w, const struct spec_result *res)
{
	const unsigned char *page = w->machine.page(res->pte_pa & ~UINT64_C(4095));
	bool young = res->accessed;

	for (unsigned int i = 0; res->napot && i < 16; i++)
		young |= page[(res->pte_pa % 4096 & ~127u) + i * 8] >> 6 & 1;
	return young;
}

void w_may_break(struct world *w, gst_gpa_t gpa)
{
	struct spec_result res;
	unsigned int young = 0;

	if (!spec_translate(&w->machine, gpa, &res) || !res.napot)
		return;
	for (unsigned int i = 0; i < 16; i++) {
		struct spec_result page;

		spec_translate(&w->machine, res.gpa + i * W_PAGE, &page);
		young += page.accessed;
	}
	if (young && young < 16)
		model_age(&w->model, res.gpa, res.gpa + res.size, MODEL_EITHER);
}

/* Update the model in [lo, hi) with the result of a walk. */
static void adopt_piece(struct world *w, gst_gpa_t lo, gst_gpa_t hi, bool found,
			const struct spec_result *res, bool kept)
{
	const struct model_run *run;
	gst_attr_t attr;
	gst_pa_t pa;

	if (!found) {
		run = model_from(&w->before, lo);
		CHECK("model", !kept && (!run || run >= model_end(&w->before) || run->lo >= hi),
		      "gpa 0x%llx is mapped neither before nor after", LL(lo));
		model_unmap(&w->scratch, lo, hi);
		return;
	}
	attr = attr_of_perm(res->perm);
	pa = res->pa + (lo - res->gpa);
	if (model_allows(&w->model, lo, hi, pa, attr, ~0u))
		return;
	CHECK("model", model_allows(&w->before, lo, hi, pa, attr, ~0u),
	      "gpa 0x%llx to 0x%llx is neither in the state before nor after", LL(lo), LL(hi));
	run = model_at(&w->model, lo);
	CHECK("model",
	      !kept || (run && run->pa + (lo - run->lo) == pa && !(run->attr & ~attr) &&
			!((run->attr ^ attr) & ATTR_TYPES)),
	      "gpa 0x%llx keeps a mapping that does not allow what was asked for", LL(lo));
	model_map(&w->scratch, lo, hi, pa, attr);
}

void w_adopt(struct world *w, bool kept)
{
	gst_gpa_t lo = w->lo, hi = w->hi;

	/* A leaf that was taken whole may reach beyond the range. */
	if (!kept)
		w_whole_leaves(w, &lo, &hi);
	model_copy(&w->scratch, &w->model);
	for (gst_gpa_t gpa = lo, next; gpa < hi; gpa = next) {
		struct spec_result res;
		bool found = spec_translate(&w->machine, gpa, &res);

		next = res.gpa + res.size < hi ? res.gpa + res.size : hi;
		adopt_piece(w, gpa, next, found, &res, kept);
	}
	if (!kept)
		model_age(&w->scratch, lo, hi, MODEL_EITHER);
	model_copy(&w->model, &w->scratch);
}

void w_check_largest(struct world *w, gst_gpa_t at, gst_gpa_t gpa, uint64_t size, unsigned int best,
		     bool napot)
{
	uint64_t fits = W_PAGE;
	struct spec_result res;

	if (at < gpa || at - gpa >= size)
		return;
	for (unsigned int level = 0; level <= best + 1; level++) {
		/* After all levels comes the size of 64 KiB. */
		uint64_t leaf = level <= best ? w_size(w, level) : W_NAPOT;
		gst_gpa_t start = at & ~(leaf - 1);

		if (level > best && (!napot || fits > W_NAPOT))
			break;
		if (start >= gpa && start + leaf <= gpa + size)
			fits = leaf;
	}
	CHECK("leaf size", spec_translate(&w->machine, at, &res) && res.size >= fits,
	      "the leaf at gpa 0x%llx has 0x%llx bytes, but could have 0x%llx", LL(at),
	      LL(res.size), LL(fits));
}

/* The last PTE of a walk. */
static gst_pte_t last_pte(struct world *w, const struct spec_result *res)
{
	const char *page = w->machine.page(res->pte_pa & ~(uint64_t)4095);

	return *(const gst_pte_t *)(page + (res->pte_pa & 4095));
}

/* Check that gst_steps() reports the entries that the hart reads. */
static void check_steps(struct world *w, gst_gpa_t gpa, const struct spec_result *res)
{
	struct gst_step steps[GST_LEVELS_MAX];
	unsigned int top = spec_levels(w->machine.mode) - 1;
	int ret = gst_steps(&w->space, gpa, steps);

	CHECK("steps", ret == (int)(top - res->level + 1), "gst_steps(0x%llx) returned %d", LL(gpa),
	      ret);
	for (unsigned int i = 0; i <= top - res->level; i++)
		CHECK("steps",
		      steps[i].level == top - i && (steps[i].table == res->table[top - i]) &&
			      (i == top - res->level || gst_pte_is_table(steps[i].pte)),
		      "gst_steps(0x%llx): step %u differs from a hart's", LL(gpa), i);
	CHECK("steps",
	      steps[ret - 1].pte == last_pte(w, res) &&
		      steps[ret - 1].table + steps[ret - 1].index * sizeof(gst_pte_t) ==
			      res->pte_pa,
	      "gst_steps(0x%llx): the last PTE differs from a hart's", LL(gpa));
}

void w_check_gpa(struct world *w, gst_gpa_t gpa)
{
	const struct model_run *run = model_at(&w->model, gpa);
	struct spec_result res;
	struct gst_leaf leaf;
	bool found = spec_translate(&w->machine, gpa, &res), young;
	int ret = gst_lookup(&w->space, gpa, &leaf);

	if (gpa >= w_limit(w)) {
		CHECK("spec walker", res.fault == SPEC_GPA_TOO_WIDE, "0x%llx is too wide", LL(gpa));
		CHECK("lookup", ret == -GST_ERANGE, "gst_lookup(0x%llx) returned %d", LL(gpa), ret);
		CHECK("steps", gst_steps(&w->space, gpa, NULL) == -GST_ERANGE, "beyond the format");
		return;
	}
	check_steps(w, gpa, &res);
	CHECK("model", agrees(&w->model, gpa, found, &res),
	      "gpa 0x%llx is %s (pa 0x%llx, attr 0x%x), but should be %s (pa 0x%llx, attr 0x%x)",
	      LL(gpa), found ? "mapped" : spec_fault_name(res.fault),
	      LL(found ? res.pa + (gpa - res.gpa) : 0), found ? attr_of_perm(res.perm) : 0,
	      run ? "mapped" : "not", LL(run ? run->pa + (gpa - run->lo) : 0), run ? run->attr : 0);
	if (!found) {
		CHECK("spec walker", res.fault == SPEC_NOT_VALID, "gpa 0x%llx: a PTE is %s",
		      LL(gpa), spec_fault_name(res.fault));
		CHECK("lookup", ret == -GST_ENOENT, "gst_lookup(0x%llx) returned %d", LL(gpa), ret);
		return;
	}
	young = w_leaf_young(w, &res);
	CHECK("ageing", run->young == MODEL_EITHER || (run->young == MODEL_YOUNG) == young,
	      "gpa 0x%llx is %s, but should not be", LL(gpa), young ? "young" : "old");
	CHECK("spec walker", res.dirty && !res.global, "gpa 0x%llx: a leaf without D, or with G",
	      LL(gpa));
	CHECK("lookup",
	      !ret && leaf.gpa == res.gpa && leaf.pa == res.pa && leaf.size == res.size &&
		      leaf.level == res.level && leaf.attr == attr_of_perm(res.perm) &&
		      leaf.young == young && !((leaf.pte ^ last_pte(w, &res)) & ~GST_PTE_A) &&
		      !(leaf.pte & GST_PTE_A) == !young,
	      "gst_lookup(0x%llx) returned %d, and its leaf differs from a hart's", LL(gpa), ret);
}

void w_look_before(struct world *w)
{
	for (unsigned int i = 0; i < w->hots; i++)
		spec_translate(&w->machine, w->hot[i], &w->was[i]);
}

/*
 * A hart may have cached the invalid PTE, or the leaf that allowed less. If the same PTE is a leaf
 * now, a fence with an address on that hart is enough. If it is a pointer now, the hart needs a
 * fence of everything.
 */
void w_check_coming(struct world *w)
{
	for (unsigned int i = 0; i < w->hots; i++) {
		const struct spec_result *was = &w->was[i];
		struct spec_result is;
		bool came;

		if (!spec_translate(&w->machine, w->hot[i], &is))
			continue;
		came = was->fault || (is.perm & ~was->perm) || (is.accessed && !was->accessed);
		/*
		 * All harts fence the range that lost something, so new translations there
		 * need no more.
		 */
		came = came && !(w->hot[i] >= w->gather.start && w->hot[i] < w->gather.end);
		CHECK("coming", !came || w->gather.fresh || w->gather.all,
		      "gather.fresh is not set for gpa 0x%llx", LL(w->hot[i]));
		CHECK("coming", !came || was->fault || w->gather.gained || w->gather.all,
		      "gather.gained is not set for gpa 0x%llx", LL(w->hot[i]));
		CHECK("coming",
		      !was->fault || is.level == was->level || w->gather.linked || w->gather.all,
		      "gather.linked is not set for gpa 0x%llx", LL(w->hot[i]));
	}
}

void w_check_near(struct world *w)
{
	for (unsigned int i = 0; i < w->hots; i++)
		w_check_gpa(w, w->hot[i]);
	for (unsigned int i = 0; i < 4 && w->hi > w->lo; i++)
		w_check_gpa(w, w->lo + rng_below(&w->rng, w->hi - w->lo));
	for (unsigned int i = 0; i < 4 && w->model.n; i++) {
		const struct model_run *run = &w->model.run[rng_below(&w->rng, w->model.n)];

		w_check_gpa(w, run->lo);
		w_check_gpa(w, run->hi - 1);
		w_check_gpa(w, run->hi);
		w_check_gpa(w, run->lo + rng_below(&w->rng, run->hi - run->lo));
	}
}

bool w_is_young(struct world *w, gst_gpa_t lo, gst_gpa_t hi)
{
	bool young = false;

	for (const struct model_run *run = model_from(&w->model, lo);
	     run && run < model_end(&w->model) && run->lo < hi; run++) {
		gst_gpa_t gpa = run->lo > lo ? run->lo : lo;
		struct spec_result res;

		if (run->young == MODEL_YOUNG)
			return true;
		if (run->young == MODEL_OLD)
			continue;
		for (; gpa < run->hi && gpa < hi; gpa = res.gpa + res.size)
			if (spec_translate(&w->machine, gpa, &res) && w_leaf_young(w, &res))
				young = true;
	}
	return young;
}

struct census {
	struct world *w;
	uint64_t leaves[GST_LEVELS_MAX];
	uint64_t napots;
	uint64_t here; /* how many of these are in the present table */
	uint64_t tables;
	uint64_t bytes;
};

/* Check that all 16 PTEs of a 64 KiB leaf are equal. */
static void check_unit(struct world *w, const struct spec_result *first)
{
	struct spec_result res;

	for (unsigned int i = 1; i < 16; i++)
		CHECK("spec walker",
		      spec_translate(&w->machine, first->gpa + i * W_PAGE, &res) && res.napot &&
			      res.pa == first->pa && res.perm == first->perm,
		      "page %u of the 64 KiB leaf at gpa 0x%llx differs from the first", i,
		      LL(first->gpa));
}

static void census_leaf(void *arg, const struct spec_result *res)
{
	struct census *census = arg;

	if (!res->napot) {
		census->leaves[res->level]++;
		census->bytes += res->size;
	} else if (res->pte_pa % 128 == 0) {
		check_unit(census->w, res);
		census->napots++;
		census->here++;
		census->bytes += res->size;
	} else {
		/* This PTE must belong to the unit of the first PTE. */
		struct spec_result first;

		CHECK("spec walker",
		      spec_translate(&census->w->machine, res->gpa, &first) && first.napot,
		      "gpa 0x%llx has a part of a 64 KiB leaf", LL(res->gpa));
		return;
	}
	CHECK("model",
	      model_allows(&census->w->model, res->gpa, res->gpa + res->size, res->pa,
			   attr_of_perm(res->perm), ~0u),
	      "the leaf at gpa 0x%llx of 0x%llx bytes maps something that the model does not have",
	      LL(res->gpa), LL(res->size));
	w_check_gpa(census->w, res->gpa);
}

static void census_table(void *arg, uint64_t pa, unsigned int level, unsigned int used)
{
	struct census *census = arg;

	census->tables++;
	CHECK("empty table", used, "a linked table of level %u is empty", level);
	CHECK_EQ("counters", testmem_meta(pa)->live, used, "live entries of a table");
	CHECK_EQ("counters", testmem_meta(pa)->napots, level ? 0 : census->here,
		 "64 KiB leaves of a table");
	if (!level)
		census->here = 0;
}

static void census_bad(void *arg, const struct spec_result *res, uint64_t pte)
{
	(void)arg;
	test_failed(__FILE__, __LINE__, "spec walker", "gpa 0x%llx, level %u: PTE 0x%llx is %s",
		    LL(res->gpa), res->level, LL(pte), spec_fault_name(res->fault));
}

void w_check_all(struct world *w)
{
	struct census census = { .w = w };
	struct spec_visitor visitor = { &census, census_leaf, census_table, census_bad };

	spec_visit(&w->machine, &visitor);
	CHECK_EQ("model", census.bytes, model_bytes(&w->model), "mapped bytes");
	CHECK_EQ("counters", w->space.tables, census.tables, "gst_space.tables");
	for (unsigned int level = 0; level < GST_LEVELS_MAX; level++)
		CHECK_EQ("counters", w->space.leaves[level], census.leaves[level],
			 "gst_space.leaves of a level");
	CHECK_EQ("counters", w->space.napots, census.napots, "gst_space.napots");
	CHECK("counters", w->space.tables_peak >= w->space.tables,
	      "tables_peak is less than tables");
}

static void report(void *arg, unsigned int inv, gst_gpa_t gpa, unsigned int level, gst_pte_t pte,
		   const char *what)
{
	(void)arg;
	printf("# INV-%02u gpa 0x%llx level %u pte 0x%llx: %s\n", inv, LL(gpa), level, LL(pte),
	       what);
}

void w_check_invariants(struct world *w)
{
	unsigned int violations = gst_check(&w->space, report, NULL);

	CHECK("gst_check", !violations, "%u invariants are violated", violations);
}

void w_expect(struct world *w, gst_gpa_t gpa, unsigned int level, gst_pa_t pa, gst_attr_t attr)
{
	struct spec_result res;

	CHECK("case", spec_translate(&w->machine, gpa, &res), "gpa 0x%llx is not mapped", LL(gpa));
	CHECK_EQ("case", res.level, level, "level of the leaf");
	CHECK_EQ("case", res.pa + (gpa - res.gpa), pa, "pa");
	CHECK_EQ("case", attr_of_perm(res.perm), attr, "attr");
	w_check_gpa(w, gpa);
}

void w_expect_size(struct world *w, gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr)
{
	struct spec_result res;

	CHECK("case", spec_translate(&w->machine, gpa, &res), "gpa 0x%llx is not mapped", LL(gpa));
	CHECK_EQ("case", res.size, size, "size of the leaf");
	w_expect(w, gpa, res.level, pa, attr);
}

void w_expect_none(struct world *w, gst_gpa_t gpa)
{
	struct spec_result res;

	CHECK("case", !spec_translate(&w->machine, gpa, &res), "gpa 0x%llx is mapped", LL(gpa));
	w_check_gpa(w, gpa);
}
