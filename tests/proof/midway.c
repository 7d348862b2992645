// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The loop invariant of the engine's walk. See midway.h.
 */
#include "midway.h"
#include "pte.h"

gst_gpa_t range_start, range_end, probe;
struct translation before;

/*
 * Is the state of the walk right? The range is unchanged, and tables[] has the tables on the
 * way.
 */
static bool walk_is_true(const struct gst_walk *walk)
{
	unsigned int page = 0;
	bool yes = walk->space == &space && walk->gather == &gather && walk->top == TOP &&
		   walk->end == range_end && !walk->acquire && walk->level <= TOP &&
		   in_range(walk->gpa, range_start, range_end) &&
		   (walk->gpa == range_start || !(walk->gpa & (GST_LEVEL_SIZE(walk->level) - 1)));

	for (unsigned int level = TOP + 1; level-- > 0;) {
		unsigned int index = walk->gpa >> GST_LEVEL_SHIFT(level);
		gst_pte_t pte;

		if (level < walk->level)
			continue;
		yes = yes && walk->tables[level] == &memory[page * ENTRIES];
		if (level == walk->level)
			continue;
		if (level != TOP)
			index &= ENTRIES - 1;
		index += page * ENTRIES;
		pte = index < PROOF_PAGES * ENTRIES ? memory[index] : 0;
		page = PPN(pte) - MEMORY_PPN;
		yes = yes && pte_is_pointer(pte) && page < PROOF_PAGES;
		page = yes ? page : 0;
	}
	return yes;
}

/* Find the pages in the gather's list. Return: false if the list is broken. */
static bool find_gathered(void)
{
	const gst_pte_t *page = gather.tables;

	for (unsigned int p = 0; p < PROOF_PAGES; p++)
		gathered[p] = false;
	for (unsigned int n = 0; n < PROOF_PAGES && page; n++) {
		unsigned int p = __CPROVER_POINTER_OFFSET(page) >> GST_PAGE_SHIFT;

		if (!__CPROVER_same_object(page, memory) || p >= PROOF_PAGES || gathered[p])
			return false;
		gathered[p] = true;
		page = meta_of_page(p)->next;
	}
	return !page;
}

/* Is the flush of the gather enough, if the probe translates to @now afterwards? */
static bool flush_would_do(const struct translation *now)
{
	bool ranged = probe >= gather.start && probe < gather.end && before.level >= gather.level;
	bool listed = false, went = false, came = false;

	for (unsigned int p = 0; p < PROOF_PAGES; p++)
		listed = listed || gathered[p];
	for (unsigned int level = 1; level < GST_LEVELS_MAX; level++) {
		gst_pte_t old = before.path[level], new = now->path[level];

		went = went || (old && old != new && (pte_is_pointer(old) || pte_is_pointer(new)));
		came = came || (old != new && pte_is_pointer(new));
	}
	/*
	 * A fence with an address covers leaf PTEs only, but tables will be freed after the
	 * flush.
	 */
	if ((listed || went) && !gather.all)
		return false;
	if (!hart_may_keep(&before, now) && !ranged && !gather.all)
		return false;
	if (!hart_may_keep(now, &before) && !gather.fresh && !ranged && !gather.all)
		return false;
	if (came && !gather.linked && !gather.all)
		return false;
	return gather.level <= TOP &&
	       !((gather.start | gather.end) & (GST_LEVEL_SIZE(gather.level) - 1));
}

struct midway {
	uint32_t world;
	bool list, walk, flush, promise, reserve;
};

/* The walk that counts tables, and the number that it must find. */
static struct gst_walk *plan;
static uint64_t planned;

static bool plan_is_true(void)
{
	return walk_is_true(plan) && op_is_true(plan);
}

static struct midway look(const struct gst_walk *walk, gst_gpa_t done)
{
	struct midway m = { .list = find_gathered() };
	struct translation now = hart_walk(space.root, probe);
	unsigned int may_be_empty = NO_PAGE;

	if (op_empties && walk && walk->level < TOP)
		may_be_empty =
			__CPROVER_POINTER_OFFSET(walk->tables[walk->level]) >> GST_PAGE_SHIFT;
	m.world = world_violations(may_be_empty);
	m.walk = !walk || (walk_is_true(walk) && op_is_true(walk));
	m.flush = flush_would_do(&now) && !gather.old_root && !gather.shared && !flushed;
	m.promise = op_promises(&now, done);
	m.reserve = gather.reserved == owed && (!walk || op_needs(done) <= owed);
	return m;
}

static void any_probe(void)
{
	probe = nondet_u16();
	assume(probe < hart_gpa_end(space.root));
}

void midway_arbitrary(struct gst_walk *walk, unsigned int level)
{
	const gst_pte_t *table = memory;
	struct midway m;

	range_start = (gst_gpa_t)nondet_u8() << GST_PAGE_SHIFT;
	range_end = (gst_gpa_t)nondet_u8() << GST_PAGE_SHIFT;
	assume(range_start < range_end && range_end <= hart_gpa_end(space.root));
	op_arguments();
	assume(!op_is_invalid());
	any_probe();
	walk->space = &space;
	walk->gather = &gather;
	walk->gpa = (gst_gpa_t)nondet_u8() << GST_PAGE_SHIFT;
	walk->end = range_end;
	walk->level = level;
	walk->top = TOP;
	walk->acquire = false;
	walk->ptep = NULL;
	walk->pte = nondet_u64();
	for (unsigned int l = level; l < TOP; l++) {
		unsigned int page = nondet_u8();

		assume(page >= FIRST_TABLE && page < PROOF_PAGES);
		walk->tables[l] = &memory[page * ENTRIES];
	}
	walk->tables[TOP] = memory;

	if (PROOF_PLAN) {
		world_assume_valid(NO_PAGE);
		world_remember();
		plan = walk;
		planned = *op_plan(plan) + op_needs(plan->gpa);
		assume(plan_is_true());
		return;
	}
	before = hart_walked(space.root, probe);
	world_assume_valid(op_empties && level < TOP ?
				   __CPROVER_POINTER_OFFSET(walk->tables[level]) >> GST_PAGE_SHIFT :
				   NO_PAGE);
	m = look(walk, walk->gpa);
	assume(m.list && m.walk && m.flush && m.promise && m.reserve);
}

static void prove_midway(const struct gst_walk *walk, gst_gpa_t done)
{
	struct midway m;

	if (PROOF_PLAN) {
		world_prove_unchanged();
		prove(!walk || plan_is_true(), "the state of the walk is right");
		prove(*op_plan(plan) + op_needs(done) == planned,
		      "all tables that are needed are counted");
		return;
	}
	m = look(walk, done);
	world_prove_valid(m.world);
	prove(m.list, "the list of tables to free is well formed");
	prove(m.walk, "the state of the walk is right");
	prove(m.flush, "the flush of the gather is enough for all that harts may have cached");
	prove(m.promise, "each address translates as the operation promises");
	prove(m.reserve, "enough tables are reserved for the rest of the range");
}

int midway_plan(struct gst_walk *walk)
{
	world_prove_unchanged();
	plan = walk;
	prove(walk->gpa == range_start && plan_is_true() && !*op_plan(walk),
	      "counting starts at the start of the range, with 0");
	*op_plan(walk) = op_needs(range_start);
	/* The walk has moved on. */
	walk->gpa = nondet_u64();
	walk->level = nondet_u32();
	return 0;
}

int midway_begun(const struct gst_walk *walk)
{
	world_prove_unchanged();
	prove(!((range_start | range_end) & (PAGE - 1)) && range_start < range_end &&
		      range_end <= hart_gpa_end(space.root),
	      "the range is inside the space");
	prove(walk->gpa == range_start, "the walk begins at the start of the range");
	prove_midway(walk, walk->gpa);
	reached();
	assume(false);
	return 0;
}

bool midway_again(const struct gst_walk *walk)
{
	static bool around;
	static gst_gpa_t gpa;
	static unsigned int level;

	if (!around) {
		around = true;
		gpa = walk->gpa;
		level = walk->level;
		return true;
	}
	prove(walk->gpa > gpa || (walk->gpa == gpa && walk->level < level),
	      "the walk makes progress");
	prove_midway(walk, walk->gpa);
	reached();
	assume(false);
	return false;
}

/* Prove that an error has a reason, if the operation fails before its walk. */
static void prove_error(int error, uint64_t size)
{
	bool far = range_end > hart_gpa_end(space.root);
	bool bad = !size || ((range_start | size) & (PAGE - 1)) || range_end < range_start;

	prove(error == -GST_EINVAL || error == -GST_ERANGE || error == -GST_ENOMEM,
	      "the error is a documented one");
	prove(error != -GST_EINVAL || bad || op_is_invalid(), "EINVAL has a reason");
	prove(error != -GST_ERANGE || far || op_is_invalid(), "ERANGE has a reason");
	prove(error != -GST_ENOMEM || (!bad && !far), "ENOMEM has a reason");
}

#ifdef PROOF_BEGIN
void prove_op(int (*call)(uint64_t size), int (*step)(void))
{
	uint64_t size = nondet_u64();
	int ret;

	world_arbitrary(GST_MODE_SV39X4, false);
	range_start = nondet_u64();
	range_end = range_start + size;
	op_arguments();
	any_probe();
	world_assume_valid(NO_PAGE);
	before = hart_walk(space.root, probe);
	world_remember();
	ret = call(size);
	prove_error(ret, size);
	world_prove_unchanged();
}
#else
void prove_op(int (*call)(uint64_t size), int (*step)(void))
{
	int ret;

	world_arbitrary(GST_MODE_SV39X4, !PROOF_PLAN);
	ret = step();
	prove(!ret, "an operation that has begun does not fail");
	prove_midway(NULL, range_end);
	reached();
}
#endif
