// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Random operations, most of them at edges and in the same few places.
 *
 * GST_STEPS=N sets the number of steps for each format. GST_SEED_START=N sets the first seed. A
 * failure prints the seed of its sequence: use it as GST_SEED_START to repeat the failure.
 */
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

/* Steps for each format, 100000 in all. Sv32x4 gets more: with two levels it is fastest. */
#define STEPS             (GST_XLEN == 64 ? 20000 : 40000)
#define STEPS_OF_SEQUENCE 500

static uint64_t number_from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

/* A sequence works in a few places, so that its operations meet. */
struct sequence {
	struct world *w;
	gst_gpa_t places[4];
	uint64_t offsets[4]; /* pa - gpa */
};

/* Pick a small multiple of a level's size near a place, or one page away from it. */
static gst_gpa_t pick_gpa(struct sequence *seq)
{
	struct world *w = seq->w;
	gst_gpa_t gpa = seq->places[rng_below(&w->rng, 4)];
	unsigned int level = rng_below(&w->rng, w_top(w) + 1);

	/* Go down level by level. Most often stop at a boundary of an entry. */
	for (;; level--) {
		if (rng_one_in(&w->rng, 2))
			gpa += rng_below(&w->rng, 4) * w_size(w, level);
		else if (rng_one_in(&w->rng, 3))
			gpa += (w->fmt->index_bits == 9 ? 511 : 1023) * w_size(w, level);
		if (!level || rng_one_in(&w->rng, 3))
			break;
	}
	if (rng_one_in(&w->rng, 4))
		gpa -= W_PAGE;
	return gpa % w_limit(w);
}

/* Limit a size to about 1100 leaves of @level: this test is about edges. */
static uint64_t at_most(struct world *w, uint64_t size, unsigned int level)
{
	uint64_t most = 1100 * w_size(w, level);

	return size > most ? most : size;
}

static uint64_t pick_size(struct sequence *seq, gst_gpa_t gpa, unsigned int level)
{
	struct world *w = seq->w;
	uint64_t size = w_size(w, level), room = w_limit(w) - gpa;

	switch (rng_below(&w->rng, 8)) {
	case 0:
		size *= 1 + rng_below(&w->rng, 4);
		break;
	case 1:
		size += W_PAGE;
		break;
	case 2:
		size = size > W_PAGE ? size - W_PAGE : size;
		break;
	case 3: /* up to the next boundary */
		size -= gpa % size;
		break;
	case 4:
		size = W_PAGE * (1 + rng_below(&w->rng, 600));
		break;
	case 5:
		size *= 511 + rng_below(&w->rng, 3);
		break;
	case 6:
		size = rng_one_in(&w->rng, 2) ? W_PAGE : W_NAPOT;
		break;
	}
	if (rng_one_in(&w->rng, 200))
		return size; /* may end above the format */
	return size < room ? size : room;
}

static gst_attr_t pick_attr(struct rng *rng)
{
	gst_attr_t attr = GST_READ;

	if (!rng_one_in(rng, 3))
		attr |= GST_WRITE;
	if (rng_one_in(rng, 2))
		attr |= GST_EXEC;
	if (GST_XLEN == 64 && rng_one_in(rng, 8))
		attr |= rng_one_in(rng, 2) ? GST_NC : GST_IO;
	if (!rng_one_in(rng, 3))
		attr |= W_MAKE_NAPOT;
	if (rng_one_in(rng, 6))
		attr |= GST_KEEP;
	return attr;
}

static void step_map(struct sequence *seq)
{
	struct world *w = seq->w;
	gst_gpa_t gpa = pick_gpa(seq);
	uint64_t offset = seq->offsets[rng_below(&w->rng, 4)];
	uint64_t pa_mask = (UINT64_C(1) << (GST_XLEN == 64 ? 55 : 33)) - 1;
	unsigned int max_level = rng_below(&w->rng, w_top(w) + 2), best = 0;
	gst_pa_t pa = (gpa + offset) & pa_mask;
	uint64_t size = pick_size(seq, gpa, rng_below(&w->rng, w_top(w) + 1));
	gst_attr_t attr = pick_attr(&w->rng);

	while (best < w_top(w) && best < max_level && (pa - gpa) % w_size(w, best + 1) == 0)
		best++;
	size = at_most(w, size, best);
	/* On -GST_EBUSY, run in exclusive entry, as a caller would. */
	if (w_map(w, gpa, size, pa, attr, max_level) == -GST_EBUSY) {
		w_share(w, false);
		w_map(w, gpa, size, pa, attr, max_level);
	}
}

/* Fill pages, as a fault handler does around the faulting page. */
static void step_fill(struct sequence *seq, gst_gpa_t gpa)
{
	struct world *w = seq->w;
	unsigned int count = 1 + rng_below(&w->rng, 40);
	struct gst_page pages[40];

	for (unsigned int i = 0; i < count; i++)
		pages[i] = (struct gst_page){
			.pa = rng_below(&w->rng, 1 << 20) * W_PAGE,
			.attr = rng_one_in(&w->rng, 4) ? 0 : pick_attr(&w->rng),
		};
	if (rng_one_in(&w->rng, 100))
		pages[0] = (struct gst_page){ .pa = rng_next(&w->rng), .attr = W_RW };
	w_fill(w, gpa, pages, count);
}

static void step_wrprotect(struct world *w, gst_gpa_t gpa, uint64_t size, unsigned int flags)
{
	if (w_wrprotect(w, gpa, size, flags) == -GST_EBUSY) {
		w_share(w, false);
		w_wrprotect(w, gpa, size, flags);
	}
}

static void step_mask(struct world *w, gst_gpa_t gpa)
{
	uint64_t mask = rng_next(&w->rng) & rng_next(&w->rng);

	if (w_wrprotect_mask(w, gpa, mask) == -GST_EBUSY) {
		w_share(w, false);
		w_wrprotect_mask(w, gpa, mask);
	}
}

/* Usually split by one or two levels, so that not everything becomes pages. */
static void step_split(struct sequence *seq, gst_gpa_t gpa)
{
	struct world *w = seq->w;
	unsigned int level = rng_below(&w->rng, w_top(w) + 1);
	uint64_t size = at_most(w, pick_size(seq, gpa, level), level);

	if (rng_one_in(&w->rng, 32))
		level = w_top(w) + 1;
	if (w_split(w, gpa, size, level) == -GST_EBUSY) {
		w_share(w, false);
		w_split(w, gpa, size, level);
	}
}

/* First map small leaves that can collapse, sometimes with one that does not match. */
static void step_collapse(struct sequence *seq, gst_gpa_t gpa)
{
	struct world *w = seq->w;
	unsigned int level = rng_below(&w->rng, w_top(w) + 1);
	uint64_t block = level ? w_size(w, level) : W_NAPOT;
	uint64_t size = pick_size(seq, gpa, level);
	gst_attr_t napot = rng_one_in(&w->rng, 3) ? 0 : W_MAKE_NAPOT;

	if (rng_one_in(&w->rng, 2)) {
		gpa &= ~(block - 1);
		size = block;
		w_map(w, gpa, size, gpa & (GST_XLEN == 64 ? ~UINT64_C(0) >> 8 : 0x1ffffffff),
		      pick_attr(&w->rng), level ? level - 1 : 0);
		if (rng_one_in(&w->rng, 3))
			w_wrprotect(w, gpa + W_PAGE * rng_below(&w->rng, size / W_PAGE), W_PAGE, 0);
	}
	w_collapse(w, gpa, size, rng_below(&w->rng, w_top(w) + 2), napot);
}

/* Usually, first unmap everything above the end of a narrower format. */
static void step_reformat(struct world *w)
{
	const struct gst_format *fmt = w_format(rng_below(&w->rng, 3));
	gst_gpa_t limit;

	if (!fmt)
		return;
	limit = gst_format_size(fmt);
	if (limit < w_limit(w) && !rng_one_in(&w->rng, 3))
		w_unmap(w, limit, w_limit(w) - limit, 0);
	if (rng_one_in(&w->rng, 16))
		w->mem.fail_root = 1;
	w_reformat(w, fmt);
	w->mem.fail_root = 0;
}

static const bool needs_exclusive[18] = {
	[5] = true, [6] = true, [7] = true, [12] = true, [15] = true
};

static void step(struct sequence *seq)
{
	struct world *w = seq->w;
	unsigned int level = rng_below(&w->rng, w_top(w) + 1);
	unsigned int flags = rng_one_in(&w->rng, 3) ? GST_WHOLE_LEAVES : 0;
	gst_gpa_t gpa = pick_gpa(seq);
	unsigned int op = rng_below(&w->rng, 18);

	if (rng_one_in(&w->rng, 16))
		w->mem.fail_reserve = 1;
	if (rng_one_in(&w->rng, 16))
		w_share(w, true);
	/* Shared entry refuses these, so try them there only seldom. */
	if (w->gather.shared && needs_exclusive[op] && !rng_one_in(&w->rng, 16))
		w_share(w, false);
	switch (op) {
	case 12:
		step_reformat(w);
		break;
	case 13:
	case 14:
		step_split(seq, gpa);
		break;
	case 15:
		step_collapse(seq, gpa);
		break;
	case 16:
		w_iterate(w, gpa, pick_size(seq, gpa, level), rng_below(&w->rng, 8));
		break;
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		step_map(seq);
		break;
	case 5:
	case 6:
	case 7:
		w_unmap(w, gpa, pick_size(seq, gpa, level), flags);
		break;
	case 8:
		step_wrprotect(w, gpa, pick_size(seq, gpa, level), flags);
		break;
	case 9:
		step_mask(w, gpa);
		break;
	case 10:
		w_young(w, gpa, pick_size(seq, gpa, level), rng_one_in(&w->rng, 2));
		break;
	case 11:
		w_touch(w, gpa);
		break;
	case 17:
		step_fill(seq, gpa);
		break;
	}
	w->mem.fail_reserve = 0;
	if (!rng_one_in(&w->rng, 4))
		w_finish(w);
	/* Keep the space small enough to check all of it. */
	if (w->space.tables > 200) {
		w_share(w, false);
		w_unmap(w, 0, w_limit(w), 0);
	}
}

static void run_sequence(struct world *w, uint64_t steps)
{
	struct sequence seq = { .w = w };

	for (unsigned int i = 0; i < 4; i++) {
		unsigned int level = rng_below(&w->rng, w_top(w) + 1);

		seq.places[i] = rng_below(&w->rng, w_limit(w)) & ~(w_size(w, level) - 1);
		seq.offsets[i] = rng_next(&w->rng) & ~(w_size(w, level) - 1);
	}
	/* Places near the end of the format and in the root's pages, and an offset of 0. */
	seq.places[0] = w_limit(w) - w_size(w, rng_below(&w->rng, w_top(w) + 1));
	if (rng_one_in(&w->rng, 2))
		seq.places[1] = w_limit(w) / 4 * rng_below(&w->rng, 4);
	seq.offsets[0] = 0;

	for (uint64_t i = 0; i < steps; i++) {
		step(&seq);
		if (i % 64 == 63)
			w_check_all(w);
	}
	w_finish(w);
	w_check_all(w);
}

static void random_operations(struct world *w)
{
	uint64_t seed = number_from_environment("GST_SEED_START", 1);
	uint64_t steps = number_from_environment("GST_STEPS", STEPS);
	const struct gst_format *fmt = w->fmt;

	printf("# GST_SEED_START=%llu GST_STEPS=%llu\n", (unsigned long long)seed,
	       (unsigned long long)steps);
	for (; steps; seed++) {
		uint64_t n = steps < STEPS_OF_SEQUENCE ? steps : STEPS_OF_SEQUENCE;

		w_end(w);
		w_begin(w, fmt, seed);
		run_sequence(w, n);
		steps -= n;
	}
}

static const struct property properties[] = {
	{ "after each operation the model, a hart's walk, lookup and check agree",
	  random_operations },
};

int main(void)
{
	return RUN(properties);
}
