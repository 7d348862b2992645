/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: a guest physical address space and the operations on it.
 *
 * Ranges are in bytes, 4 KiB aligned, not empty, and may start and end
 * anywhere; work is O(tables touched + leaves touched), with one descent.
 *
 * Harts may walk at any time. Of operations there are three kinds, by whom they
 * bear beside them:
 *
 * - Exclusive entry, the rule: the caller keeps all other operations but readers
 *   out, as with the write side of a lock.
 * - Shared entry, with a gather of gst_gather_init_shared(): any number of
 *   gst_map(), gst_fill(), gst_wrprotect(), gst_wrprotect_mask() and gst_split() at the same
 *   time, as with the read side. Each change is a compare-and-swap. -GST_EAGAIN: a
 *   concurrent change won; look again. -GST_EBUSY: it needs exclusive entry, because a
 *   table or a 64 KiB leaf would have to go. Part of the range may be done then, and
 *   no more than was asked.
 * - Readers, gst_lookup(), gst_young(), gst_iterate(), gst_dump(): beside all others,
 *   without any lock, where gst_ops.free has a grace period.
 *
 * An operation that returns an error, but for the two of shared entry, has
 * changed nothing that a walk can see.
 */
#ifndef GST_SPACE_H
#define GST_SPACE_H

#include <gst/base.h>
#include <gst/format.h>
#include <gst/ops.h>
#include <gst/pte.h>
#include <gst/root.h>

/**
 * struct gst_space - the G-stage of one VM
 * @ops: the embedder's functions
 * @ctx: handed to them
 * @root: root and format; read it with gst_root()
 * @tables: table pages below the root, now
 * @tables_peak: the most there ever were
 * @leaves: leaves by level, now; of level 0 those of 4 KiB
 * @napots: leaves of 64 KiB, now
 * @mark: of the last gst_check()
 *
 * The embedder reads counters and changes nothing. They are longs, so that
 * every machine can add to them atomically.
 */
struct gst_space {
	const struct gst_ops *ops;
	void *ctx;
	gst_root_t root;
	unsigned long tables;
	unsigned long tables_peak;
	unsigned long leaves[GST_LEVELS_MAX];
	unsigned long napots;
	uint16_t mark;
};

/**
 * struct gst_gather - what one or more operations leave to be done
 * @source: memory for new tables, handed to gst_ops.reserve and .alloc
 * @tables: pages unlinked, linked by gst_meta.next, to be freed after the flush
 * @reserved: tables that gst_ops.reserve promised and that were not taken yet
 * @start: first gpa whose translation went or lost a permission
 * @end: end of those, exclusive; @end <= @start: there are none
 * @level: the smallest leaf among them
 * @all: tables went or a huge leaf was split: a ranged fence would not do
 * @fresh: translations came or gained a permission. A hart may hold the old
 *	answer and fault once more for nothing; a fence on that hart alone ends it
 * @gained: of those, some were valid before and allowed less. Where there are none, a
 *	hart with Svvptc comes to see them by itself, and no fence is due
 * @old_root: the root before gst_reformat(), 0 for none
 * @linked: tables came, too: a fence with an address covers leaf PTEs only, so
 *	that the one for @fresh must be with rs1=x0
 * @shared: shared entry
 *
 * gst_gather_init() before, gst_gather_finish() after; in between it may serve
 * several operations on the same space, which then share one flush.
 */
struct gst_gather {
	void *source;
	void *tables;
	unsigned int reserved;
	gst_gpa_t start;
	gst_gpa_t end;
	unsigned int level;
	bool all;
	bool fresh;
	bool gained;
	bool linked;
	bool shared;
	gst_root_t old_root;
};

/**
 * struct gst_leaf - one translation, as gst_lookup() finds it
 * @gpa: where the leaf starts
 * @pa: what it maps there
 * @size: its bytes
 * @level: its level, 0 for 4 KiB and for 64 KiB
 * @attr: how it may be used
 * @young: the A bit
 * @pte: as memory holds it; of the 16 of a leaf of 64 KiB any one, with A if any has it
 */
struct gst_leaf {
	gst_gpa_t gpa;
	gst_pa_t pa;
	uint64_t size;
	unsigned int level;
	gst_attr_t attr;
	bool young;
	gst_pte_t pte;
};

/* Flags of gst_unmap() and gst_wrprotect() */

/*
 * Where the range cuts a huge leaf, take the whole leaf. Needs no memory and
 * cannot fail for want of it. Right where the guest faults what it misses back in.
 */
#define GST_WHOLE_LEAVES (1u << 0)

/**
 * gst_init() - make an empty space
 * @space: where; overwritten
 * @ops: the embedder's functions; must outlive the space
 * @ctx: handed to them
 * @fmt: the format, of this build's XLEN
 *
 * Return: 0; -GST_EINVAL for a format of another XLEN; -GST_ENOMEM, also where
 * gst_ops.alloc_root gave a misaligned root, which is freed again.
 */
int gst_init(struct gst_space *space, const struct gst_ops *ops, void *ctx,
	     const struct gst_format *fmt);

/**
 * gst_is_empty() - is nothing mapped?
 * @space: the space, which has a root
 *
 * O(1).
 */
bool gst_is_empty(struct gst_space *space);

/**
 * gst_root_alloc() - a root ahead of gst_reformat()
 * @space: the space
 *
 * Calls gst_ops.alloc_root, which may sleep: needs no entry, so that it can be
 * done before the lock is taken.
 *
 * Return: the root, or NULL where there is none.
 */
void *gst_root_alloc(struct gst_space *space);

/**
 * gst_root_free() - give back a root that gst_reformat() did not take
 * @space: the space
 * @root: the root; NULL is nothing
 */
void gst_root_free(struct gst_space *space, void *root);

/**
 * gst_reformat() - widen or narrow a space while harts use it
 * @space: the space
 * @fmt: the format, of this build's XLEN; the present one is fine
 * @root: a root from gst_root_alloc(); set to NULL where it was taken. Every change
 *	of format takes one, also that of an empty space.
 * @gather: what is left to do. gst_gather_finish() must follow before any
 *	other operation, under the same lock.
 *
 * O(1): the same work however much is mapped. No mapping is lost: a hart that has
 * not loaded the new word goes on with the old tables, which stay until
 * gst_gather_finish() has seen to it that none is left. Widening by two levels
 * reserves one table.
 *
 * Return: 0; -GST_EINVAL; -GST_ENOMEM where *@root is NULL or a table is missing;
 * -GST_ERANGE where something is mapped above the narrower format. After an error
 * nothing has changed.
 */
int gst_reformat(struct gst_space *space, const struct gst_format *fmt, void **root,
		 struct gst_gather *gather);

/**
 * gst_detach() - take the tables out of a space
 * @space: the space, which has no root afterwards and refuses every operation
 *
 * O(1), so that it can be done under a lock and the freeing outside it.
 *
 * Return: the old root, for gst_free_detached(); 0 where there was none.
 */
gst_root_t gst_detach(struct gst_space *space);

/**
 * gst_free_detached() - free tables that gst_detach() took out
 * @space: the space they came from
 * @root: what gst_detach() returned
 * @pause: called after every few hundred tables, to reschedule; NULL for never
 *
 * The caller has seen to it that no hart walks them any more. Needs no lock.
 */
void gst_free_detached(struct gst_space *space, gst_root_t root, void (*pause)(void *ctx));

/**
 * gst_destroy() - detach and free at once
 * @space: the space
 */
void gst_destroy(struct gst_space *space);

/**
 * gst_root() - root and format, read once
 * @space: the space
 *
 * Needs no lock; what can be done with it does (see docs/LOCKING.md).
 *
 * Return: the word; 0 where the space was detached.
 */
static inline gst_root_t gst_root(const struct gst_space *space)
{
	return __atomic_load_n(&space->root, __ATOMIC_ACQUIRE);
}

/**
 * gst_space_format() - the format of a space
 * @space: the space
 *
 * Return: the format, or NULL where the space was detached.
 */
const struct gst_format *gst_space_format(const struct gst_space *space);

/**
 * gst_gather_init() - begin
 * @gather: overwritten
 * @source: memory for new tables; may be NULL for operations that need none
 */
void gst_gather_init(struct gst_gather *gather, void *source);

/**
 * gst_gather_init_shared() - begin, for operations in shared entry
 * @gather: overwritten; each thread has its own
 * @source: memory for new tables, of this thread alone
 *
 * What cannot be done in shared entry at all returns -GST_EINVAL with it.
 */
void gst_gather_init_shared(struct gst_gather *gather, void *source);

/**
 * gst_gather_finish() - flush once for all that was gathered, then free the tables
 * @space: the space
 * @gather: empty afterwards, and usable again
 *
 * Under the same lock as the operations: until it returns, harts may still
 * reach what was unmapped.
 *
 * Return: true where a flush was needed.
 */
bool gst_gather_finish(struct gst_space *space, struct gst_gather *gather);

/**
 * gst_gather_stale() - have a range flushed in any case
 * @gather: the gather
 * @start: first gpa, 4 KiB aligned
 * @end: end of the range, exclusive
 *
 * For new translations that every hart must see at once, where no fault would
 * lead it to look again. To be called after the operation that brought them, which
 * says whether tables came.
 */
void gst_gather_stale(struct gst_gather *gather, gst_gpa_t start, gst_gpa_t end);

/**
 * gst_map() - map a range onto contiguous memory
 * @space: the space
 * @gpa: start
 * @size: bytes
 * @pa: what @gpa maps to, 4 KiB aligned
 * @attr: permissions and memory type of all of it
 * @max_level: the largest leaf allowed: 0 for 4 KiB, 1 for 2 MiB (4 MiB on Sv32x4), ...
 * @gather: what is left to do
 *
 * Takes the largest leaves that alignment of @gpa and @pa allows, those of 64 KiB
 * where @attr has GST_NAPOT, and replaces what was there. A leaf that already
 * maps just so is kept, a larger one too; smaller ones give way to the largest.
 * With GST_KEEP in @attr one that maps the same and may do more is kept as well;
 * smaller ones give way to the largest all the same.
 *
 * Return: 0, -GST_EINVAL, -GST_ERANGE, -GST_ENOMEM; in shared entry -GST_EAGAIN, and
 * -GST_EBUSY where a table or a 64 KiB leaf is in the way or is to be made.
 */
int gst_map(struct gst_space *space, gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr,
	    unsigned int max_level, struct gst_gather *gather);

/**
 * struct gst_page - one page for gst_fill()
 * @pa: what it maps to, 4 KiB aligned
 * @attr: permissions and memory type; 0: leave this one out
 */
struct gst_page {
	gst_pa_t pa;
	gst_attr_t attr;
};

/**
 * gst_fill() - map pages that lie anywhere, as far as nothing is in the way
 * @space: the space
 * @gpa: start
 * @pages: what is to be mapped there, page by page
 * @count: how many
 * @gather: what is left to do; shared entry will do
 *
 * Makes 4 KiB leaves in holes of tables that are there. What is mapped stays as it
 * is, and no table comes: needs no memory. For who has a fault to answer and knows
 * more than was asked.
 *
 * Return: the pages mapped, -GST_EINVAL, -GST_ERANGE.
 */
int gst_fill(struct gst_space *space, gst_gpa_t gpa, const struct gst_page *pages,
	     unsigned int count, struct gst_gather *gather);

/**
 * gst_unmap() - unmap a range
 * @space: the space
 * @gpa: start
 * @size: bytes
 * @flags: 0 or GST_WHOLE_LEAVES
 * @gather: what is left to do: harts reach the memory until gst_gather_finish()
 *
 * Splits a huge leaf that the range cuts, unless told to take it whole. Tables
 * left empty go.
 *
 * Return: 0 (where nothing was mapped, too), -GST_EINVAL, -GST_ERANGE, and
 * -GST_ENOMEM without GST_WHOLE_LEAVES.
 */
int gst_unmap(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int flags,
	      struct gst_gather *gather);

/**
 * gst_wrprotect() - take the write permission from a range
 * @space: the space
 * @gpa: start
 * @size: bytes
 * @flags: 0 or GST_WHOLE_LEAVES
 * @gather: what is left to do
 *
 * Return: as gst_unmap(); in shared entry -GST_EAGAIN, and -GST_EBUSY where a 64 KiB
 * leaf is in the range.
 */
int gst_wrprotect(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int flags,
		  struct gst_gather *gather);

/**
 * gst_wrprotect_mask() - take the write permission from some of 64 pages
 * @space: the space
 * @gpa: the page of bit 0
 * @mask: which pages
 * @gather: what is left to do
 *
 * A huge leaf with one of the pages in it is taken whole. Cannot run out of memory.
 *
 * Return: 0, -GST_EINVAL, -GST_ERANGE; in shared entry as gst_wrprotect().
 */
int gst_wrprotect_mask(struct gst_space *space, gst_gpa_t gpa, uint64_t mask,
		       struct gst_gather *gather);

/**
 * gst_split() - split what is larger than wanted
 * @space: the space
 * @gpa: start
 * @size: bytes
 * @level: the largest leaves that may remain in the range: 0 for 4 KiB, 1 for 2 MiB, ...
 * @gather: what is left to do
 *
 * A leaf that the range cuts is split where the range touches it and no further.
 * Translations stay as they are. Reserves a table for each leaf that is split: a caller
 * with little memory at hand goes in pieces.
 *
 * Return: 0, -GST_EINVAL, -GST_ERANGE, -GST_ENOMEM; in shared entry -GST_EAGAIN, and
 * -GST_EBUSY for a 64 KiB leaf.
 */
int gst_split(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int level,
	      struct gst_gather *gather);

/**
 * gst_collapse() - make leaves that adjoin and are alike into larger ones
 * @space: the space
 * @gpa: start
 * @size: bytes
 * @max_level: the largest leaf to make: 0 for none above 4 KiB, 1 for 2 MiB, ...
 * @napot: GST_NAPOT: 64 KiB leaves may be made; 0: not
 * @gather: what is left to do
 *
 * A table all of whose entries are leaves of one size, permission and memory type,
 * that map contiguous memory aligned to the larger size, becomes one leaf. The
 * range must hold all of it. Translations stay as they are; the leaf is young if one
 * of them was. Needs no memory.
 *
 * Return: 0 (where nothing collapsed, too), -GST_EINVAL, -GST_ERANGE.
 */
int gst_collapse(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int max_level,
		 gst_attr_t napot, struct gst_gather *gather);

/**
 * gst_young() - has any leaf of a range been used?
 * @space: the space
 * @gpa: start
 * @size: bytes
 * @clear: forget it, for every leaf that the range touches
 *
 * Reads and clears A bits. Nobody flushes: a hart that has the translation
 * cached does not set A again before it drops it, which is as good as ageing
 * needs. A leaf of 64 KiB ages as one. Needs no entry.
 *
 * Return: 1 if so, 0 if not, -GST_EINVAL, -GST_ERANGE.
 */
int gst_young(struct gst_space *space, gst_gpa_t gpa, uint64_t size, bool clear);

/**
 * gst_lookup() - what a gpa translates to
 * @space: the space
 * @gpa: any address, not only a page's
 * @leaf: filled in on success; may be NULL
 *
 * Needs no entry.
 *
 * Return: 0, -GST_ENOENT, -GST_ERANGE.
 */
int gst_lookup(struct gst_space *space, gst_gpa_t gpa, struct gst_leaf *leaf);

/**
 * struct gst_step - one entry of a walk
 * @level: its level
 * @index: where it stands in its table
 * @table: physical address of that table
 * @pte: what it holds
 */
struct gst_step {
	unsigned int level;
	unsigned int index;
	gst_pa_t table;
	gst_pte_t pte;
};

/**
 * gst_steps() - the walk of a gpa, as a hart makes it
 * @space: the space
 * @gpa: any address
 * @steps: GST_LEVELS_MAX of them; filled in from the root down. The last is a leaf
 *	or an entry of zero.
 *
 * Needs no entry.
 *
 * Return: how many steps, -GST_EINVAL where the space was detached, -GST_ERANGE.
 */
int gst_steps(struct gst_space *space, gst_gpa_t gpa, struct gst_step *steps);

/**
 * typedef gst_leaf_fn - what gst_iterate() calls
 *
 * Return: 0 to go on; anything else ends it. May change nothing of the space.
 */
typedef int (*gst_leaf_fn)(void *arg, const struct gst_leaf *leaf);

/**
 * gst_iterate() - every leaf that a range touches, in order
 * @space: the space
 * @gpa: start
 * @size: bytes
 * @fn: called for each
 * @arg: handed to @fn
 *
 * Needs no entry. Without it, each leaf is as it was at some moment; a leaf of 64 KiB that
 * appears around the place that the walk has come to is told page by page. To pause: end,
 * and begin again behind the last leaf.
 *
 * Return: 0, what @fn returned, -GST_EINVAL, -GST_ERANGE.
 */
int gst_iterate(struct gst_space *space, gst_gpa_t gpa, uint64_t size, gst_leaf_fn fn, void *arg);

/**
 * struct gst_run - leaves that adjoin, are alike and map contiguous memory
 * @gpa: where the first starts
 * @end: where the last ends, exclusive
 * @pa: what @gpa maps to
 * @leaf: bytes of each leaf
 * @level: their level
 * @attr: how they may be used
 * @young: how many of them have the A bit
 */
struct gst_run {
	gst_gpa_t gpa;
	gst_gpa_t end;
	gst_pa_t pa;
	uint64_t leaf;
	unsigned int level;
	gst_attr_t attr;
	uint64_t young;
};

/** typedef gst_run_fn - what gst_dump() calls; Return: as gst_leaf_fn */
typedef int (*gst_run_fn)(void *arg, const struct gst_run *run);

/**
 * gst_dump() - what a range translates to, in as few words as can be
 * @space: the space
 * @gpa: start
 * @size: bytes
 * @fn: called for each run of leaves that the range touches, in order
 * @arg: handed to @fn
 *
 * Return: as gst_iterate().
 */
int gst_dump(struct gst_space *space, gst_gpa_t gpa, uint64_t size, gst_run_fn fn, void *arg);

/**
 * typedef gst_report_fn - told of each violation that gst_check() finds
 *
 * @inv is its number in docs/INVARIANTS.md, @gpa and @level say which entry.
 */
typedef void (*gst_report_fn)(void *arg, unsigned int inv, gst_gpa_t gpa, unsigned int level,
			      gst_pte_t pte, const char *what);

/**
 * gst_check() - check every invariant, in O(tables)
 * @space: the space
 * @report: told of each violation; may be NULL
 * @arg: handed to @report
 *
 * Return: the number of violations.
 */
unsigned int gst_check(struct gst_space *space, gst_report_fn report, void *arg);

#endif /* GST_SPACE_H */
