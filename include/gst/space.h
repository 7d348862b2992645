/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: a guest physical address space and the operations on it.
 *
 * A range is given as its first gpa and its size in bytes. Both must be 4 KiB
 * aligned, and the size must not be 0. The range may cut a huge leaf. An operation
 * walks down from the root once and costs O(tables touched + leaves touched).
 *
 * Harts may walk the tables at any time. The engine takes no lock. The "Context:"
 * of each function says which other operations may run at the same time:
 *
 * - Exclusive entry: the caller keeps out all other operations, as with the write
 *   side of an rwlock. Only readers may run.
 * - Shared entry, with a gather from gst_gather_init_shared(): any number of
 *   gst_map(), gst_fill(), gst_wrprotect(), gst_wrprotect_mask() and gst_split()
 *   may run, as with the read side of an rwlock, and readers. Each entry is
 *   changed with a compare-and-swap. Two errors occur only here. -GST_EAGAIN:
 *   another operation changed an entry first; look again. -GST_EBUSY: a table or a
 *   64 KiB leaf would have to be replaced, or a 64 KiB leaf made, which needs
 *   exclusive entry. After either error a part of the range may be done.
 * - Reader (gst_lookup(), gst_steps(), gst_young(), gst_iterate(), gst_dump()): may
 *   run at the same time as any other operation. Without a lock this needs a
 *   gst_ops.free that waits for a grace period.
 *
 * An operation that returns any other error has changed nothing that a walk can
 * see. Changes outside of the range never occur, except with GST_WHOLE_LEAVES.
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
 * @ctx: the first argument of these functions
 * @root: the root and the format; read it with gst_root()
 * @tables: the present number of table pages below the root
 * @tables_peak: the highest value that @tables has had
 * @leaves: the present number of leaves of each level; for level 0, of 4 KiB leaves
 * @napots: the present number of 64 KiB leaves
 * @mark: the number of the last gst_check()
 *
 * The embedder may read the counters and must not change a member. The counters
 * are longs, because every machine can add to a long atomically.
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
 * struct gst_gather - the flush and the freeing that operations leave to be done
 * @source: the memory for new tables, an argument of gst_ops.reserve and .alloc
 * @tables: pages to free after the flush, linked through gst_meta.next
 * @pages: how many pages @tables has
 * @reserved: how many tables are reserved and not yet allocated
 * @start: the first gpa whose translation was removed or lost a permission
 * @end: the end of that range, exclusive; the range is empty if @end <= @start
 * @level: the level of the smallest leaf in that range
 * @all: tables were unlinked or a huge leaf was split, so that fences with an address
 *	are not enough
 * @fresh: translations were added or gained a permission. A hart that still has the
 *	old PTE cached takes one needless fault. A fence on that hart prevents it.
 * @gained: at least one of the @fresh translations was valid before and gained a
 *	permission. If there is none, a hart with Svvptc sees the new PTEs without a
 *	fence.
 * @old_root: the root before gst_reformat(), or 0
 * @linked: tables were added. The fence for @fresh must then be one with rs1=x0,
 *	because a fence with an address applies to leaf PTEs only.
 * @shared: the operations run in shared entry
 *
 * Call gst_gather_init() first and gst_gather_finish() last. Several operations on
 * the same space may use a gather in between. They then share one flush.
 */
struct gst_gather {
	void *source;
	void *tables;
	unsigned int pages;
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
 * struct gst_leaf - one leaf, as gst_lookup() finds it
 * @gpa: the first gpa of the leaf
 * @pa: the physical address that @gpa maps to
 * @size: the size in bytes
 * @level: the level, 0 for leaves of 4 KiB and of 64 KiB
 * @attr: permissions and memory type
 * @young: whether the A bit is set
 * @pte: the PTE in memory. A leaf of 64 KiB has 16 PTEs: this is one of them, with A
 *	set if any of the 16 has it.
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
 * If the range cuts a leaf, the operation applies to the whole leaf. It needs no
 * memory, so it cannot fail with -GST_ENOMEM. Use it if later guest faults restore
 * the rest of the leaf.
 */
#define GST_WHOLE_LEAVES (1u << 0)

/**
 * gst_init() - initialise an empty space
 * @space: the space; its contents are overwritten
 * @ops: the embedder's functions; the struct must outlive the space
 * @ctx: the first argument of these functions
 * @fmt: the format
 *
 * Context: Nobody else uses @space yet. Calls gst_ops.alloc_root, which may sleep.
 * Return:
 * * 0            - success
 * * -GST_EINVAL  - @fmt is NULL or a format of the other XLEN
 * * -GST_ENOMEM  - gst_ops.alloc_root returned NULL or a misaligned root
 */
int gst_init(struct gst_space *space, const struct gst_ops *ops, void *ctx,
	     const struct gst_format *fmt);

/**
 * gst_is_empty() - is nothing mapped?
 * @space: the space, which must have a root
 *
 * This reads no table.
 *
 * Context: Exclusive entry: only readers may run at the same time.
 * Return: true if nothing is mapped.
 */
bool gst_is_empty(struct gst_space *space);

/**
 * gst_root_alloc() - allocate a root for gst_reformat()
 * @space: the space
 *
 * Context: Any. Needs no lock: call it before the lock for gst_reformat() is taken,
 * because gst_ops.alloc_root may sleep.
 * Return: the root, or NULL if gst_ops.alloc_root returned NULL or a misaligned root.
 */
void *gst_root_alloc(struct gst_space *space);

/**
 * gst_root_free() - free a root that gst_reformat() did not use
 * @space: the space
 * @root: the root from gst_root_alloc(), or NULL
 *
 * Context: Any. Needs no lock.
 */
void gst_root_free(struct gst_space *space, void *root);

/**
 * gst_reformat() - widen or narrow a space while harts use it
 * @space: the space
 * @fmt: the new format. If it is the present one, nothing changes.
 * @root: points to a root from gst_root_alloc(). Every change of format uses it, also
 *	that of an empty space, and sets *@root to NULL.
 * @gather: collects the flush and the old root. Call gst_gather_finish() before any
 *	other operation, under the same lock.
 *
 * The cost does not depend on how much is mapped. All mappings stay. A hart that
 * has not loaded the new root walks the old tables, which are freed only after the
 * flush of gst_gather_finish(). Widening by two levels reserves one table.
 *
 * Context: Exclusive entry: only readers may run at the same time.
 * Return:
 * * 0            - success
 * * -GST_EINVAL  - the space has no root, @fmt is NULL or of the other XLEN, or
 *   @gather is one for shared entry
 * * -GST_ENOMEM  - *@root is NULL, or gst_ops.reserve failed
 * * -GST_ERANGE  - something is mapped above the end of @fmt
 */
int gst_reformat(struct gst_space *space, const struct gst_format *fmt, void **root,
		 struct gst_gather *gather);

/**
 * gst_detach() - take the tables out of a space
 * @space: the space. It has no root afterwards: every operation returns -GST_EINVAL.
 *
 * This is one store. The caller can free the tables later, without the lock.
 *
 * Context: Exclusive entry: only readers may run at the same time.
 * Return: the old root, for gst_free_detached(), or 0 if the space had none.
 */
gst_root_t gst_detach(struct gst_space *space);

/**
 * gst_free_detached() - free the tables that gst_detach() took out
 * @space: the space that they came from
 * @root: the return value of gst_detach()
 * @pause: called with gst_space.ctx after every few hundred freed tables, so that the
 *	caller can reschedule; may be NULL
 *
 * Context: Any. Needs no lock. The caller makes sure that no hart and no reader
 * walks the tables any more, and that nobody else uses the space's counters.
 */
void gst_free_detached(struct gst_space *space, gst_root_t root, void (*pause)(void *ctx));

/**
 * gst_destroy() - detach the tables and free them
 * @space: the space
 *
 * Context: Exclusive entry, and no hart and no reader uses the space any more.
 */
void gst_destroy(struct gst_space *space);

/**
 * gst_root() - read the root and the format
 * @space: the space
 *
 * Context: Any. Reading needs no lock, but the root may be replaced right after: see
 * docs/LOCKING.md for what keeps it alive.
 * Return: the root and the format in one word, or 0 if the space was detached.
 */
static inline gst_root_t gst_root(const struct gst_space *space)
{
	return __atomic_load_n(&space->root, __ATOMIC_ACQUIRE);
}

/**
 * gst_space_format() - the format of a space
 * @space: the space
 *
 * Context: Any. The format may change right after.
 * Return: the format, or NULL if the space was detached.
 */
const struct gst_format *gst_space_format(const struct gst_space *space);

/**
 * gst_gather_init() - initialise a gather for operations in exclusive entry
 * @gather: the gather; its contents are overwritten
 * @source: the memory for new tables, passed to gst_ops.reserve and .alloc
 *
 * Context: Any. Needs no lock.
 */
void gst_gather_init(struct gst_gather *gather, void *source);

/**
 * gst_gather_init_shared() - initialise a gather for operations in shared entry
 * @gather: the gather; its contents are overwritten. Each thread has its own.
 * @source: the memory for new tables. Each thread has its own.
 *
 * gst_unmap(), gst_collapse() and gst_reformat() return -GST_EINVAL with such a
 * gather, because they are never possible in shared entry.
 *
 * Context: Any. Needs no lock.
 */
void gst_gather_init_shared(struct gst_gather *gather, void *source);

/**
 * gst_gather_finish() - flush, then free the unlinked tables
 * @space: the space
 * @gather: the gather. It is empty afterwards and can be used again.
 *
 * Until this returns, harts may still access memory that was unmapped.
 *
 * Context: The same entry as the operations, without dropping the lock in between.
 * Return: true if a flush was needed.
 */
bool gst_gather_finish(struct gst_space *space, struct gst_gather *gather);

/**
 * gst_gather_stale() - request a flush of a range that would need none
 * @gather: the gather
 * @start: the first gpa, 4 KiB aligned
 * @end: the end of the range, exclusive
 *
 * Use it for new translations that every hart must see at once, because no fault
 * would make the hart look again. Call it after the operation that added them:
 * that operation sets gst_gather.linked, which decides how to fence.
 *
 * Context: The same entry as the operation.
 */
void gst_gather_stale(struct gst_gather *gather, gst_gpa_t start, gst_gpa_t end);

/**
 * gst_map() - map a range onto contiguous memory
 * @space: the space
 * @gpa: the first gpa, 4 KiB aligned
 * @size: the size in bytes, a multiple of 4 KiB
 * @pa: the physical address that @gpa maps to, 4 KiB aligned
 * @attr: permissions and memory type of the range, GST_NAPOT, GST_KEEP
 * @max_level: the level of the largest leaf allowed: 0 for 4 KiB, 1 for 2 MiB (4 MiB on
 *	Sv32x4), and so on
 * @gather: collects the flush
 *
 * The largest leaves that the alignment of @gpa and @pa allows are made, of 64 KiB
 * only with GST_NAPOT. They replace everything that was mapped in the range, with
 * two exceptions. A leaf, also one larger than @max_level, is kept if it maps the
 * same memory with the same attributes. With GST_KEEP, it is kept also if it has
 * more permissions. Smaller leaves are always replaced by the largest one possible.
 *
 * Context: Exclusive entry, or shared entry with a gather from
 * gst_gather_init_shared(). Calls gst_ops.reserve. New translations need no flush,
 * see gst_gather.fresh.
 * Return:
 * * 0            - success
 * * -GST_EINVAL  - bad range, @pa or @attr
 * * -GST_ERANGE  - the range ends above the format, or @pa is too high for a PTE
 * * -GST_ENOMEM  - gst_ops.reserve failed
 * * -GST_EAGAIN  - in shared entry: another operation changed an entry first
 * * -GST_EBUSY   - in shared entry: a table or a 64 KiB leaf would have to be replaced,
 *   or a 64 KiB leaf made
 */
int gst_map(struct gst_space *space, gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr,
	    unsigned int max_level, struct gst_gather *gather);

/**
 * struct gst_page - one page for gst_fill()
 * @pa: the physical address that the page maps to, 4 KiB aligned
 * @attr: permissions and memory type, or 0 to leave this page out
 */
struct gst_page {
	gst_pa_t pa;
	gst_attr_t attr;
};

/**
 * gst_fill() - map pages, each with its own address, where nothing is mapped yet
 * @space: the space
 * @gpa: the first gpa, 4 KiB aligned
 * @pages: the pages to map from @gpa on
 * @count: how many
 * @gather: collects gst_gather.fresh
 *
 * This makes 4 KiB leaves in empty entries of existing tables. It changes no leaf,
 * makes no table and needs no memory: it leaves out all other pages. A fault
 * handler uses it to map the neighbours of a page.
 *
 * Context: Exclusive entry, or shared entry with a gather from
 * gst_gather_init_shared(). New translations need no flush.
 * Return:
 * * >= 0         - the number of pages mapped
 * * -GST_EINVAL  - bad range, or a bad member of @pages
 * * -GST_ERANGE  - the range ends above the format, or a pa is too high for a PTE
 */
int gst_fill(struct gst_space *space, gst_gpa_t gpa, const struct gst_page *pages,
	     unsigned int count, struct gst_gather *gather);

/**
 * gst_unmap() - unmap a range
 * @space: the space
 * @gpa: the first gpa, 4 KiB aligned
 * @size: the size in bytes, a multiple of 4 KiB
 * @flags: 0 or GST_WHOLE_LEAVES
 * @gather: collects the flush and the tables to free
 *
 * A huge leaf that the range cuts is split, or unmapped whole with
 * GST_WHOLE_LEAVES. Tables that become empty are unlinked. Harts may still access
 * the memory until gst_gather_finish() has returned.
 *
 * Context: Exclusive entry: only readers may run at the same time. Calls
 * gst_ops.reserve, except with GST_WHOLE_LEAVES.
 * Return:
 * * 0            - success, also if nothing was mapped
 * * -GST_EINVAL  - bad range or @flags, or @gather is one for shared entry
 * * -GST_ERANGE  - the range ends above the format
 * * -GST_ENOMEM  - gst_ops.reserve failed; never with GST_WHOLE_LEAVES
 */
int gst_unmap(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int flags,
	      struct gst_gather *gather);

/**
 * gst_wrprotect() - remove the write permission from a range
 * @space: the space
 * @gpa: the first gpa, 4 KiB aligned
 * @size: the size in bytes, a multiple of 4 KiB
 * @flags: 0 or GST_WHOLE_LEAVES
 * @gather: collects the flush
 *
 * A writable huge leaf that the range cuts is split, or protected whole with
 * GST_WHOLE_LEAVES. Harts may still write until gst_gather_finish() has returned.
 *
 * Context: Exclusive entry, or shared entry with a gather from
 * gst_gather_init_shared(). Calls gst_ops.reserve, except with GST_WHOLE_LEAVES.
 * Return:
 * * 0            - success, also if nothing was writable
 * * -GST_EINVAL  - bad range or @flags
 * * -GST_ERANGE  - the range ends above the format
 * * -GST_ENOMEM  - gst_ops.reserve failed; never with GST_WHOLE_LEAVES
 * * -GST_EAGAIN  - in shared entry: another operation changed an entry first
 * * -GST_EBUSY   - in shared entry: a writable 64 KiB leaf is in the range
 */
int gst_wrprotect(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int flags,
		  struct gst_gather *gather);

/**
 * gst_wrprotect_mask() - remove the write permission from some of 64 pages
 * @space: the space
 * @gpa: the gpa of the page of bit 0, 4 KiB aligned
 * @mask: the pages, one bit for each
 * @gather: collects the flush
 *
 * A larger leaf that has one of the pages is protected whole. Needs no memory.
 *
 * Context: Exclusive entry, or shared entry with a gather from
 * gst_gather_init_shared().
 * Return:
 * * 0            - success, also if nothing was writable
 * * -GST_EINVAL  - @mask is 0, or @gpa is misaligned or too high
 * * -GST_ERANGE  - a page of @mask is above the format
 * * -GST_EAGAIN  - in shared entry: another operation changed an entry first
 * * -GST_EBUSY   - in shared entry: one of the pages is in a writable 64 KiB leaf
 */
int gst_wrprotect_mask(struct gst_space *space, gst_gpa_t gpa, uint64_t mask,
		       struct gst_gather *gather);

/**
 * gst_split() - split the large leaves of a range
 * @space: the space
 * @gpa: the first gpa, 4 KiB aligned
 * @size: the size in bytes, a multiple of 4 KiB
 * @level: the level of the largest leaf that may remain: 0 for 4 KiB, 1 for 2 MiB, and so on
 * @gather: collects the flush
 *
 * A leaf that the range cuts is split only as far as the range needs it.
 * Translations do not change. One table is reserved for each leaf that is split. A
 * caller that has few tables calls this for one part of the range after the other.
 *
 * Context: Exclusive entry, or shared entry with a gather from
 * gst_gather_init_shared(). Calls gst_ops.reserve.
 * Return:
 * * 0            - success, also if there was nothing to split
 * * -GST_EINVAL  - bad range, or the format has no such @level
 * * -GST_ERANGE  - the range ends above the format
 * * -GST_ENOMEM  - gst_ops.reserve failed
 * * -GST_EAGAIN  - in shared entry: another operation changed an entry first
 * * -GST_EBUSY   - in shared entry: a 64 KiB leaf would have to be split
 */
int gst_split(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int level,
	      struct gst_gather *gather);

/**
 * gst_collapse() - merge the leaves of a range into larger ones
 * @space: the space
 * @gpa: the first gpa, 4 KiB aligned
 * @size: the size in bytes, a multiple of 4 KiB
 * @max_level: the level of the largest leaf to make: 0 for 4 KiB, 1 for 2 MiB, and so on
 * @napot: GST_NAPOT to allow 64 KiB leaves, otherwise 0
 * @gather: collects the flush and the tables to free
 *
 * A table is replaced by one leaf if all its entries are leaves with the same
 * permissions and memory type, they map contiguous memory, and that memory is
 * aligned to the size of the larger leaf. The same holds for the 16 entries of a
 * 64 KiB leaf. Only leaves that lie in the range are made. Translations do not
 * change. The new leaf is young if one of the old ones was. Needs no memory.
 *
 * Context: Exclusive entry: only readers may run at the same time.
 * Return:
 * * 0            - success, also if there was nothing to merge
 * * -GST_EINVAL  - bad range or @napot, or @gather is one for shared entry
 * * -GST_ERANGE  - the range ends above the format
 */
int gst_collapse(struct gst_space *space, gst_gpa_t gpa, uint64_t size, unsigned int max_level,
		 gst_attr_t napot, struct gst_gather *gather);

/**
 * gst_young() - has a guest used a leaf of a range?
 * @space: the space
 * @gpa: the first gpa, 4 KiB aligned
 * @size: the size in bytes, a multiple of 4 KiB
 * @clear: clear the A bit of every leaf that the range touches
 *
 * This reads and clears A bits and needs no flush. A hart that has the translation
 * cached sets A only after it has dropped the translation. That is good enough for
 * ageing. The 16 entries of a 64 KiB leaf age together.
 *
 * Context: Reader: may run at the same time as any other operation.
 * Return:
 * * 1            - a leaf was young
 * * 0            - no leaf was young, or nothing is mapped
 * * -GST_EINVAL  - bad range
 * * -GST_ERANGE  - the range ends above the format
 */
int gst_young(struct gst_space *space, gst_gpa_t gpa, uint64_t size, bool clear);

/**
 * gst_lookup() - find the leaf of a gpa
 * @space: the space
 * @gpa: the address; it need not be aligned
 * @leaf: set on success; may be NULL
 *
 * Context: Reader: may run at the same time as any other operation.
 * Return:
 * * 0            - success
 * * -GST_EINVAL  - the space was detached
 * * -GST_ENOENT  - nothing is mapped at @gpa
 * * -GST_ERANGE  - @gpa is above the format
 */
int gst_lookup(struct gst_space *space, gst_gpa_t gpa, struct gst_leaf *leaf);

/**
 * struct gst_step - one entry of a walk
 * @level: the level of the entry
 * @index: the index of the entry in its table
 * @table: the physical address of that table
 * @pte: the entry
 */
struct gst_step {
	unsigned int level;
	unsigned int index;
	gst_pa_t table;
	gst_pte_t pte;
};

/**
 * gst_steps() - all entries that a hart reads to translate a gpa
 * @space: the space
 * @gpa: the address; it need not be aligned
 * @steps: an array of GST_LEVELS_MAX members, set from the root down. The last step is
 *	a leaf or an entry that is zero.
 *
 * Context: Reader: may run at the same time as any other operation.
 * Return:
 * * > 0          - the number of steps
 * * -GST_EINVAL  - the space was detached
 * * -GST_ERANGE  - @gpa is above the format
 */
int gst_steps(struct gst_space *space, gst_gpa_t gpa, struct gst_step *steps);

/**
 * typedef gst_leaf_fn - the function that gst_iterate() calls for each leaf
 * @arg: the argument of gst_iterate()
 * @leaf: the leaf
 *
 * Context: Called from gst_iterate(). It must not change the space.
 * Return: 0 to continue. Any other value ends gst_iterate(), which returns it.
 */
typedef int (*gst_leaf_fn)(void *arg, const struct gst_leaf *leaf);

/**
 * gst_iterate() - call a function for every leaf that a range touches, in order
 * @space: the space
 * @gpa: the first gpa, 4 KiB aligned
 * @size: the size in bytes, a multiple of 4 KiB
 * @fn: called for each leaf
 * @arg: passed to @fn
 *
 * A leaf that the range cuts is reported whole. To pause, return a value other than
 * 0 from @fn, and later start again at the end of the last leaf.
 *
 * If other operations run at the same time, each leaf is reported as it was at some
 * moment during the call. If a 64 KiB leaf is made around the present position, its
 * remaining pages are reported as leaves of 4 KiB.
 *
 * Context: Reader: may run at the same time as any other operation.
 * Return:
 * * 0            - all leaves were reported
 * * other        - the value that @fn returned
 * * -GST_EINVAL  - bad range
 * * -GST_ERANGE  - the range ends above the format
 */
int gst_iterate(struct gst_space *space, gst_gpa_t gpa, uint64_t size, gst_leaf_fn fn, void *arg);

/**
 * struct gst_run - neighbouring leaves of one size and attributes that map contiguous memory
 * @gpa: the first gpa of the first leaf
 * @end: the end of the last leaf, exclusive
 * @pa: the physical address that @gpa maps to
 * @leaf: the size of each leaf in bytes
 * @level: the level of the leaves
 * @attr: permissions and memory type
 * @young: how many of the leaves have the A bit
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

/**
 * typedef gst_run_fn - the function that gst_dump() calls for each run
 * @arg: the argument of gst_dump()
 * @run: the run
 *
 * Context: Called from gst_dump(). It must not change the space.
 * Return: 0 to continue. Any other value ends gst_dump(), which returns it.
 */
typedef int (*gst_run_fn)(void *arg, const struct gst_run *run);

/**
 * gst_dump() - call a function for every run of leaves that a range touches, in order
 * @space: the space
 * @gpa: the first gpa, 4 KiB aligned
 * @size: the size in bytes, a multiple of 4 KiB
 * @fn: called for each run
 * @arg: passed to @fn
 *
 * Context: Reader: may run at the same time as any other operation, see gst_iterate().
 * Return: the same values as gst_iterate().
 */
int gst_dump(struct gst_space *space, gst_gpa_t gpa, uint64_t size, gst_run_fn fn, void *arg);

/**
 * typedef gst_report_fn - the function that gst_check() calls for each violation
 * @arg: the argument of gst_check()
 * @inv: the number of the invariant in docs/INVARIANTS.md
 * @gpa: the first gpa that the entry or the table translates
 * @level: the level of the entry
 * @pte: the entry; for a wrong count in a table, the right count
 * @what: the violation in words
 */
typedef void (*gst_report_fn)(void *arg, unsigned int inv, gst_gpa_t gpa, unsigned int level,
			      gst_pte_t pte, const char *what);

/**
 * gst_check() - check all invariants of docs/INVARIANTS.md
 * @space: the space. A detached space has no root, and violates INV-01
 * @report: called for each violation; may be NULL
 * @arg: passed to @report
 *
 * This reads every table once.
 *
 * Context: Exclusive entry: only readers may run at the same time.
 * Return: the number of violations.
 */
unsigned int gst_check(struct gst_space *space, gst_report_fn report, void *arg);

#endif /* GST_SPACE_H */
