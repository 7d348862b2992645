/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An operation as data, so that it can be repeated, in shared or in exclusive entry.
 */
#ifndef TESTS_THREADS_OPS_H
#define TESTS_THREADS_OPS_H

#include <gst/gst.h>

enum op_kind {
	OP_MAP,
	OP_WRPROTECT,
	OP_MASK,
	OP_SPLIT,
	OP_FILL,         /* 64 pages at most, all with the same attributes */
	OP_SHARED_KINDS, /* the kinds above may run in shared entry */
	OP_UNMAP = OP_SHARED_KINDS,
	OP_COLLAPSE,
};

struct op {
	enum op_kind kind;
	gst_gpa_t gpa;
	uint64_t size; /* for OP_MASK, always 64 pages */
	gst_pa_t pa;
	gst_attr_t attr;
	unsigned int level;
	unsigned int flags;
	uint64_t mask;
};

static inline int op_fill(struct gst_space *space, const struct op *op, struct gst_gather *gather)
{
	unsigned int count = (unsigned int)(op->size >> GST_PAGE_SHIFT);
	struct gst_page pages[64];
	int ret;

	for (unsigned int i = 0; i < count; i++)
		pages[i] = (struct gst_page){ op->pa + i * GST_PAGE_SIZE, op->attr };
	ret = gst_fill(space, op->gpa, pages, count, gather);
	return ret < 0 ? ret : 0;
}

static inline int op_run(struct gst_space *space, const struct op *op, struct gst_gather *gather)
{
	switch (op->kind) {
	case OP_MAP:
		return gst_map(space, op->gpa, op->size, op->pa, op->attr, op->level, gather);
	case OP_WRPROTECT:
		return gst_wrprotect(space, op->gpa, op->size, op->flags, gather);
	case OP_MASK:
		return gst_wrprotect_mask(space, op->gpa, op->mask, gather);
	case OP_SPLIT:
		return gst_split(space, op->gpa, op->size, op->level, gather);
	case OP_FILL:
		return op_fill(space, op, gather);
	case OP_UNMAP:
		return gst_unmap(space, op->gpa, op->size, op->flags, gather);
	case OP_COLLAPSE:
		return gst_collapse(space, op->gpa, op->size, op->level, op->attr, gather);
	}
	return -GST_EINVAL;
}

/* Run @op in exclusive entry, then flush. */
static inline int op_run_alone(struct gst_space *space, const struct op *op, void *source)
{
	struct gst_gather gather;
	int ret;

	gst_gather_init(&gather, source);
	ret = op_run(space, op, &gather);
	gst_gather_finish(space, &gather);
	return ret;
}

#endif /* TESTS_THREADS_OPS_H */
