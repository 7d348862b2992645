/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The environment of a proof: a small memory of table pages, how a hart translates with it, when
 * it is valid, and the embedder.
 *
 * This is written from the privileged specification and docs/INVARIANTS.md. From the engine it
 * uses only the structures of include/gst/ and the small geometry.
 */
#ifndef PROOF_WORLD_H
#define PROOF_WORLD_H

#include <gst/gst.h>

#define ENTRIES GST_TABLE_ENTRIES
#define PAGE    GST_PAGE_SIZE

/* The page number of the first page of memory, as harts see it. */
#define MEMORY_PPN 64

/* The pages of the first root come first, then those of another root, then tables. */
#define FIRST_TABLE (PROOF_ROOTS * GST_ROOT_PAGES)
#define NO_PAGE     PROOF_PAGES

_Bool nondet_bool(void);
uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);

/*
 * The meta of a page. They are separate objects and not an array, because cbmc handles that
 * better.
 */
struct gst_meta *meta_of_page(unsigned int page);

/* The pages that the engine has allocated and not freed. */
extern bool taken[PROOF_PAGES];
/* The pages in the gather's list. */
extern bool gathered[PROOF_PAGES];
/* How many calls of alloc the embedder has promised to satisfy. */
extern unsigned int owed;
/* The argument of gst_ops.flush, and whether it was called. */
extern struct gst_flush flush;
extern bool flushed;

extern struct gst_space space;
extern struct gst_gather gather;

/* How a hart translates one gpa. */
struct translation {
	bool mapped;
	gst_pa_t pa;
	bool r, w, x;
	uint8_t type; /* PBMT */
	bool accessed;
	unsigned int level;
	bool napot;
	gst_pte_t path[GST_LEVELS_MAX]; /* by level; 0 if the walk did not read the level */
};

/* The number of levels of the format in @root, and the end of its gpa space in bytes. */
unsigned int hart_levels(gst_root_t root);
gst_gpa_t hart_gpa_end(gst_root_t root);

/* Translate as a hart with @root in hgatp, with the present memory. */
struct translation hart_walk(gst_root_t root, gst_gpa_t gpa);

/* The same, but only down to level @last: a walk that would go further finds nothing. */
struct translation hart_walk_to(gst_root_t root, gst_gpa_t gpa, unsigned int last);

/* A translation of @gpa that a hart may have found earlier, in tables that were valid then. */
struct translation hart_walked(gst_root_t root, gst_gpa_t gpa);

/* May a hart keep using @old when the tables have @new? */
bool hart_may_keep(const struct translation *old, const struct translation *new);

/* Do both map the same page with the same permissions and memory type? */
bool same_translation(const struct translation *a, const struct translation *b);

/* Do both also have the same age? */
bool same_leaf(const struct translation *a, const struct translation *b);

/* The size of the leaf in bytes, 0 if nothing is mapped. */
uint64_t leaf_size(const struct translation *t);

/* Does the leaf of @gpa reach into [start, end)? */
bool leaf_touches(const struct translation *t, gst_gpa_t gpa, gst_gpa_t start, gst_gpa_t end);

static inline bool in_range(gst_gpa_t gpa, gst_gpa_t start, gst_gpa_t end)
{
	return gpa >= start && gpa < end;
}

/* Do the low bits say that this is a pointer to a table? */
static inline bool pte_is_pointer(gst_pte_t pte)
{
	return (pte & 15) == 1;
}

/* Any PTE, valid or not. */
gst_pte_t any_pte(void);

/*
 * The invariants that are violated: bit n for INV-n. Bit 0: a page is lost, or is in use and free.
 * @may_be_empty is a table for which INV-04 is not checked, or NO_PAGE.
 */
uint32_t world_violations(unsigned int may_be_empty);

/* Prove that no invariant is violated, with one property for each. */
void world_prove_valid(uint32_t violations);

/* Choose any state, with or without gathered pages; then assume that it is valid. */
void world_arbitrary(unsigned int mode, bool gathering);
void world_assume_valid(unsigned int may_be_empty);

/* Remember the state, and prove later that it is unchanged and that the gather is empty. */
void world_remember(void);
void world_prove_unchanged(void);

#endif /* PROOF_WORLD_H */
