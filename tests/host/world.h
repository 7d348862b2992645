/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A world is one guest physical address space with everything that checks it: the model, which
 * says what should be mapped; the walker of the specification, which says how a hart translates
 * with the raw tables; and harts that cache what they read.
 *
 * Tests call operations through w_...(). Such a function derives the expected result only from
 * the contract in include/gst/space.h, runs the engine while harts walk, and compares. Tests need
 * not repeat these checks.
 */
#ifndef TESTS_HOST_WORLD_H
#define TESTS_HOST_WORLD_H

#include <gst/gst.h>

#include "fail.h"
#include "model.h"
#include "rng.h"
#include "spec.h"
#include "testmem.h"
#include "tlb.h"

#define W_HOT  28
#define W_LOG  12
#define W_KiB  UINT64_C(1024)
#define W_PAGE UINT64_C(4096)
/* The size of 64 KiB leaves, and the attribute that makes them, which is 0 if the XLEN has none. */
#define W_NAPOT      UINT64_C(65536)
#define W_HAS_NAPOT  (GST_XLEN == 64)
#define W_MAKE_NAPOT (W_HAS_NAPOT ? GST_NAPOT : 0)

struct world {
	const struct gst_format *fmt;
	struct gst_space space;
	struct testmem mem;
	struct testmem_source source;
	struct gst_gather gather;
	struct model model;  /* what should be mapped */
	struct model before; /* what was mapped before the present operation */
	struct model scratch;
	struct spec_machine machine;
	struct tlb tlb;
	struct rng rng;
	uint64_t seed;  /* the seed of rng */
	bool harts_run; /* harts walk while the engine works */
	bool quick;     /* leave out slow checks while a start state is made */

	/* The present operation, or the last one. */
	bool busy;
	bool finishing;
	gst_gpa_t lo, hi; /* the range that it may change */
	gst_gpa_t hot[W_HOT];
	struct spec_result was[W_HOT]; /* the results of walks there before it */
	unsigned int hots;
	uint64_t ops;
	char log[W_LOG][160];
};

/* Make an empty space. An earlier world of the program ends. */
void w_begin(struct world *w, const struct gst_format *fmt, uint64_t seed);

/* Destroy the space, and check that all pages were freed. */
void w_end(struct world *w);

/*
 * The operations. Each returns the return value of the engine, after comparing it with the
 * contract. -GST_ENOMEM is accepted if a failure was injected, and then nothing may have changed.
 */
int w_map(struct world *w, gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr,
	  unsigned int max_level);
int w_fill(struct world *w, gst_gpa_t gpa, const struct gst_page *pages, unsigned int count);
int w_unmap(struct world *w, gst_gpa_t gpa, uint64_t size, unsigned int flags);
int w_wrprotect(struct world *w, gst_gpa_t gpa, uint64_t size, unsigned int flags);
int w_wrprotect_mask(struct world *w, gst_gpa_t gpa, uint64_t mask);
int w_young(struct world *w, gst_gpa_t gpa, uint64_t size, bool clear);
int w_split(struct world *w, gst_gpa_t gpa, uint64_t size, unsigned int level);
int w_collapse(struct world *w, gst_gpa_t gpa, uint64_t size, unsigned int max_level,
	       gst_attr_t napot);

/*
 * Finish the gather, and run the next operations in shared entry or not. In shared entry
 * -GST_EBUSY is accepted, and the model is updated with what was done.
 */
void w_share(struct world *w, bool shared);

/* Compare gst_iterate(), paused after every @pause leaves, and gst_dump() with walks. */
int w_iterate(struct world *w, gst_gpa_t gpa, uint64_t size, unsigned int pause);

/* Change the format and flush. Harts load the new root at the flush. Afterwards w->fmt is @fmt. */
int w_reformat(struct world *w, const struct gst_format *fmt);

/* Finish the gather, and check the harts' caches. Return: whether there was a flush. */
bool w_finish(struct world *w);

/* Let a hart access a gpa and set A. */
void w_touch(struct world *w, gst_gpa_t gpa);

/* Let harts cache the translation of a gpa. */
void w_cache(struct world *w, gst_gpa_t gpa);

/* Check that the model, the walker of the specification and gst_lookup() agree on a gpa. */
void w_check_gpa(struct world *w, gst_gpa_t gpa);

/* Check that they agree on every page, and that all counters are right. */
void w_check_all(struct world *w);

/* Check that gst_check() finds no violation. */
void w_check_invariants(struct world *w);

/* Shorthands for tests. */
static inline uint64_t w_size(const struct world *w, unsigned int level)
{
	return spec_span(w->fmt->mode, level);
}

static inline unsigned int w_top(const struct world *w)
{
	return spec_levels(w->fmt->mode) - 1;
}

/* The formats of this XLEN, numbered from the narrowest. NULL after the widest. */
const struct gst_format *w_format(unsigned int i);

/* The first gpa above the format. */
static inline gst_gpa_t w_limit(const struct world *w)
{
	return UINT64_C(1) << spec_gpa_bits(w->fmt->mode);
}

#define W_RW  (GST_READ | GST_WRITE)
#define W_RWX (GST_READ | GST_WRITE | GST_EXEC)

/* Run an operation that must succeed, then flush. */
#define W_OK(expr)                                                                                 \
	do {                                                                                       \
		CHECK_RET(expr, 0);                                                                \
		w_finish(w);                                                                       \
	} while (0)

/* Check the leaf of a gpa. w_expect_size() compares its size, w_expect() its level. */
void w_expect_size(struct world *w, gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr);
void w_expect(struct world *w, gst_gpa_t gpa, unsigned int level, gst_pa_t pa, gst_attr_t attr);
void w_expect_none(struct world *w, gst_gpa_t gpa);

/*
 * A test program is an array of properties. Each property becomes one test case for every format
 * of this XLEN.
 */
struct property {
	const char *name;
	void (*show)(struct world *w);
};

int run_properties(const struct property *properties, size_t n);
#define RUN(properties) run_properties(properties, sizeof(properties) / sizeof((properties)[0]))

#endif /* TESTS_HOST_WORLD_H */
