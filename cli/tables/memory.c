// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables in this program's memory. The input may be malicious: read each page once, follow
 * only the pointers that gst_check() will follow, and go no deeper than the format has levels.
 * Built for each XLEN.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tables/memory.h"

#define tables_init  XLEN_NAME(tables_init)
#define tables_free  XLEN_NAME(tables_free)
#define tables_add   XLEN_NAME(tables_add)
#define tables_place XLEN_NAME(tables_place)
#define tables_at    XLEN_NAME(tables_at)
#define tables_check XLEN_NAME(tables_check)

/* 4 GiB of tables. No real VM has more, and a host can spare that. */
#define TABLES_MAX (UINT32_C(1) << 20)

/*
 * Pages are allocated in chunks that are aligned to their size. Page 0 of a chunk holds the
 * gst_meta of its other pages, so the address of a page leads to its gst_meta.
 */
#define CHUNK_PAGES 256
#define CHUNK_SIZE  (CHUNK_PAGES * GST_PAGE_SIZE)
/* The root, aligned to 16 KiB, is at this page of the first chunk. */
#define CHUNK_ROOT GST_ROOT_PAGES

struct chunk {
	union {
		struct {
			struct chunk *next;
			unsigned int used;
		};
		struct gst_meta meta[CHUNK_PAGES];
	};
};

_Static_assert(sizeof(struct chunk) <= GST_PAGE_SIZE, "page 0 holds the gst_meta of all pages");
_Static_assert(sizeof(struct gst_meta) >= sizeof(void *) + sizeof(unsigned int),
	       "next and used take the place of meta[0], which is not needed");

static struct gst_meta *meta(void *ctx, void *page)
{
	uintptr_t at = (uintptr_t)page;
	struct chunk *chunk = (struct chunk *)(at & ~(uintptr_t)(CHUNK_SIZE - 1));

	(void)ctx;
	return &chunk->meta[(at & (CHUNK_SIZE - 1)) / GST_PAGE_SIZE];
}

static gst_pa_t to_pa(void *ctx, void *page)
{
	const struct tables *t = ctx;

	/* gst_check() asks for the root only. */
	(void)page;
	return t->root_pa;
}

static void *to_va(void *ctx, gst_pa_t pa)
{
	const struct tables *t = ctx;
	gst_pte_t *page = tables_at(t, pa);

	/* scan() has read this table. If not, return an empty page: the one before the root. */
	return page ? page : t->root - GST_TABLE_ENTRIES;
}

static const struct gst_ops ops = { .to_pa = to_pa, .to_va = to_va, .meta = meta };

static bool no_memory(struct tables *t)
{
	t->error = "there is not enough memory for the tables";
	return false;
}

static gst_pte_t *new_page(struct tables *t)
{
	struct chunk *chunk = t->chunks;

	if (t->used >= TABLES_MAX) {
		t->error = "there are more than a million tables";
		return NULL;
	}
	if (!chunk || chunk->used == CHUNK_PAGES) {
		chunk = aligned_alloc(CHUNK_SIZE, CHUNK_SIZE);
		if (!chunk) {
			no_memory(t);
			return NULL;
		}
		memset(chunk, 0, CHUNK_SIZE);
		chunk->next = t->chunks;
		chunk->used = 1;
		t->chunks = chunk;
	}
	return (gst_pte_t *)((char *)chunk + GST_PAGE_SIZE * chunk->used++);
}

bool tables_init(struct tables *t, const struct gst_format *fmt, finding_fn finding, void *arg)
{
	memset(t, 0, sizeof(*t));
	t->finding = finding;
	t->arg = arg;
	t->root = new_page(t);
	if (!t->root)
		return false;
	t->root = (gst_pte_t *)((char *)t->chunks + GST_PAGE_SIZE * CHUNK_ROOT);
	t->chunks->used = CHUNK_ROOT + GST_ROOT_PAGES;
	t->space.ops = &ops;
	t->space.ctx = t;
	t->space.root = gst_root_make(t->root, fmt->mode);
	return true;
}

void tables_free(struct tables *t)
{
	struct chunk *next;

	for (; t->chunks; t->chunks = next) {
		next = t->chunks->next;
		free(t->chunks);
	}
	free(t->slots);
}

/* The slot of @pa, or the free slot for it. */
static struct slot *find(const struct tables *t, gst_pa_t pa)
{
	size_t i = (pa >> GST_PAGE_SHIFT) * UINT64_C(0x9e3779b97f4a7c15) >> 32 & (t->room - 1);

	while (t->slots[i].page && t->slots[i].pa != pa)
		i = (i + 1) & (t->room - 1);
	return &t->slots[i];
}

gst_pte_t *tables_at(const struct tables *t, gst_pa_t pa)
{
	return t->room ? find(t, pa)->page : NULL;
}

static bool grow(struct tables *t)
{
	struct tables bigger = { .room = t->room ? t->room * 2 : 64 };
	size_t i;

	bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
	if (!bigger.slots)
		return no_memory(t);
	for (i = 0; i < t->room; i++)
		if (t->slots[i].page)
			*find(&bigger, t->slots[i].pa) = t->slots[i];
	free(t->slots);
	t->slots = bigger.slots;
	t->room = bigger.room;
	return true;
}

bool tables_place(struct tables *t, gst_pa_t pa, gst_pte_t *page)
{
	if (2 * t->used >= t->room && !grow(t))
		return false;
	*find(t, pa) = (struct slot){ pa, page };
	t->used++;
	return true;
}

gst_pte_t *tables_add(struct tables *t, gst_pa_t pa)
{
	gst_pte_t *page = new_page(t);

	return page && tables_place(t, pa, page) ? page : NULL;
}

/* Read a page of the image. Return: false if the image does not have the whole page. */
static bool read_page(const struct image *image, gst_pa_t pa, gst_pte_t *page)
{
	uint64_t at = pa - image->base;
	size_t len = 0, i;
	ssize_t got;

	if (pa < image->base || image->size < GST_PAGE_SIZE || at > image->size - GST_PAGE_SIZE)
		return false;
	while (len < GST_PAGE_SIZE) {
		got = pread(image->fd, (char *)page + len, GST_PAGE_SIZE - len, at + len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		len += got;
	}
	for (i = 0; i < GST_TABLE_ENTRIES; i++)
#if GST_XLEN == 64
		page[i] = le64toh(page[i]);
#else
		page[i] = le32toh(page[i]);
#endif
	return true;
}

/* Is this the first of 16 PTEs of a 64 KiB leaf? This must agree with gst_check(). */
static bool is_napot(const gst_pte_t *page, unsigned int i, unsigned int level)
{
	unsigned int n;

	if (level || i % GST_NAPOT_ENTRIES || gst_pte_napot(page[i]) != page[i])
		return false;
	for (n = 1; n < GST_NAPOT_ENTRIES; n++)
		if ((page[i + n] ^ page[i]) & ~GST_PTE_A)
			return false;
	return true;
}

static void scan(struct tables *t, gst_pte_t *page, gst_gpa_t start, unsigned int level);

/* Follow a pointer to a table. If the image does not have the table, report and clear it. */
static void scan_pointer(struct tables *t, gst_pte_t *ptep, gst_gpa_t gpa, unsigned int level)
{
	gst_pa_t pa = gst_pte_table_pa(*ptep);
	gst_pte_t *table;

	/* gst_check() does not follow such pointers. */
	if (*ptep & ~(GST_PTE_V | GST_PTE_PPN) || !level)
		return;
	t->space.tables++;
	table = tables_at(t, pa);
	if (table) {
		/* In an image, this is a second parent or a cycle; gst_check() reports it. */
		if (!t->image)
			scan(t, table, gpa, level - 1);
		return;
	}
	table = new_page(t);
	if (!table)
		return;
	if (read_page(t->image, pa, table)) {
		if (tables_place(t, pa, table))
			scan(t, table, gpa, level - 1);
		return;
	}
	memset(table, 0, GST_PAGE_SIZE);
	t->chunks->used--;
	t->finding(t->arg, "INPUT", 1, gpa, level, *ptep, "a table is outside of the image");
	t->space.tables--;
	*ptep = 0;
}

static void scan(struct tables *t, gst_pte_t *page, gst_gpa_t start, unsigned int level)
{
	struct gst_meta *m = meta(t, page);
	unsigned int i;

	for (i = 0; i < GST_TABLE_ENTRIES && !t->error; i++) {
		gst_gpa_t gpa = start + i * GST_LEVEL_SIZE(level);

		XLEN_NAME(spec_check_pte)(gpa, level, page[i], t->finding, t->arg);
		if (gst_pte_is_table(page[i]))
			scan_pointer(t, &page[i], gpa, level);
		else if (gst_pte_is_leaf(page[i]) && !gst_pte_is_napot(page[i]))
			t->space.leaves[level]++;
		else if (gst_pte_is_leaf(page[i]) && is_napot(page, i, level))
			m->napots++;
		m->live += page[i] != 0;
	}
	t->space.napots += m->napots;
}

static void report(void *arg, unsigned int inv, gst_gpa_t gpa, unsigned int level, gst_pte_t pte,
		   const char *what)
{
	const struct tables *t = arg;

	t->finding(t->arg, "INV", inv, gpa, level, pte, what);
}

/* Read the root first: a pointer may point to one of its pages. */
static bool read_root(struct tables *t)
{
	unsigned int i;

	for (i = 0; t->image && i < GST_ROOT_PAGES; i++) {
		gst_pa_t pa = (t->root_pa & ~(GST_ROOT_SIZE - 1)) + i * GST_PAGE_SIZE;
		gst_pte_t *page = t->root + i * GST_TABLE_ENTRIES;

		if (!read_page(t->image, pa, page)) {
			t->error = "the root is outside of the image";
			return false;
		}
		if (!tables_place(t, pa, page))
			return false;
	}
	return true;
}

void tables_check(struct tables *t)
{
	const struct gst_format *fmt = gst_format_of_mode(gst_root_mode(t->space.root));
	unsigned int i;

	if (!read_root(t))
		return;
	for (i = 0; i < GST_ROOT_PAGES && !t->error; i++)
		scan(t, t->root + i * GST_TABLE_ENTRIES,
		     (gst_gpa_t)i << GST_LEVEL_SHIFT(fmt->levels), fmt->levels - 1u);
	if (t->error)
		return;
	gst_check(&t->space, report, t);
	/*
	 * gst_check() stops at a misaligned root. Align it, as hardware does, and check the rest.
	 */
	if (t->root_pa & (GST_ROOT_SIZE - 1)) {
		t->root_pa &= ~(GST_ROOT_SIZE - 1);
		gst_check(&t->space, report, t);
	}
}
