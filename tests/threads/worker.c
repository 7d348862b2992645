// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The workers, which change the space: in shared entry, and sometimes alone.
 */
#include "storm.h"

/* A worker is alone in one round of this many. */
#define ALONE_ONE_IN 12

struct worker {
	unsigned int n;
	struct mem_source source;
};

/* An operation on the pages [lo, hi) of a block. */
struct job {
	struct op op;
	unsigned int block, lo, hi;
};

static unsigned int below(unsigned int n)
{
	return (unsigned int)rng_below(&mem_rng, n);
}

static bool one_in(unsigned int n)
{
	return below(n) == 0;
}

static struct job job_on(enum op_kind kind, unsigned int block, unsigned int lo, unsigned int hi)
{
	struct job job = { .block = block, .lo = lo, .hi = hi };

	job.op.kind = kind;
	job.op.gpa = block_gpa(block) + lo * PAGE;
	job.op.size = (hi - lo) * PAGE;
	job.op.pa = job.op.gpa + PA_OFFSET;
	if (kind == OP_MAP)
		job.op.attr = GST_READ | (one_in(2) ? GST_WRITE : 0) | (one_in(4) ? GST_EXEC : 0);
	return job;
}

/*
 * Run a job in shared entry, with the lock held for reading, until it is done or returns
 * -GST_EBUSY. For each change of another thread it may lose one race, and no more.
 */
static int run_shared(struct worker *w, const struct job *job)
{
	/* A bound: each page, a table for each, and some upper tables. */
	uint64_t weight = 2 * (job->hi - job->lo) + 16;
	uint64_t before = counted(&storm.ended), tries = 0, lost = 0;
	struct gst_gather gather;
	int ret;

	gst_gather_init_shared(&gather, &w->source);
	do {
		count(&storm.begun, weight);
		tries++;
		ret = op_run(&storm.space, &job->op, &gather);
		lost += ret == -GST_EAGAIN;
		EXPECT(lost <= counted(&storm.begun) - before - tries * weight,
		       "an operation of kind %d lost %llu times, others changed less", job->op.kind,
		       LL(lost));
		if (ret == -GST_ENOMEM) {
			EXPECT(w->source.failures, "-GST_ENOMEM without an injected failure");
			count(&storm.no_memory, 1);
			if (tries == 1 && job->block < OWNED)
				truth_check(job->block, job->lo, job->hi, "without memory");
			ret = -GST_EAGAIN;
		}
	} while (ret == -GST_EAGAIN && !tap_broken());
	gst_gather_finish(&storm.space, &gather);
	count(&storm.ended, tries * weight);
	count(&storm.retries, lost);
	count(&storm.shared_ops, 1);
	EXPECT(!ret || ret == -GST_EBUSY || tap_broken(), "an operation of kind %d returned %d",
	       job->op.kind, ret);
	return ret;
}

static void run_alone(struct worker *w, const struct job *job)
{
	unsigned int fail = w->source.fail_one_in;
	int ret;

	w->source.fail_one_in = w->source.fail_next = 0;
	ret = op_run_alone(&storm.space, &job->op, &w->source);
	w->source.fail_one_in = fail;
	EXPECT(!ret, "an operation of kind %d returned %d when alone", job->op.kind, ret);
	count(&storm.alone, 1);
}

/* Take the lock for writing instead of reading. Other threads may run in between. */
static void be_alone(void)
{
	count(&storm.busy, 1);
	pthread_rwlock_unlock(&storm.lock);
	pthread_rwlock_wrlock(&storm.lock);
}

/* Run a job in shared entry. If that is not possible, be alone, until the end of the round. */
static void run(struct worker *w, const struct job *job)
{
	if (run_shared(w, job) != -GST_EBUSY)
		return;
	be_alone();
	run_alone(w, job);
}

/* Change pages that this worker owns. Other workers change them only when they are alone. */
static void on_own_pages(struct worker *w)
{
	unsigned int block = below(OWNED), run_n = below(ACTIVE / RUN / WORKERS) * WORKERS + w->n;
	unsigned int lo = run_n * RUN + below(RUN), hi = lo + 1 + below((run_n + 1) * RUN - lo);
	struct job job = job_on(OP_MAP, block, lo, hi);
	struct gst_leaf leaf;

	switch (below(6)) {
	case 0:
		/* A split changes no translation, so anybody may do it on any page. */
		job = job_on(OP_SPLIT, block, 0, 1 + below(PAGES));
		run(w, &job);
		return;
	case 1:
	case 2:
		job = job_on(OP_WRPROTECT, block, lo, hi);
		break;
	case 3:
		/*
		 * A mask takes whole leaves, which may have pages of other owners: split them
		 * first.
		 */
		job = job_on(OP_SPLIT, block, 0, ACTIVE);
		if (run_shared(w, &job))
			return;
		job = job_on(OP_MASK, block, lo, hi);
		job.op.gpa = block_gpa(block);
		job.op.mask = (~UINT64_C(0) >> (64 - (hi - lo))) << lo;
		break;
	}
	truth_begin(block, lo, hi);
	if (run_shared(w, &job) == -GST_EBUSY) {
		/* There is a 64 KiB leaf. The pages may change before this worker is alone. */
		be_alone();
		truth_begin(block, lo, hi);
		if (job.op.kind == OP_MASK) {
			struct job split = job_on(OP_SPLIT, block, 0, ACTIVE);

			run_alone(w, &split);
		}
		run_alone(w, &job);
	}
	if (job.op.kind == OP_MAP)
		truth_end(block, lo, hi, 0, job.op.attr, false);
	else
		truth_end(block, lo, hi, ~GST_WRITE, 0, true);
	truth_check(block, lo, hi, "after the owner's operation");
	/* All owned pages of the block always map the same memory. */
	if (!gst_lookup(&storm.space, block_gpa(block) + below(PAGES) * PAGE, &leaf))
		EXPECT(leaf.pa - leaf.gpa == PA_OFFSET, "an owned page maps other memory");
}

static struct job common_job(void)
{
	unsigned int block = OWNED + below(BLOCKS - OWNED);
	unsigned int lo = below(ACTIVE - 1), hi = lo + 1 + below(ACTIVE - lo);
	static const enum op_kind kinds[] = { OP_MAP,       OP_MAP,  OP_MAP,   OP_WRPROTECT,
					      OP_WRPROTECT, OP_MASK, OP_SPLIT, OP_FILL };
	struct job job;

	if (one_in(2)) {
		lo = 0;
		hi = PAGES;
	}
	job = job_on(kinds[below(sizeof(kinds) / sizeof(kinds[0]))], block, lo, hi);
	switch (job.op.kind) {
	case OP_MAP:
		job.op.level = hi == PAGES && one_in(2);
		job.op.pa = job.op.gpa + (one_in(2) ? PA_OFFSET : PA_OFFSET2);
		break;
	case OP_WRPROTECT:
		job.op.flags = one_in(2) ? GST_WHOLE_LEAVES : 0;
		break;
	case OP_FILL:
		job = job_on(OP_FILL, block, lo, hi < lo + ACTIVE ? hi : lo + ACTIVE);
		job.op.attr = one_in(2) ? RW : GST_READ;
		break;
	case OP_MASK:
		/* Set bit 0 and the last bit, so that the mask covers the whole range. */
		job.hi = hi > ACTIVE ? lo + 1 + below(ACTIVE) : hi;
		job.op.mask = rng_next(&mem_rng) | 1 | UINT64_C(1) << (job.hi - job.lo - 1);
		job.op.mask &= ~UINT64_C(0) >> (64 - (job.hi - job.lo));
		break;
	default:
		break;
	}
	return job;
}

/* Change common pages, in any way. */
static void on_common_pages(struct worker *w)
{
	struct job job = common_job();
	/* These take whole leaves, so they may change pages around the range, too. */
	bool whole = job.op.kind == OP_MASK || job.op.flags;
	unsigned int lo = whole ? 0 : job.lo, hi = whole ? PAGES : job.hi;
	unsigned int page[3] = { job.lo, job.hi - 1, job.lo };
	struct account before[3];

	if (job.op.kind != OP_MASK)
		page[2] += below(job.hi - job.lo);
	for (unsigned int i = 0; i < 3; i++)
		before[i] = account_read(job.block, page[i], 1);
	account_note(job.block, lo, hi, &job.op, 0);
	run(w, &job);
	for (unsigned int i = 0; i < 3; i++)
		account_check(job.block, page[i], &job.op, &before[i]);
	account_note(job.block, lo, hi, &job.op, 1);
}

static void reformat(struct worker *w)
{
	const struct gst_format *fmt = &gst_formats[below(GST_FORMATS)];
	void *root = gst_root_alloc(&storm.space);
	unsigned int fail = w->source.fail_one_in;
	struct gst_gather gather;

	w->source.fail_one_in = w->source.fail_next = 0;
	gst_gather_init(&gather, &w->source);
	if (fmt->xlen == GST_XLEN)
		EXPECT(!gst_reformat(&storm.space, fmt, &root, &gather), "gst_reformat() failed");
	gst_gather_finish(&storm.space, &gather);
	gst_root_free(&storm.space, root);
	w->source.fail_one_in = fail;
}

/* One round alone: the lock is held for writing. */
static void alone(struct worker *w)
{
	unsigned int block = below(BLOCKS), lo = below(PAGES), hi = lo + 1 + below(PAGES - lo);
	struct job job, before;
	unsigned int what = below(8);

	if (what == 0) {
		reformat(w);
		return;
	}
	if (what == 1) {
		check_all("alone");
		return;
	}
	if (one_in(2)) {
		lo = 0;
		hi = PAGES;
	}
	job = job_on(OP_MAP, block, lo, hi);
	switch (what) {
	case 2:
	case 3:
	case 4:
		job = job_on(OP_UNMAP, block, lo, hi);
		break;
	case 5:
		job.op.level = 1;
		break;
	case 6:
		/* Allow 64 KiB leaves. */
		job.op.attr |= GST_NAPOT & GST_ATTR_ALL;
		break;
	case 7:
		/* Give all pages the same attributes, then collapse a part. */
		before = job_on(OP_MAP, block, 0, PAGES);
		if (block < OWNED)
			truth_begin(block, 0, PAGES);
		run_alone(w, &before);
		if (block < OWNED)
			truth_end(block, 0, PAGES, 0, before.op.attr, false);
		job = job_on(OP_COLLAPSE, block, lo, hi);
		job.op.level = 1;
		job.op.attr = GST_NAPOT & GST_ATTR_ALL;
		break;
	}
	if (block < OWNED && job.op.kind != OP_COLLAPSE)
		truth_begin(block, lo, hi);
	run_alone(w, &job);
	if (block < OWNED && job.op.kind == OP_MAP)
		truth_end(block, lo, hi, 0, job.op.attr & TRUTH_ATTR, false);
	else if (block < OWNED && job.op.kind == OP_UNMAP)
		truth_end(block, lo, hi, 0, 0, false);
}

void *worker(void *arg)
{
	struct worker w = { .n = (unsigned int)(uintptr_t)arg, .source.fail_one_in = 24 };

	mem_rng.state = w.n + 1;
	mem_pause_one_in = 8;
	for (unsigned int i = 0; i < storm.rounds && !tap_broken(); i++) {
		if (one_in(ALONE_ONE_IN)) {
			pthread_rwlock_wrlock(&storm.lock);
			alone(&w);
		} else {
			pthread_rwlock_rdlock(&storm.lock);
			if (one_in(2))
				on_own_pages(&w);
			else
				on_common_pages(&w);
		}
		pthread_rwlock_unlock(&storm.lock);
	}
	mem_source_empty(&w.source);
	__atomic_fetch_sub(&storm.working, 1, __ATOMIC_RELAXED);
	return NULL;
}
