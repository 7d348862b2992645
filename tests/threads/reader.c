// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The readers, which take no lock.
 *
 * If the word of an owned page is the same before and after a lookup, the page has not
 * changed in between, and the answer must agree with the word. Any other answer must be one
 * that the page can have at some time.
 */
#include "storm.h"

static unsigned int below(unsigned int n)
{
	return (unsigned int)rng_below(&mem_rng, n);
}

/* Check what is true of every leaf at any time. */
static void check_leaf(const struct gst_leaf *leaf)
{
	unsigned int block = BLOCKS + 1;
	uint64_t offset = leaf->pa - leaf->gpa;

	for (unsigned int i = 0; i <= BLOCKS; i++)
		if (leaf->gpa >= block_gpa(i) && leaf->gpa + leaf->size <= block_gpa(i) + BLOCK)
			block = i;
	EXPECT(block <= BLOCKS, "a leaf at 0x%llx of 0x%llx bytes, where nothing is ever mapped",
	       LL(leaf->gpa), LL(leaf->size));
	EXPECT(leaf->size == (leaf->level        ? BLOCK :
			      leaf->size == PAGE ? PAGE :
						   GST_NAPOT_SIZE),
	       "a leaf of level %u and 0x%llx bytes", leaf->level, LL(leaf->size));
	EXPECT(!((leaf->gpa | leaf->pa) & (leaf->size - 1)), "a leaf at 0x%llx is not aligned",
	       LL(leaf->gpa));
	EXPECT(offset == PA_OFFSET || (offset == PA_OFFSET2 && block >= OWNED && block < BLOCKS),
	       "a leaf at 0x%llx maps 0x%llx, which nobody ever mapped there", LL(leaf->gpa),
	       LL(leaf->pa));
	EXPECT((leaf->attr & GST_READ) && leaf->attr < TRUTH_BUSY, "a leaf has attr 0x%x",
	       leaf->attr);
}

static void look_up(void)
{
	unsigned int block = below(BLOCKS + 1), page = below(below(2) ? ACTIVE : PAGES);
	gst_gpa_t gpa = block_gpa(block) + page * PAGE + below(PAGE);
	struct gst_leaf leaf = { 0 };
	uint32_t before = 0, after;
	int ret;

	if (block == BLOCKS)
		gpa = ANCHOR_GPA;
	if (block < OWNED)
		before = truth_read(block, page);
	ret = gst_lookup(&storm.space, gpa, &leaf);
	EXPECT(!ret || ret == -GST_ENOENT, "lookup of 0x%llx returned %d", LL(gpa), ret);
	if (!ret)
		check_leaf(&leaf);
	EXPECT(ret || (gpa >= leaf.gpa && gpa < leaf.gpa + leaf.size),
	       "lookup of 0x%llx found a leaf at 0x%llx", LL(gpa), LL(leaf.gpa));
	if (block == BLOCKS)
		EXPECT(!ret && leaf.attr == RW,
		       "lookup of the page that nobody changes returned %d", ret);
	if (block >= OWNED)
		return;
	after = truth_read(block, page);
	if (after != before || (before & TRUTH_BUSY))
		return;
	EXPECT(truth_agrees(block, page, before, ret, &leaf),
	       "lookup of 0x%llx returned %d with attr 0x%x instead of 0x%x, leaf 0x%llx of 0x%llx",
	       LL(gpa), ret, leaf.attr, before & TRUTH_ATTR, LL(leaf.gpa), LL(leaf.size));
	count(&storm.exact, 1);
}

static void age(void)
{
	unsigned int block = below(BLOCKS), lo = below(ACTIVE), n = 1 + below(below(4) ? 4 : PAGES);
	int ret;

	if (n > PAGES - lo)
		n = PAGES - lo;
	/* Ageing changes entries, too. */
	count(&storm.begun, n);
	ret = gst_young(&storm.space, block_gpa(block) + lo * PAGE, n * PAGE, below(2));
	count(&storm.ended, n);
	EXPECT(ret == 0 || ret == 1, "gst_young() returned %d", ret);
}

/* The findings of one pass over a range. */
struct pass {
	unsigned int block; /* an owned block, or OWNED for any other range */
	uint32_t before[PAGES];
	gst_attr_t attr[PAGES];
	gst_gpa_t behind; /* the end of the last leaf */
};

static int passed(void *arg, const struct gst_leaf *leaf)
{
	struct pass *pass = arg;

	check_leaf(leaf);
	/* A 64 KiB leaf may have been made around the walk's position. */
	EXPECT(leaf->gpa >= pass->behind ||
		       (leaf->size == GST_NAPOT_SIZE && leaf->gpa + leaf->size > pass->behind),
	       "the leaf at 0x%llx is out of order", LL(leaf->gpa));
	pass->behind = leaf->gpa + leaf->size;
	for (uint64_t at = 0; pass->block < OWNED && at < leaf->size; at += PAGE)
		pass->attr[(leaf->gpa + at - block_gpa(pass->block)) / PAGE % PAGES] = leaf->attr;
	return tap_broken();
}

static int passed_run(void *arg, const struct gst_run *run)
{
	struct gst_leaf leaf = {
		.gpa = run->gpa,
		.pa = run->pa,
		.size = run->leaf,
		.level = run->level,
		.attr = run->attr,
	};

	EXPECT(run->end > run->gpa && (run->end - run->gpa) % run->leaf == 0 &&
		       run->young <= (run->end - run->gpa) / run->leaf,
	       "the run at 0x%llx is malformed", LL(run->gpa));
	for (; leaf.gpa < run->end && !tap_broken(); leaf.gpa += leaf.size, leaf.pa += leaf.size)
		passed(arg, &leaf);
	return tap_broken();
}

static void pass_over(void)
{
	static _Thread_local struct pass pass;
	unsigned int block = below(BLOCKS);
	bool dump = below(2);
	gst_gpa_t gpa = block_gpa(block);
	uint64_t size = BLOCK;
	int ret;

	pass = (struct pass){ .block = block < OWNED ? block : OWNED };
	if (!below(4)) {
		/* The whole space. The page that nobody changes comes last. */
		pass.block = OWNED;
		gpa = 0;
		size = block_gpa(BLOCKS) + PAGE;
	}
	for (unsigned int page = 0; pass.block < OWNED && page < PAGES; page++)
		pass.before[page] = truth_read(block, page);
	ret = dump ? gst_dump(&storm.space, gpa, size, passed_run, &pass) :
		     gst_iterate(&storm.space, gpa, size, passed, &pass);
	if (tap_broken())
		return;
	EXPECT(!ret, "a pass over all leaves returned %d", ret);
	EXPECT(gpa || block == 0 || pass.block < OWNED || pass.behind == ANCHOR_GPA + PAGE,
	       "a pass misses the page that nobody changes");
	for (unsigned int page = 0; pass.block < OWNED && page < PAGES; page++) {
		uint32_t word = pass.before[page];

		if (truth_read(block, page) != word || (word & TRUTH_BUSY))
			continue;
		EXPECT(pass.attr[page] == (word & TRUTH_ATTR),
		       "a pass finds page %u of block %u with attr 0x%x instead of 0x%x", page,
		       block, pass.attr[page], word & TRUTH_ATTR);
		count(&storm.exact, 1);
	}
}

void *reader(void *arg)
{
	unsigned int n = (unsigned int)(uintptr_t)arg;

	mem_rng.state = 100 + n;
	mem_pause_one_in = 16;
	while (__atomic_load_n(&storm.working, __ATOMIC_RELAXED) && !tap_broken()) {
		mem_read_enter(n);
		switch (below(8)) {
		case 0:
			pass_over();
			break;
		case 1:
			age();
			break;
		default:
			look_up();
			break;
		}
		mem_read_leave(n);
		count(&storm.answers, 1);
	}
	return NULL;
}
