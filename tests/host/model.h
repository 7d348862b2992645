/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What should be mapped, without tables: a flat, sorted list of runs of pages.
 *
 * It has no levels, no leaves and no cleverness; a run stands for as many
 * 4 KiB pages as it is long, each mapping to the run's pa plus its offset.
 */
#ifndef TESTS_HOST_MODEL_H
#define TESTS_HOST_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Has a page been used? Where the contract leaves it open: either. */
enum model_young {
	MODEL_OLD,
	MODEL_YOUNG,
	MODEL_EITHER,
};

struct model_run {
	uint64_t lo;
	uint64_t hi; /* exclusive */
	uint64_t pa; /* of lo */
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

/* The run in which @gpa is, or NULL. */
const struct model_run *model_at(const struct model *m, uint64_t gpa);

/* The first run that ends after @gpa, or NULL; the next one follows it in memory. */
const struct model_run *model_from(const struct model *m, uint64_t gpa);
const struct model_run *model_end(const struct model *m);

void model_unmap(struct model *m, uint64_t lo, uint64_t hi);
void model_map(struct model *m, uint64_t lo, uint64_t hi, uint64_t pa, uint32_t attr);

/* Take bits of @attr from a range. */
void model_forbid(struct model *m, uint64_t lo, uint64_t hi, uint32_t attr);

/* Make the mapped pages of a range young or old. */
void model_age(struct model *m, uint64_t lo, uint64_t hi, enum model_young young);

/* Is any page of the range young? MODEL_EITHER where that is open. */
enum model_young model_is_young(const struct model *m, uint64_t lo, uint64_t hi);

/* Mapped bytes. */
uint64_t model_bytes(const struct model *m);

/* Same pages, same pa, same attr. */
bool model_same(const struct model *a, const struct model *b);

/*
 * Does @m map all of [lo, hi) onto contiguous memory at @pa, with at least @attr
 * and with just those bits of @exact that @attr has?
 */
bool model_allows(const struct model *m, uint64_t lo, uint64_t hi, uint64_t pa, uint32_t attr,
		  uint32_t exact);

#endif /* TESTS_HOST_MODEL_H */
