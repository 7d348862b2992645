/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables in this program's memory, as the engine's gst_check() can read them. */
#ifndef GSTAGE_CLI_TABLES_MEMORY_H
#define GSTAGE_CLI_TABLES_MEMORY_H

#include <gst/space.h>

#include "tables/pte.h"

struct chunk;

/**
 * struct tables - the tables of one VM, found by their physical addresses
 * @space: what gst_check() is given; scanning fills in its counters
 * @root: in memory, of four pages
 * @root_pa: where it is in the host, which gst_check() asks
 * @image: where tables are read from; NULL where all are here already
 * @chunks: memory, a list
 * @slots: a hash of those pages that have been given a physical address
 * @error: what went wrong, NULL for nothing
 */
struct tables {
	struct gst_space space;
	gst_pte_t *root;
	gst_pa_t root_pa;
	const struct image *image;
	struct chunk *chunks;
	struct slot {
		gst_pa_t pa;
		gst_pte_t *page;
	} *slots;
	size_t room, used;
	const char *error;
	finding_fn finding;
	void *arg;
};

/* An empty root of format @fmt. Return: false, with @t->error. */
bool XLEN_NAME(tables_init)(struct tables *t, const struct gst_format *fmt, finding_fn finding,
			    void *arg);
void XLEN_NAME(tables_free)(struct tables *t);

/* An empty page with this physical address. Return: NULL, with @t->error. */
gst_pte_t *XLEN_NAME(tables_add)(struct tables *t, gst_pa_t pa);

/* Note that @page has this physical address. Return: false, with @t->error. */
bool XLEN_NAME(tables_place)(struct tables *t, gst_pa_t pa, gst_pte_t *page);

/* The page at a physical address, or NULL. */
gst_pte_t *XLEN_NAME(tables_at)(const struct tables *t, gst_pa_t pa);

/**
 * tables_check() - check what is reachable from the root, by both sets of rules
 *
 * Reads tables of an image as it comes by them. Counts what there is first, as
 * the engine's counters are not in an image: INV-03 and INV-10 cannot show.
 */
void XLEN_NAME(tables_check)(struct tables *t);

#endif
