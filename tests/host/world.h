/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One guest physical address space with everything that judges it: the engine,
 * the model that says what should be mapped, the specification's walker that
 * says what a hart makes of the raw tables, and harts that cache it.
 *
 * Every operation goes through w_...(): it works out from the contract alone
 * what must come of it, runs the engine with harts walking in between, and
 * compares. No test need repeat any of that.
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
/* The leaves of Svnapot, and what gst_map() is told that makes them; 0 where there are none. */
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
	struct model before; /* and before the operation under way */
	struct model scratch;
	struct spec_machine machine;
	struct tlb tlb;
	struct rng rng;
	uint64_t seed;  /* that rng began with */
	bool harts_run; /* harts walk while the engine works */
	bool quick;     /* leave out what takes long: while a start state is made */

	/* The operation under way, or the last one. */
	bool busy;
	bool finishing;
	gst_gpa_t lo, hi; /* what it may change */
	gst_gpa_t hot[W_HOT];
	struct spec_result was[W_HOT]; /* what walks there found before it */
	unsigned int hots;
	uint64_t ops;
	char log[W_LOG][160];
};

/* An empty space. Ends what there was before. */
void w_begin(struct world *w, const struct gst_format *fmt, uint64_t seed);

/* Destroy the space, and check that all pages came back. */
void w_end(struct world *w);

/*
 * The operations. Each returns what the engine returned, which has been checked
 * to be what the contract wants; -GST_ENOMEM is accepted where a failure was
 * injected, and nothing may have changed then.
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
 * Finish the gather, and have the next ones shared or not. In shared entry -GST_EBUSY
 * is accepted, and the model takes over what was done.
 */
void w_share(struct world *w, bool shared);

/* Compare gst_iterate(), ended and resumed after every @pause leaves, and gst_dump() with walks. */
int w_iterate(struct world *w, gst_gpa_t gpa, uint64_t size, unsigned int pause);

/* With its flush, at which harts take up the new root; w->fmt is another then. */
int w_reformat(struct world *w, const struct gst_format *fmt);

/* Finish the gather, and check what harts hold then. Returns whether there was a flush. */
bool w_finish(struct world *w);

/* A hart accesses a gpa, and sets A where it finds it clear. */
void w_touch(struct world *w, gst_gpa_t gpa);

/* A hart may cache what it finds at a gpa. */
void w_cache(struct world *w, gst_gpa_t gpa);

/* Model, specification's walker and gst_lookup() agree on a gpa. */
void w_check_gpa(struct world *w, gst_gpa_t gpa);

/* They agree on every page, and all counters are true. */
void w_check_all(struct world *w);

/* gst_check() has nothing to report. */
void w_check_invariants(struct world *w);

/* Shorthands for cases by hand. */
static inline uint64_t w_size(const struct world *w, unsigned int level)
{
	return spec_span(w->fmt->mode, level);
}

static inline unsigned int w_top(const struct world *w)
{
	return spec_levels(w->fmt->mode) - 1;
}

/* A format of this XLEN, counted from the narrowest; NULL behind the widest. */
const struct gst_format *w_format(unsigned int i);

/* The first gpa beyond the format. */
static inline gst_gpa_t w_limit(const struct world *w)
{
	return UINT64_C(1) << spec_gpa_bits(w->fmt->mode);
}

#define W_RW  (GST_READ | GST_WRITE)
#define W_RWX (GST_READ | GST_WRITE | GST_EXEC)

/* An operation that must succeed, with its flush. */
#define W_OK(expr)                                                                                 \
	do {                                                                                       \
		CHECK_RET(expr, 0);                                                                \
		w_finish(w);                                                                       \
	} while (0)

/* What is mapped at a gpa must be so; w_expect_size() minds the size and not the level. */
void w_expect_size(struct world *w, gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr);
void w_expect(struct world *w, gst_gpa_t gpa, unsigned int level, gst_pa_t pa, gst_attr_t attr);
void w_expect_none(struct world *w, gst_gpa_t gpa);

/*
 * Test programs: an array of properties, each of which is shown for every
 * format of this XLEN and is a test case of its own.
 */
struct property {
	const char *name;
	void (*show)(struct world *w);
};

int run_properties(const struct property *properties, size_t n);
#define RUN(properties) run_properties(properties, sizeof(properties) / sizeof((properties)[0]))

#endif /* TESTS_HOST_WORLD_H */
