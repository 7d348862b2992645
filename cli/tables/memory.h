/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables in this program's memory, in the form that gst_check() of the engine reads. */
#ifndef GSTAGE_CLI_TABLES_MEMORY_H
#define GSTAGE_CLI_TABLES_MEMORY_H

#include <gst/space.h>

#include "tables/pte.h"

struct chunk;

/**
 * struct tables - the page tables of one VM
 * @space: the argument of gst_check(); tables_check() counts tables and leaves in it
 * @root: the root table, four pages
 * @root_pa: the physical address of the root in the host
 * @image: read tables from here; NULL if the caller made all tables with tables_add()
 * @chunks: list of memory for tables
 * @slots: hash table from physical addresses to pages
 * @room: size of @slots
 * @used: entries in @slots
 * @error: the error, or NULL
 * @finding: called for each violation
 * @arg: argument of @finding
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

/* Make an empty root of format @fmt. Return: false on errors, with @t->error set. */
bool XLEN_NAME(tables_init)(struct tables *t, const struct gst_format *fmt, finding_fn finding,
			    void *arg);
void XLEN_NAME(tables_free)(struct tables *t);

/* Make an empty page at physical address @pa. Return: NULL on errors, with @t->error set. */
gst_pte_t *XLEN_NAME(tables_add)(struct tables *t, gst_pa_t pa);

/* Give @page the physical address @pa. Return: false on errors, with @t->error set. */
bool XLEN_NAME(tables_place)(struct tables *t, gst_pa_t pa, gst_pte_t *page);

/* Return: the page at physical address @pa, or NULL. */
gst_pte_t *XLEN_NAME(tables_at)(const struct tables *t, gst_pa_t pa);

/**
 * tables_check() - check all tables that the root reaches, against both sets of rules
 *
 * Reads tables from the image when it reaches them. It counts the tables and leaves itself,
 * because an image does not contain the engine's counters. So it cannot find violations of INV-03
 * and INV-10.
 */
void XLEN_NAME(tables_check)(struct tables *t);

#endif
