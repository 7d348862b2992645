/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The model: what should be mapped, as a sorted list of runs of pages.
 *
 * The model has no levels and no leaves. A run stands for neighbouring 4 KiB pages. Each page maps
 * to the run's pa plus the offset of the page in the run.
 */
#ifndef TESTS_HOST_MODEL_H
#define TESTS_HOST_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Has a page been used? MODEL_EITHER if the contract leaves it open. */
enum model_young {
	MODEL_OLD,
	MODEL_YOUNG,
	MODEL_EITHER,
};

struct model_run {
	uint64_t lo;
	uint64_t hi; /* exclusive */
	uint64_t pa; /* the pa of lo */
	uint32_t attr;
	enum model_young young;
};

struct model {
	struct model_run *run;
	size_t n;
	size_t max;
};

void model_clear(struct model *m);
void model_free(struct model *m);
void model_copy(struct model *to, const struct model *from);

/* The run that has @gpa, or NULL. */
const struct model_run *model_at(const struct model *m, uint64_t gpa);

/* The first run that ends after @gpa, or NULL. The next run follows it in memory. */
const struct model_run *model_from(const struct model *m, uint64_t gpa);
const struct model_run *model_end(const struct model *m);

void model_unmap(struct model *m, uint64_t lo, uint64_t hi);
void model_map(struct model *m, uint64_t lo, uint64_t hi, uint64_t pa, uint32_t attr);

/* Remove the bits of @attr from a range. */
void model_forbid(struct model *m, uint64_t lo, uint64_t hi, uint32_t attr);

/* Make the mapped pages of a range young or old. */
void model_age(struct model *m, uint64_t lo, uint64_t hi, enum model_young young);

/* Is any page of the range young? MODEL_EITHER if the contract leaves it open. */
enum model_young model_is_young(const struct model *m, uint64_t lo, uint64_t hi);

/* How many bytes are mapped. */
uint64_t model_bytes(const struct model *m);

/* Do both map the same pages to the same memory with the same attributes? */
bool model_same(const struct model *a, const struct model *b);

/*
 * Does @m map all of [lo, hi) to contiguous memory at @pa? The attributes must have all bits of
 * @attr, and must be equal to @attr in the bits of @exact.
 */
bool model_allows(const struct model *m, uint64_t lo, uint64_t hi, uint64_t pa, uint32_t attr,
		  uint32_t exact);

#endif /* TESTS_HOST_MODEL_H */
