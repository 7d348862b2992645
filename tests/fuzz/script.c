// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Decoding and running scripts of operations. See script.h.
 */
#include <stdio.h>

#include "script.h"

#include "../host/world.h"
#include "../host/world_check.h"

/* Limits: longer scripts and larger steps would be slower and find no more bugs. */
#define STEPS_MAX  48
#define PIECES_MAX 600
#define TABLES_MAX 64

struct script {
	const uint8_t *at, *end;
	struct world *w;
	gst_gpa_t gpa; /* the place of the last operation */
};

unsigned long script_steps[SCRIPT_OPS];

const char *const script_names[SCRIPT_OPS] = {
	"map",      "map again", "unmap",   "wrprotect", "mask",  "young",     "touch", "split",
	"collapse", "reformat",  "iterate", "fill",      "share", "no memory", "look",  "check",
};

/* The next byte. After the end all bytes are 0. */
static unsigned int byte(struct script *s)
{
	return s->at < s->end ? *s->at++ : 0;
}

static uint64_t level_size(struct script *s, unsigned int level)
{
	return w_size(s->w, level % (w_top(s->w) + 1));
}

/*
 * Decode a place. The first byte selects a region and an offset in entries of some level, the
 * second byte an offset in pages. A small change of these bytes leads to the edges of leaves.
 */
static gst_gpa_t place(struct script *s, unsigned int op)
{
	static const uint16_t pages[] = { 0,  1,  2,  15,  16,  17,  31,  32,
					  48, 63, 64, 255, 510, 511, 512, 1023 };
	unsigned int where, page;
	gst_gpa_t gpa = 0;

	if (op & SCRIPT_AGAIN)
		return s->gpa;
	where = byte(s);
	page = byte(s);
	switch (where & 3) {
	case 1: /* a quarter of the root */
		gpa = w_limit(s->w) / 4;
		break;
	case 2: /* the end */
		gpa = w_limit(s->w) - 4 * level_size(s, where >> 2 & 7);
		break;
	case 3: /* where a narrower format ends */
		gpa = gst_format_size(w_format(0)) / 2;
		break;
	}
	gpa += (where >> 5) * level_size(s, where >> 2 & 7);
	gpa += pages[page & 15] * W_PAGE;
	if (page & 16)
		gpa -= W_PAGE;
	if (page & 32)
		gpa += W_NAPOT;
	if (page & 64)
		gpa += level_size(s, 1);
	if ((page & 0xe0) == 0xe0)
		gpa = w_limit(s->w) - W_PAGE;
	return s->gpa = gpa % w_limit(s->w);
}

/* Decode a size: some entries of a level, a page more or less than that, or some pages. */
static uint64_t length(struct script *s, gst_gpa_t gpa)
{
	unsigned int how = byte(s);
	uint64_t unit = (how & 7) == 7 ? W_NAPOT : level_size(s, how & 7);
	uint64_t size = unit * (1 + (how >> 3 & 3)), room = w_limit(s->w) - gpa;

	switch (how >> 5) {
	case 1:
		size += W_PAGE;
		break;
	case 2:
		size -= size > W_PAGE ? W_PAGE : 0;
		break;
	case 3: /* to the edge of an entry */
		size -= gpa % unit;
		break;
	case 4:
		size = W_PAGE * (1 + (how & 31));
		break;
	case 5:
		size = W_PAGE * (17 * (1 + (how & 31)));
		break;
	case 6:
		size = unit * (w_size(s->w, 1) / W_PAGE - (how >> 3 & 3));
		break;
	case 7: /* a size that is too large, or 0 */
		if ((how & 31) == 31)
			return how == 0xff ? room + W_PAGE : 0;
		size = unit * (how & 31);
		break;
	}
	return size < room ? size : room;
}

static uint64_t at_most(uint64_t size, uint64_t piece)
{
	return size / piece > PIECES_MAX ? PIECES_MAX * piece : size;
}

static gst_attr_t attributes(struct script *s)
{
	unsigned int how = byte(s);
	gst_attr_t attr = GST_READ;

	attr |= how & 1 ? GST_WRITE : 0;
	attr |= how & 2 ? GST_EXEC : 0;
	attr |= how & 4 ? W_MAKE_NAPOT : 0;
	attr |= how & 8 ? GST_KEEP : 0;
	if (GST_XLEN == 64)
		attr |= (how & 0x30) == 0x10 ? GST_NC : (how & 0x30) == 0x20 ? GST_IO : 0;
	if (how >> 6 == 3)
		attr ^= how & 0x20 ? GST_READ : UINT32_C(1) << 20;
	return attr;
}

/* Decode a pa. Each choice of @how is congruent to the gpa for leaves of other sizes. */
static gst_pa_t pa_for(struct script *s, gst_gpa_t gpa, unsigned int how)
{
	const uint64_t offsets[] = {
		0,
		w_size(s->w, w_top(s->w)),
		w_size(s->w, w_top(s->w)) + level_size(s, 1),
		W_NAPOT,
		W_PAGE,
		15 * W_PAGE + level_size(s, 1),
		level_size(s, 2) - level_size(s, 1),
		UINT64_C(1) << (GST_XLEN == 64 ? 52 : 33),
	};

	gpa &= (UINT64_C(1) << (GST_XLEN == 64 ? 55 : 33)) - 1;
	if (how == 0xff)
		return GST_PA_END - W_PAGE;
	return (gpa + offsets[how & 7]) % GST_PA_END;
}

/*
 * Run an operation. If shared entry returns -GST_EBUSY, run it again in exclusive entry, as a
 * caller would.
 */
#define OR_ALONE(s, call)                                                                          \
	do {                                                                                       \
		if ((call) == -GST_EBUSY) {                                                        \
			w_share((s)->w, false);                                                    \
			(void)(call);                                                              \
		}                                                                                  \
	} while (0)

static void map(struct script *s, gst_gpa_t gpa)
{
	uint64_t size = length(s, gpa);
	gst_attr_t attr = attributes(s);
	unsigned int how = byte(s), max_level = (how >> 3) % (w_top(s->w) + 2), best = 0;
	gst_pa_t pa = pa_for(s, gpa, how);

	while (best < w_top(s->w) && best < max_level && (pa - gpa) % w_size(s->w, best + 1) == 0)
		best++;
	size = at_most(size, w_size(s->w, best));
	OR_ALONE(s, w_map(s->w, gpa, size, pa, attr, max_level));
}

/* Change the format. Usually, first unmap what is above the end of a narrower format. */
static void reformat(struct script *s, unsigned int op)
{
	const struct gst_format *fmt = w_format(byte(s) % 3);
	gst_gpa_t limit;

	if (!fmt)
		return;
	limit = gst_format_size(fmt);
	w_share(s->w, false);
	if (limit < w_limit(s->w) && !(op & SCRIPT_WHOLE))
		w_unmap(s->w, limit, w_limit(s->w) - limit, 0);
	w_reformat(s->w, fmt);
}

/* Fill pages, some of them left out. With SCRIPT_WHOLE one of them may be invalid. */
static void fill(struct script *s, unsigned int op, gst_gpa_t gpa)
{
	unsigned int count = byte(s) % 65;
	gst_attr_t attr = attributes(s);
	unsigned int how = byte(s);
	struct gst_page pages[64];

	for (unsigned int i = 0; i < count; i++) {
		pages[i] = (struct gst_page){ pa_for(s, gpa + i * W_PAGE, (how + i) & 7), attr };
		if (how >> 5 && i % (how >> 5) == 1)
			pages[i].attr = 0;
		if (!(op & SCRIPT_WHOLE) || i != (how & 31))
			continue;
		pages[i].attr ^= how & 0x20 ? GST_READ : 0;
		pages[i].pa += how & 0x40 ? 1 : 0;
		pages[i].pa |= how & 0x80 ? GST_PA_END : 0;
	}
	w_fill(s->w, gpa, pages, count);
}

static void step(struct script *s)
{
	struct world *w = s->w;
	unsigned int op = byte(s), what = op & 15;
	unsigned int flags = op & SCRIPT_WHOLE ? GST_WHOLE_LEAVES : 0;
	gst_gpa_t gpa = 0;
	uint64_t size, mask;
	unsigned int level;

	script_steps[what]++;
	if (op & SCRIPT_ALONE && w->gather.shared)
		w_share(w, false);
	if (what == SCRIPT_MAP_SAME)
		op |= SCRIPT_AGAIN;
	if (what != SCRIPT_REFORMAT && what != SCRIPT_SHARE && what != SCRIPT_FAIL &&
	    what != SCRIPT_CHECK)
		gpa = place(s, op) % w_limit(w);
	switch ((enum script_op)what) {
	case SCRIPT_MAP:
	case SCRIPT_MAP_SAME:
		map(s, gpa);
		break;
	case SCRIPT_UNMAP:
		w_unmap(w, gpa, length(s, gpa), flags);
		break;
	case SCRIPT_WRPROTECT:
		size = length(s, gpa);
		OR_ALONE(s, w_wrprotect(w, gpa, size, flags));
		break;
	case SCRIPT_MASK:
		mask = byte(s);
		mask |= (uint64_t)byte(s) << (op & SCRIPT_WHOLE ? 56 : 12);
		OR_ALONE(s, w_wrprotect_mask(w, gpa, mask));
		break;
	case SCRIPT_YOUNG:
		w_young(w, gpa, length(s, gpa), op & SCRIPT_WHOLE);
		break;
	case SCRIPT_TOUCH:
		w_touch(w, gpa);
		break;
	case SCRIPT_SPLIT:
		size = length(s, gpa);
		level = byte(s) % (w_top(w) + 2);
		size = at_most(size, level_size(s, level));
		OR_ALONE(s, w_split(w, gpa, size, level));
		break;
	case SCRIPT_COLLAPSE:
		size = length(s, gpa);
		level = byte(s);
		w_collapse(w, gpa, size, (level & 7) % (w_top(w) + 2),
			   level & 8 ? 0 : W_MAKE_NAPOT);
		break;
	case SCRIPT_REFORMAT:
		reformat(s, op);
		break;
	case SCRIPT_ITERATE:
		size = length(s, gpa);
		w_iterate(w, gpa, size, byte(s) & 7);
		break;
	case SCRIPT_FILL:
		fill(s, op, gpa);
		break;
	case SCRIPT_SHARE:
		w_share(w, byte(s) & 1);
		break;
	case SCRIPT_FAIL:
		/* Let one of the next reservations or roots fail, or all large reservations. */
		what = byte(s);
		if (what & 4)
			w->mem.fail_root = 1;
		else
			w->mem.fail_reserve = 1 + (what & 3);
		w->mem.limit = what & 8 ? what >> 4 : TESTMEM_TABLES;
		return;
	case SCRIPT_LOOK:
		w_cache(w, gpa);
		w_check_gpa(w, gpa);
		break;
	case SCRIPT_CHECK:
	case SCRIPT_OPS:
		w_check_all(w);
		break;
	}
	if (what != SCRIPT_LOOK && what != SCRIPT_TOUCH) {
		w->mem.fail_root = w->mem.fail_reserve = 0;
		w->mem.limit = TESTMEM_TABLES;
	}
	if (op & SCRIPT_FINISH)
		w_finish(w);
	/* Keep the space small enough to check all of it. */
	if (w->space.tables > TABLES_MAX) {
		w_share(w, false);
		w_unmap(w, 0, w_limit(w), 0);
	}
}

/* fail.c calls this to end a failed test. Here it replaces the function of cmocka. */
void _fail(const char *const file, const int line)
{
	printf("# at %s:%d\n", file, line);
	fflush(stdout);
	script_failed();
}

void script_run(const uint8_t *bytes, size_t size)
{
	static struct world world;
	struct script s = { .at = bytes, .end = bytes + size, .w = &world };
	const struct gst_format *fmt = w_format(byte(&s) % 3);

	w_begin(&world, fmt ? fmt : w_format(0), 1);
	for (unsigned int n = 0; n < STEPS_MAX && s.at < s.end; n++)
		step(&s);
	w_finish(&world);
	w_check_invariants(&world);
	w_check_all(&world);
	w_end(&world);
}
