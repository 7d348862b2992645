/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The world of a proof: a small memory of table pages, what a hart makes of it, when it is valid,
 * and the embedder that the engine is told to run on.
 *
 * Written from the privileged specification and docs/INVARIANTS.md. Nothing here is taken from
 * the engine but the shape of its structures (include/gst/) and the shrunken geometry.
 */
#ifndef PROOF_WORLD_H
#define PROOF_WORLD_H

#include <gst/gst.h>

#define ENTRIES GST_TABLE_ENTRIES
#define PAGE    GST_PAGE_SIZE

/* Where memory lies for harts, as a page number. */
#define MEMORY_PPN 64

/* The pages of the root in use at first; those of another one; then tables. */
#define FIRST_TABLE (PROOF_ROOTS * GST_ROOT_PAGES)
#define NO_PAGE     PROOF_PAGES

_Bool nondet_bool(void);
uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);

/* Of each page. Objects of their own and no array, for the sake of cbmc's pointers. */
struct gst_meta *meta_of_page(unsigned int page);

/* Pages that the embedder has given away and not got back. */
extern bool taken[PROOF_PAGES];
/* Pages that wait in the gather for the flush. */
extern bool gathered[PROOF_PAGES];
/* Calls of alloc that the embedder has promised to satisfy. */
extern unsigned int owed;
/* What gst_ops.flush was told, and whether. */
extern struct gst_flush flush;
extern bool flushed;

extern struct gst_space space;
extern struct gst_gather gather;

/* What a hart makes of one gpa. */
struct translation {
	bool mapped;
	gst_pa_t pa;
	bool r, w, x;
	uint8_t type; /* PBMT */
	bool accessed;
	unsigned int level;
	bool napot;
	gst_pte_t path[GST_LEVELS_MAX]; /* by level; 0 where the walk did not come by */
};

/* Levels of the format in @root, and bytes of gpa that it has. */
unsigned int hart_levels(gst_root_t root);
gst_gpa_t hart_gpa_end(gst_root_t root);

/* Translate as a hart does that has @root in hgatp, with what memory holds now. */
struct translation hart_walk(gst_root_t root, gst_gpa_t gpa);

/* The same, of leaves of level @last and above: those below are none. */
struct translation hart_walk_to(gst_root_t root, gst_gpa_t gpa, unsigned int last);

/* What a hart may have found at @gpa at some time before, in tables that were valid then. */
struct translation hart_walked(gst_root_t root, gst_gpa_t gpa);

/* May a hart go on using @old where the tables say @new? */
bool hart_may_keep(const struct translation *old, const struct translation *new);

/* Same page, same rights, same memory type. */
bool same_translation(const struct translation *a, const struct translation *b);

/* The same, and as young. */
bool same_leaf(const struct translation *a, const struct translation *b);

/* The bytes of the leaf that translates. */
uint64_t leaf_size(const struct translation *t);

/* Does the leaf of @gpa reach into [start, end)? */
bool leaf_touches(const struct translation *t, gst_gpa_t gpa, gst_gpa_t start, gst_gpa_t end);

static inline bool in_range(gst_gpa_t gpa, gst_gpa_t start, gst_gpa_t end)
{
	return gpa >= start && gpa < end;
}

/* A pointer to a table, as far as the low bits tell. */
static inline bool pte_is_pointer(gst_pte_t pte)
{
	return (pte & 15) == 1;
}

/* Any PTE at all, valid or not. */
gst_pte_t any_pte(void);

/*
 * Which invariants are violated: bit n for INV-n; bit 0: a page leaked, or is in use and free.
 * @may_be_empty is a table below the root of which INV-04 is not asked, or NO_PAGE.
 */
uint32_t world_violations(unsigned int may_be_empty);

/* Prove that none is violated, one property for each. */
void world_prove_valid(uint32_t violations);

/* Any state that is valid but for @may_be_empty, with any pages gathered, and its counters. */
void world_arbitrary(unsigned int mode, bool gathering);
void world_assume_valid(unsigned int may_be_empty);

/* Remember the state; prove that it is as it was and nothing is left to be done. */
void world_remember(void);
void world_prove_unchanged(void);

#endif /* PROOF_WORLD_H */
