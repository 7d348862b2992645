// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A copy of all tables that a walk can reach, and of the engine's counters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot.h"

static void add_page(struct snapshot *snap, uint64_t pa)
{
	const void *bytes = testmem_page(pa);

	CHECK("snapshot", bytes, "a walk leads to 0x%llx, which is not a table",
	      (unsigned long long)pa);
	if (snap->n == snap->max) {
		snap->max = snap->max * 2 + 16;
		snap->page = realloc(snap->page, snap->max * sizeof(*snap->page));
		if (!snap->page) {
			fprintf(stderr, "no memory for a snapshot\n");
			exit(2);
		}
	}
	snap->page[snap->n].pa = pa;
	snap->page[snap->n].live = testmem_meta(pa)->live;
	snap->page[snap->n].napots = testmem_meta(pa)->napots;
	memcpy(snap->page[snap->n].bytes, bytes, 4096);
	snap->n++;
}

static void on_table(void *arg, uint64_t pa, unsigned int level, unsigned int used)
{
	(void)level;
	(void)used;
	add_page(arg, pa);
}

static void on_leaf(void *arg, const struct spec_result *res)
{
	(void)arg;
	(void)res;
}

static void on_bad(void *arg, const struct spec_result *res, uint64_t pte)
{
	(void)arg;
	(void)res;
	(void)pte;
}

void snapshot_take(struct snapshot *snap, struct world *w)
{
	struct spec_visitor visitor = { snap, on_leaf, on_table, on_bad };

	snap->n = 0;
	for (unsigned int i = 0; i < 4; i++)
		add_page(snap, w->machine.root + i * UINT64_C(4096));
	spec_visit(&w->machine, &visitor);
	snap->tables = w->space.tables;
	memcpy(snap->leaves, w->space.leaves, sizeof(snap->leaves));
	snap->napots = w->space.napots;
	snap->pages_held = w->mem.live;
}

void snapshot_free(struct snapshot *snap)
{
	free(snap->page);
	*snap = (struct snapshot){ 0 };
}

void snapshot_check(const struct snapshot *snap, struct world *w)
{
	struct snapshot now = { 0 };

	snapshot_take(&now, w);
	CHECK_EQ("snapshot", now.n, snap->n, "tables that a walk can reach");
	CHECK_EQ("snapshot", now.tables, snap->tables, "gst_space.tables");
	CHECK_EQ("snapshot", now.napots, snap->napots, "gst_space.napots");
	CHECK_EQ("snapshot", now.pages_held, snap->pages_held, "pages in use");
	for (unsigned int level = 0; level < GST_LEVELS_MAX; level++)
		CHECK_EQ("snapshot", now.leaves[level], snap->leaves[level], "gst_space.leaves");
	for (size_t i = 0; i < snap->n; i++) {
		const struct snapshot_page *a = &snap->page[i], *b = &now.page[i];

		CHECK_EQ("snapshot", b->pa, a->pa, "address of a table");
		CHECK_EQ("snapshot", b->live, a->live, "live entries of a table");
		CHECK_EQ("snapshot", b->napots, a->napots, "64 KiB leaves of a table");
		CHECK("snapshot", !memcmp(a->bytes, b->bytes, 4096),
		      "the table at pa 0x%llx has changed", (unsigned long long)a->pa);
	}
	snapshot_free(&now);
}
