/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: bugs that test builds compile in.
 *
 * A check that has never failed proves nothing. A test build compiles in one of
 * these bugs (-DGST_SEED=GST_SEED_LEAK) to show that the tests catch it. In every
 * other build gst_seeded() is the constant 0 and leaves no code behind.
 */
#ifndef GST_ENGINE_SEED_H
#define GST_ENGINE_SEED_H

#define GST_SEED_NONE               0
#define GST_SEED_LEAK               1  /* an unlinked table is never freed */
#define GST_SEED_STALE              2  /* an unmap of a part of a table misses its last leaf */
#define GST_SEED_NARROW_FLUSH       3  /* freed tables get a flush of a range only */
#define GST_SEED_LOST_WRITE_PROTECT 4  /* write-protection misses the last page */
#define GST_SEED_SPLIT_OFFSET       5  /* all parts of a split leaf map the same memory */
#define GST_SEED_COUNT              6  /* an unmap miscounts live entries */
#define GST_SEED_LOST_ENTRY         7  /* narrowing loses the last entry of a table */
#define GST_SEED_KEPT_ROOT          8  /* the flush does not name the old root */
#define GST_SEED_NAPOT_TORN         9  /* a broken 64 KiB leaf keeps its last entry */
#define GST_SEED_COLLAPSE_UNLIKE    10 /* a collapse does not compare permissions */
#define GST_SEED_LOST_UPDATE        11 /* shared entry stores without compare-and-swap */
#define GST_SEED_UNTOLD             12 /* gst_ops.resized is never called */
#define GST_SEED_STEP_TABLE         13 /* gst_steps() reports the wrong table */
#define GST_SEED_SHORT_RESERVE      14 /* too few tables are reserved */
#define GST_SEED_STALE_REMAP        15 /* replacing a leaf requests no flush */
#define GST_SEED_LOOKUP_PAGE        16 /* a lookup reports the page as the start of the leaf */

#ifndef GST_SEED
#define GST_SEED GST_SEED_NONE
#endif

#define gst_seeded(bug) (GST_SEED == GST_SEED_##bug)

#endif /* GST_ENGINE_SEED_H */
