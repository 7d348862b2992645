// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Two operations in shared entry, one in the middle of the other. The inner one runs at every
 * point where the outer one calls its embedder or is about to read or change an entry: after
 * the plan, before a table is linked or a leaf replaced, between two steps of a walk, before
 * a counter is changed. There are no threads, so each failure can be repeated.
 *
 * Afterwards each page must be as one of the two orders would have left it, and all
 * invariants must hold. An operation that lost the race must succeed at its second try.
 */
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "ops.h"
#include "tap.h"

#define LL(x) ((unsigned long long)(x))

#define PAGE  GST_PAGE_SIZE
#define BLOCK GST_LEVEL_SIZE(1)
#define BASE  (GST_LEVEL_SIZE(2) > (UINT64_C(1) << 34) ? GST_LEVEL_SIZE(1) : GST_LEVEL_SIZE(2))
#define RW    (GST_READ | GST_WRITE)
/*
 * The range maps to one of three places: two are congruent for all leaves, one only for 4 KiB
 * leaves.
 */
#if GST_XLEN == 64
#define PA0 GST_LEVEL_SIZE(2)
#define PA1 (3 * GST_LEVEL_SIZE(2))
#else
#define PA0 BLOCK
#define PA1 (8 * BLOCK)
#endif
#define PA2 (PA1 + 5 * PAGE)

/*
 * The number of points to try one by one. Later points are in long runs of entries: try only some.
 */
#define EACH 8

#define MAP(at, bytes, to, perm, most) { OP_MAP, BASE + (at), bytes, (to) + (at), perm, most, 0, 0 }
#define PROTECT(at, bytes, flags)      { OP_WRPROTECT, BASE + (at), bytes, 0, 0, 0, flags, 0 }
#define SPLIT(at, bytes, level)        { OP_SPLIT, BASE + (at), bytes, 0, 0, level, 0, 0 }

static const struct op ops[] = {
	MAP(0, PAGE, PA0, RW, 0),
	MAP(0, PAGE, PA0, GST_READ, 0),
	MAP(PAGE, 3 * PAGE, PA2, RW, 0),
	MAP(0, BLOCK, PA0, RW, 1),
	MAP(0, BLOCK, PA1, GST_READ, 1),
	MAP(0, 2 * BLOCK, PA0, RW, 0),
	MAP(BLOCK - 2 * PAGE, 4 * PAGE, PA1, RW, 0),
	MAP(BLOCK - PAGE, BLOCK + PAGE, PA0, RW, 1),
	PROTECT(0, PAGE, 0),
	PROTECT(0, BLOCK, 0),
	PROTECT(PAGE, 2 * BLOCK - 2 * PAGE, 0),
	PROTECT(PAGE, PAGE, GST_WHOLE_LEAVES),
	{ OP_MASK, BASE, 64 * PAGE, 0, 0, 0, 0, UINT64_C(0x8000000000000005) },
	SPLIT(0, PAGE, 0),
	SPLIT(0, 2 * BLOCK, 0),
	SPLIT(BLOCK, BLOCK, 1),
	MAP(0, BLOCK, PA0, GST_READ | GST_KEEP, 1),
	{ OP_FILL, BASE + BLOCK - 3 * PAGE, 6 * PAGE, PA0 + BLOCK - 3 * PAGE, RW, 0, 0, 0 },
#if GST_XLEN == 64
	MAP(0, 16 * PAGE, PA0, RW | GST_NAPOT, 0),
	MAP(15 * PAGE, 33 * PAGE, PA0, RW | GST_NAPOT, 0),
	MAP(0, GST_LEVEL_SIZE(2), PA0, RW, 2),
#endif
};
#define OPS (sizeof(ops) / sizeof(ops[0]))

/* The start states: each is made by one operation. The first one maps nothing. */
static const struct op starts[] = {
	SPLIT(0, PAGE, 0),
	MAP(0, BLOCK, PA0, RW, 1),
	MAP(0, 2 * BLOCK, PA0, RW, 1),
	MAP(0, 8 * PAGE, PA0, RW, 0),
	MAP(0, 2 * BLOCK, PA0, RW, 0),
#if GST_XLEN == 64
	MAP(0, GST_LEVEL_SIZE(2), PA0, RW, 2),
	MAP(0, BLOCK, PA0, RW | GST_NAPOT, 0),
#endif
};
#define STARTS (sizeof(starts) / sizeof(starts[0]))

/* The pages at which an operation begins or ends. */
static const uint64_t looks[] = {
	0,         PAGE,         2 * PAGE,         3 * PAGE,         4 * PAGE,         15 * PAGE,
	16 * PAGE, 47 * PAGE,    48 * PAGE,        63 * PAGE,        BLOCK - 2 * PAGE, BLOCK - PAGE,
	BLOCK,     BLOCK + PAGE, BLOCK + 2 * PAGE, 2 * BLOCK - PAGE, 2 * BLOCK,
};
#define LOOKS (sizeof(looks) / sizeof(looks[0]))

struct view {
	gst_pa_t pa[LOOKS];
	gst_attr_t attr[LOOKS]; /* 0: not mapped */
};

static struct gst_space space;
static struct mem_source source, other_source;
static unsigned long runs, lost, busy;

/* The inner operation. */
static struct {
	const struct op *op;
	unsigned int after; /* how many points to wait */
	int ret;
	bool done;
} other;

static void come_between(void *arg, const char *where)
{
	struct gst_gather gather;

	(void)arg;
	(void)where;
	if (other.done || other.after--)
		return;
	other.done = true;
	mem_hook.fn = NULL;
	gst_gather_init_shared(&gather, &other_source);
	other.ret = op_run(&space, other.op, &gather);
	gst_gather_finish(&space, &gather);
}

static void look(struct view *view)
{
	memset(view, 0, sizeof(*view));
	for (unsigned int i = 0; i < LOOKS; i++) {
		struct gst_leaf leaf;

		if (gst_lookup(&space, BASE + looks[i], &leaf))
			continue;
		view->pa[i] = leaf.pa + (BASE + looks[i] - leaf.gpa);
		view->attr[i] = leaf.attr;
	}
}

static void begin(const struct gst_format *fmt, const struct op *start)
{
	EXPECT(!gst_init(&space, &mem_ops, NULL, fmt), "gst_init() failed");
	op_run_alone(&space, start, &source);
	/* Clear A, so that mapping a page again changes the entry. */
	gst_young(&space, BASE, 2 * BLOCK, true);
}

/* Record what the two operations leave when one runs after the other. */
static void in_order(const struct gst_format *fmt, const struct op *start, const struct op *a,
		     const struct op *b, struct view *view)
{
	begin(fmt, start);
	if (a)
		op_run_alone(&space, a, &source);
	if (b)
		op_run_alone(&space, b, &source);
	look(view);
	gst_destroy(&space);
}

static void report(void *arg, unsigned int inv, gst_gpa_t gpa, unsigned int level, gst_pte_t pte,
		   const char *what)
{
	(void)arg;
	tap_note("INV-%02u gpa 0x%llx level %u pte 0x%llx: %s", inv, LL(gpa), level, LL(pte), what);
}

struct judged {
	struct view before, only_a, only_b, ab, ba;
};

static bool is_one_of(const struct judged *j, const struct view *is, unsigned int i, bool partly)
{
	/* If one operation failed or was done in part, its effect may be missing. */
	const struct view *may[] = { &j->ab, &j->ba, &j->only_a, &j->only_b, &j->before };

	for (unsigned int k = 0; k < (partly ? 5 : 2); k++)
		if (is->attr[i] == may[k]->attr[i] && is->pa[i] == may[k]->pa[i])
			return true;
	return false;
}

/* Run @b inside @a. Return: whether @b ran, so that a later point is worth a try. */
static bool interleave(const struct gst_format *fmt, const struct op *start, const struct op *a,
		       const struct op *b, unsigned int after, unsigned int fail,
		       const struct judged *judged)
{
	struct gst_gather gather;
	struct view is;
	bool partly, came;
	int ret;

	begin(fmt, start);
	other.op = b;
	other.after = after;
	other.ret = 0;
	other.done = false;
	mem_hook.fn = come_between;
	source.fail_next = fail;
	gst_gather_init_shared(&gather, &source);
	ret = op_run(&space, a, &gather);
	mem_hook.fn = NULL;
	source.fail_next = 0;
	came = other.done;

	EXPECT(!ret || ret == -GST_EAGAIN || ret == -GST_EBUSY || (fail && ret == -GST_ENOMEM),
	       "the operation returned %d", ret);
	EXPECT(!other.ret || other.ret == -GST_EBUSY, "the inner operation returned %d", other.ret);
	runs++;
	lost += ret == -GST_EAGAIN;
	busy += ret == -GST_EBUSY;
	if (ret == -GST_EAGAIN) {
		/* The caller may give up here, so the invariants must hold now. */
		gst_check(&space, report, NULL);
		ret = op_run(&space, a, &gather);
		EXPECT(ret != -GST_EAGAIN, "-GST_EAGAIN without another operation");
	}
	gst_gather_finish(&space, &gather);

	partly = ret || other.ret || !came;
	look(&is);
	for (unsigned int i = 0; i < LOOKS; i++)
		EXPECT(is_one_of(judged, &is, i, partly),
		       "page 0x%llx maps 0x%llx with attr 0x%x: no order leaves it so",
		       LL(BASE + looks[i]), LL(is.pa[i]), is.attr[i]);
	gst_check(&space, report, NULL);
	gst_destroy(&space);
	EXPECT(!space.tables && !space.napots && !space.leaves[0] && !space.leaves[1],
	       "counters are not 0 after gst_destroy()");
	EXPECT(!mem_live(), "%lu pages were not freed", mem_live());
	if (tap_broken())
		tap_note("%s, start %td, op %td, at point %u op %td, %u failures", fmt->name,
			 start - starts, a - ops, after, b - ops, fail);
	return came && !tap_broken();
}

static void each_point(const struct gst_format *fmt, const struct op *start, const struct op *a,
		       const struct op *b)
{
	struct judged judged;

	in_order(fmt, start, NULL, NULL, &judged.before);
	in_order(fmt, start, a, NULL, &judged.only_a);
	in_order(fmt, start, b, NULL, &judged.only_b);
	in_order(fmt, start, a, b, &judged.ab);
	in_order(fmt, start, b, a, &judged.ba);
	/*
	 * Let the reservation of the bound succeed. For a map, then let it fail: the exact
	 * number is reserved.
	 */
	for (unsigned int fail = 0; fail <= (a->kind == OP_MAP) && !tap_broken(); fail++)
		for (unsigned int after = 0; interleave(fmt, start, a, b, after, fail, &judged);
		     after += after < EACH ? 1 : after / 2)
			;
}

static void all_pairs(const struct gst_format *fmt)
{
	mem_init(false);
	source.pages = other_source.pages = 0;
	runs = lost = busy = 0;
	for (unsigned int s = 0; s < STARTS; s++)
		for (unsigned int a = 0; a < OPS; a++)
			for (unsigned int b = 0; b < OPS; b++)
				if (!tap_broken())
					each_point(fmt, &starts[s], &ops[a], &ops[b]);
	tap_result(tap_notes_told(),
		   "%s: one operation inside another acts as if before or after it", fmt->name);
	printf("# %lu runs; the outer operation returned -EAGAIN %lu times, -EBUSY %lu times\n",
	       runs, lost, busy);
	tap_result(lost && busy, "%s: both -EAGAIN and -EBUSY occurred", fmt->name);
}

int main(void)
{
	unsigned int formats = 0;

	for (unsigned int f = 0; f < GST_FORMATS; f++)
		formats += gst_formats[f].xlen == GST_XLEN;
	tap_plan(2 * formats);
	for (unsigned int f = 0; f < GST_FORMATS; f++)
		if (gst_formats[f].xlen == GST_XLEN)
			all_pairs(&gst_formats[f]);
	return tap_status();
}
