// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What must be true while many threads work. See storm.h for the scheme.
 *
 * The words must be read and written in program order. An x86 keeps that order for plain
 * loads and stores. There the accesses are relaxed, because ThreadSanitizer would treat
 * stronger ones as an ordering between the threads. Other machines need stronger accesses.
 */
#include "storm.h"

#ifdef __x86_64__
#define BEFORE __ATOMIC_RELAXED
#define AFTER  __ATOMIC_RELAXED
#else
#define BEFORE __ATOMIC_SEQ_CST
#define AFTER  __ATOMIC_SEQ_CST
#endif

struct storm storm;

static uint32_t truth[OWNED][PAGES];
static struct account accounts[BLOCKS][PAGES / GROUP];

uint32_t truth_read(unsigned int block, unsigned int page)
{
	return __atomic_load_n(&truth[block][page], BEFORE);
}

void truth_begin(unsigned int block, unsigned int lo, unsigned int hi)
{
	for (unsigned int page = lo; page < hi; page++)
		__atomic_store_n(&truth[block][page], truth_read(block, page) | TRUTH_BUSY, BEFORE);
}

void truth_end(unsigned int block, unsigned int lo, unsigned int hi, gst_attr_t keep,
	       gst_attr_t add, bool mapped)
{
	for (unsigned int page = lo; page < hi; page++) {
		uint32_t word = truth_read(block, page), attr = word & TRUTH_ATTR;

		if (!mapped || attr)
			attr = (attr & keep) | add;
		word = (word & ~(TRUTH_ATTR | TRUTH_BUSY)) + TRUTH_NEXT;
		__atomic_store_n(&truth[block][page], word | attr, AFTER);
	}
}

bool truth_agrees(unsigned int block, unsigned int page, uint32_t word, int ret,
		  const struct gst_leaf *leaf)
{
	gst_gpa_t gpa = block_gpa(block) + page * PAGE;

	if (!(word & TRUTH_ATTR))
		return ret == -GST_ENOENT;
	return !ret && leaf->attr == (word & TRUTH_ATTR) && gpa >= leaf->gpa &&
	       gpa < leaf->gpa + leaf->size && leaf->pa - leaf->gpa == PA_OFFSET;
}

void truth_check(unsigned int block, unsigned int lo, unsigned int hi, const char *when)
{
	for (unsigned int page = lo; page < hi && !tap_broken(); page++) {
		uint32_t word = truth_read(block, page);
		struct gst_leaf leaf = { 0 };
		int ret;

		if (word & TRUTH_BUSY)
			continue;
		ret = gst_lookup(&storm.space, block_gpa(block) + page * PAGE, &leaf);
		/* The page has another owner, who has begun to change it. */
		if (truth_read(block, page) != word)
			continue;
		EXPECT(truth_agrees(block, page, word, ret, &leaf),
		       "%s: the owned page 0x%llx should have attr 0x%x; lookup: %d, attr 0x%x, "
		       "leaf 0x%llx of 0x%llx to 0x%llx",
		       when, LL(block_gpa(block) + page * PAGE), word & TRUTH_ATTR, ret, leaf.attr,
		       LL(leaf.gpa), LL(leaf.size), LL(leaf.pa));
	}
}

struct account account_read(unsigned int block, unsigned int page, int which)
{
	const struct account *account = &accounts[block][page / GROUP];
	struct account read = { { 0 }, { 0 }, { 0 } };

	read.grants[which] = __atomic_load_n(&account->grants[which], BEFORE);
	read.takes[which] = __atomic_load_n(&account->takes[which], BEFORE);
	read.replaces[which] = __atomic_load_n(&account->replaces[which], BEFORE);
	return read;
}

void account_note(unsigned int block, unsigned int lo, unsigned int hi, const struct op *op,
		  int which)
{
	for (unsigned int group = lo / GROUP; group <= (hi - 1) / GROUP; group++) {
		struct account *account = &accounts[block][group];
		bool maps = op->kind == OP_MAP || op->kind == OP_FILL;

		if (maps)
			__atomic_fetch_add(&account->replaces[which], 1, AFTER);
		if (maps && (op->attr & GST_WRITE))
			__atomic_fetch_add(&account->grants[which], 1, AFTER);
		else if (op->kind != OP_SPLIT && op->kind != OP_COLLAPSE)
			__atomic_fetch_add(&account->takes[which], 1, AFTER);
	}
}

void account_check(unsigned int block, unsigned int page, const struct op *op,
		   const struct account *before)
{
	gst_gpa_t gpa = block_gpa(block) + page * PAGE;
	struct gst_leaf leaf = { 0 };
	int ret = gst_lookup(&storm.space, gpa, &leaf);
	struct account now = account_read(block, page, 0);
	bool maps = op->kind == OP_MAP, writable = leaf.attr & GST_WRITE;

	/* These operations promise nothing about a page. A fill may find a leaf already there. */
	if (op->kind == OP_SPLIT || op->kind == OP_COLLAPSE || op->kind == OP_FILL)
		return;
	if (op->kind == OP_UNMAP) {
		EXPECT(ret == -GST_ENOENT, "page 0x%llx was unmapped, but it is mapped", LL(gpa));
		return;
	}
	EXPECT(!maps || !ret, "page 0x%llx was mapped, but lookup returned %d", LL(gpa), ret);
	if (ret)
		return;
	/* The account counts this operation, too. */
	if (maps && now.replaces[0] == before->replaces[1] + 1)
		EXPECT(leaf.pa - leaf.gpa == op->pa - op->gpa,
		       "page 0x%llx maps memory that no later map asked for", LL(gpa));
	if (maps && (op->attr & GST_WRITE)) {
		EXPECT(writable || now.takes[0] != before->takes[1],
		       "page 0x%llx was given W, nobody removed W, but it lacks W", LL(gpa));
	} else {
		EXPECT(!writable || now.grants[0] != before->grants[1],
		       "page 0x%llx lost W, nobody gave it W, but it has W", LL(gpa));
	}
	if (now.takes[0] == before->takes[1] || now.grants[0] == before->grants[1])
		count(&storm.exact, 1);
}

static void report(void *arg, unsigned int inv, gst_gpa_t gpa, unsigned int level, gst_pte_t pte,
		   const char *what)
{
	tap_note("%s: INV-%02u gpa 0x%llx level %u pte 0x%llx: %s", (const char *)arg, inv, LL(gpa),
		 level, LL(pte), what);
}

void check_all(const char *when)
{
	gst_check(&storm.space, report, (void *)(uintptr_t)when);
	for (unsigned int block = 0; block < OWNED; block++)
		truth_check(block, 0, PAGES, when);
}
