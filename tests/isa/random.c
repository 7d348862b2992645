// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Random operations in a few windows, in which leaves of two levels meet. The hart checks the
 * result of each.
 */
#include "groups.h"
#include "say.h"

#define WINDOWS 10
#define STEPS   (ISA_COUNT / 4)

/* A range of the guest that maps the arena congruently, so that leaves can be large. */
struct window {
	gst_gpa_t gpa;
	gst_pa_t pa;
	uint64_t size;
};

static struct window windows[WINDOWS];

/* Choose the windows. Half of them are below the end of the narrowest format. */
static void open_windows(struct guest *guest)
{
	uint64_t narrow = gst_format_size(&gst_formats[GST_XLEN == 64 ? 1 : 0]);

	for (unsigned int i = 0; i < WINDOWS; i++) {
		unsigned int level = guest_format(guest)->levels > 2 && i % 5 == 4 ? 2 : 1;
		uint64_t size = GST_LEVEL_SIZE(level);
		gst_gpa_t gpa = place_gpa(guest, level);

		if (i & 1 && (gpa & ~(narrow - 1))) {
			gpa &= narrow - 1;
			gpa &= ~(size - 1);
		}
		windows[i].pa = place_pa(level);
		windows[i].gpa = gpa;
		windows[i].size = size;
		if (level == 2) {
			windows[i].gpa += arena_base() - windows[i].pa;
			windows[i].pa = arena_base();
			windows[i].size = ARENA_SIZE;
		}
	}
}

/* A random part of a window, often aligned to more than a page. */
static struct window random_piece(void)
{
	struct window piece = windows[rng_below(WINDOWS)];
	uint64_t unit = UINT64_C(4096) << 4 * rng_below(3), offset, size;

	if (rng_below(8) == 0)
		return piece;
	offset = rng_in(piece.size) & ~(unit - 1);
	size = (rng_in(piece.size - offset) & ~(unit - 1)) >> rng_below(6);
	size = (size & ~(unit - 1)) + unit;
	if (size > piece.size - offset)
		size = piece.size - offset;
	piece.gpa += offset;
	piece.pa += offset;
	piece.size = size;
	return piece;
}

/* The range that GST_WHOLE_LEAVES would change, given the present leaves. */
static struct window whole_leaves(struct guest *guest, struct window piece)
{
	gst_gpa_t end = piece.gpa + piece.size;
	struct gst_leaf leaf;

	if (!gst_lookup(&guest->space, end - 1, &leaf) && leaf.gpa + leaf.size > end)
		end = leaf.gpa + leaf.size;
	if (!gst_lookup(&guest->space, piece.gpa, &leaf))
		piece.gpa = leaf.gpa;
	piece.size = end - piece.gpa;
	return piece;
}

/* A random operation with its arguments. */
struct change {
	struct window piece;
	unsigned int kind;
	unsigned int flags;
	unsigned int level;
	gst_pa_t pa;
	gst_attr_t attr;
};

enum { UNMAP, WRPROTECT, SPLIT, COLLAPSE, MAP, MORE_MAP, KINDS };

static struct change random_change(void)
{
	struct change change = {
		.piece = random_piece(),
		.kind = rng_below(KINDS),
		.flags = rng_below(3) ? 0 : GST_WHOLE_LEAVES,
		.level = rng_below(4),
		.attr = random_attr(),
	};

	change.pa = change.piece.pa;
	if (hart.svnapot && rng() >> 50 & 1)
		change.attr |= GST_NAPOT;
	/* Sometimes map memory of another window, which is usually not congruent. */
	if (rng_below(4) == 0)
		change.pa = arena_base() +
			    (rng_in(ARENA_SIZE - change.piece.size + 1) & ~UINT64_C(4095));
	return change;
}

static void change_model(struct guest *guest, const struct change *change)
{
	struct window piece = change->piece;

	if (change->flags)
		piece = whole_leaves(guest, piece);
	if (change->kind == UNMAP)
		model_unmap(piece.gpa, piece.size);
	else if (change->kind == WRPROTECT)
		model_wrprotect(piece.gpa, piece.size);
	else if (change->kind >= MAP)
		model_map(change->piece.gpa, change->piece.size, change->pa, change->attr);
}

static int change_space(struct gst_space *space, const struct change *change,
			struct gst_gather *gather)
{
	const struct window *piece = &change->piece;

	switch (change->kind) {
	case UNMAP:
		return gst_unmap(space, piece->gpa, piece->size, change->flags, gather);
	case WRPROTECT:
		return gst_wrprotect(space, piece->gpa, piece->size, change->flags, gather);
	case SPLIT:
		return gst_split(space, piece->gpa, piece->size, change->level & 1, gather);
	case COLLAPSE:
		return gst_collapse(space, piece->gpa, piece->size, change->level,
				    hart.svnapot ? GST_NAPOT : 0, gather);
	default:
		return gst_map(space, piece->gpa, piece->size, change->pa, change->attr,
			       change->level, gather);
	}
}

/* Run the operation in shared entry if possible. If that fails, run it in exclusive entry. */
static void do_change(struct guest *guest, const struct change *change)
{
	const struct window *piece = &change->piece;
	struct gst_gather gather;
	int ret = -GST_EBUSY;

	change_model(guest, change);
	if (change->kind != UNMAP && change->kind != COLLAPSE && (rng() & 1)) {
		gst_gather_init_shared(&gather, NULL);
		ret = change_space(&guest->space, change, &gather);
		guest_finish(guest, &gather, piece->gpa, piece->size);
	}
	if (ret == -GST_EBUSY) {
		gst_gather_init(&gather, NULL);
		ret = change_space(&guest->space, change, &gather);
		guest_finish(guest, &gather, piece->gpa, piece->size);
	}
	if (ret)
		difference("%s: operation %u at gpa %x, size %x returned -%u", guest->name,
			   change->kind, piece->gpa, piece->size, (unsigned int)-ret);
}

static void random_reformat(struct guest *guest)
{
	const struct gst_format *to = &gst_formats[rng_below(GST_FORMATS)];
	int ret, want = 0;

	if (!hart_has(to))
		return;
	for (unsigned int i = 0; i < model.n; i++)
		if (model.ranges[i].end > gst_format_size(to))
			want = -GST_ERANGE;
	if (want && rng() & 1) {
		guest_unmap(guest, gst_format_size(to), guest_size(guest) - gst_format_size(to));
		want = 0;
	}
	ret = guest_reformat(guest, to);
	if (ret != want)
		difference("%s: gst_reformat to %s returned -%u, expected -%u", guest->name,
			   to->name, (unsigned int)-ret, (unsigned int)-want);
}

void group_random(struct guest *guest)
{
	unsigned int before = check_accesses;

	guest_unmap_all(guest);
	open_windows(guest);
	for (unsigned int step = 0; step < STEPS; step++) {
		struct change change = random_change();
		gst_gpa_t gpa = change.piece.gpa, end = gpa + change.piece.size;

		if (rng_below(16) == 0)
			random_reformat(guest);
		/* A window may be above the end of the present format. */
		if (end <= guest_size(guest)) {
			do_change(guest, &change);
			check_edges(guest, gpa, end);
		}
		check_random(guest, guest_size(guest), 16);
		if (step % 8 == 0)
			check_invariants(guest);
		if (model.n > MODEL_RANGES / 2)
			guest_unmap_all(guest);
	}
	check_invariants(guest);
	say("# %s: %u steps\n", guest->name, (unsigned int)STEPS);
	result(guest->name, "random operations, with changes of format: %u accesses",
	       check_accesses - before);
}
