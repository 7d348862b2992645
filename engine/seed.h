/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: bugs on demand.
 *
 * A check that has never failed proves nothing. A test build may compile one of
 * these mistakes in (-DGST_SEED=GST_SEED_LEAK) to show that it is caught. In
 * every other build gst_seeded() is the constant 0 and no code remains.
 */
#ifndef GST_ENGINE_SEED_H
#define GST_ENGINE_SEED_H

#define GST_SEED_NONE               0
#define GST_SEED_LEAK               1 /* an emptied table is unlinked and not freed */
#define GST_SEED_STALE              2 /* an unmap forgets the last leaf of a table's edge */
#define GST_SEED_NARROW_FLUSH       3 /* freed tables get a ranged flush */
#define GST_SEED_LOST_WRITE_PROTECT 4 /* write-protection misses the last page */
#define GST_SEED_SPLIT_OFFSET       5 /* every piece of a split leaf maps the first */
#define GST_SEED_COUNT              6 /* live entries are miscounted on unmap */
#define GST_SEED_LOST_ENTRY         7 /* narrowing forgets the last entry of a table */
#define GST_SEED_KEPT_ROOT          8 /* harts are not told of another root */
#define GST_SEED_NAPOT_TORN         9 /* a broken 64 KiB leaf keeps its last entry */
#define GST_SEED_COLLAPSE_UNLIKE    10 /* collapse does not compare permissions */
#define GST_SEED_LOST_UPDATE        11 /* shared entry stores where it must compare and swap */

#define GST_SEED_UNTOLD             12 /* nobody is told of splits and collapses */
#define GST_SEED_STEP_TABLE         13 /* gst_steps() says the table below */
#define GST_SEED_SHORT_RESERVE      14 /* fewer tables are reserved than are needed */
#define GST_SEED_STALE_REMAP        15 /* a leaf that is replaced is not flushed */
#define GST_SEED_LOOKUP_PAGE        16 /* a lookup takes the page for the start of its leaf */

#ifndef GST_SEED
#define GST_SEED GST_SEED_NONE
#endif

#define gst_seeded(bug) (GST_SEED == GST_SEED_##bug)

#endif /* GST_ENGINE_SEED_H */
