// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Leaves of 64 KiB, case by case. If the XLEN has none, GST_NAPOT must be refused.
 */
#include "snapshot.h"
#include "world.h"

#define N(w, gpa, size, pa, attr) w_map(w, gpa, size, pa, (attr) | GST_NAPOT, 0)

/* A gpa in the middle of a table, congruent to the pa. */
static gst_gpa_t base(struct world *w)
{
	return 3 * w_size(w, 1) + 2 * W_NAPOT;
}

#define PA UINT64_C(0x7650000)

static void one(struct world *w)
{
	W_OK(N(w, base(w), W_NAPOT, PA, W_RW));
	w_expect_size(w, base(w), W_NAPOT, PA, W_RW);
}

/* Check the 16 pages of a broken 64 KiB leaf: all except @but are unchanged. */
static void expect_pages(struct world *w, unsigned int but, gst_attr_t attr)
{
	for (unsigned int i = 0; i < 16; i++)
		if (i != but)
			w_expect_size(w, base(w) + i * W_PAGE, W_PAGE, PA + i * W_PAGE, attr);
}

static void refused_without_svnapot(struct world *w)
{
	CHECK_RET(N(w, 0, W_NAPOT, 0, W_RW), -GST_EINVAL);
	W_OK(w_map(w, 0, w_size(w, 1), 0, W_RW, 0));
	CHECK_RET(w_collapse(w, 0, w_size(w, 1), 1, GST_NAPOT), -GST_EINVAL);
	w_expect(w, 0, 0, 0, W_RW);
}

static void made_where_alignment_allows(struct world *w)
{
	for (unsigned int off = 0; off < 16; off++) {
		gst_gpa_t gpa = base(w) + off * W_PAGE;
		gst_pa_t pa = PA + off * W_PAGE;

		/*
		 * A range of 256 KiB: 4 leaves if it is aligned, otherwise 3 leaves and 16
		 * pages.
		 */
		W_OK(N(w, gpa, 4 * W_NAPOT, pa, W_RWX));
		CHECK_EQ("case", w->space.napots, off ? 3 : 4, "64 KiB leaves");
		CHECK_EQ("case", w->space.leaves[0], off ? 16 : 0, "4 KiB leaves");
		w_expect_size(w, base(w) + W_NAPOT + off * W_PAGE, W_NAPOT,
			      PA + W_NAPOT + off * W_PAGE, W_RWX);
		if (off)
			w_expect_size(w, gpa, W_PAGE, pa, W_RWX);
		w_check_all(w);
		W_OK(w_unmap(w, 0, w_limit(w), 0));

		/* The range lacks one page at either end. */
		if (!off) {
			W_OK(N(w, gpa + W_PAGE, 2 * W_NAPOT - 2 * W_PAGE, pa + W_PAGE, W_RW));
			CHECK_EQ("case", w->space.napots, 0, "64 KiB leaves");
			W_OK(w_unmap(w, 0, w_limit(w), 0));
			continue;
		}
		/* The pa is not congruent. */
		W_OK(N(w, base(w), 2 * W_NAPOT, pa, W_RW));
		CHECK_EQ("case", w->space.napots, 0, "64 KiB leaves");
		CHECK_EQ("case", w->space.leaves[0], 32, "4 KiB leaves");
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void never_without_leave(struct world *w)
{
	W_OK(w_map(w, base(w), 8 * W_NAPOT, PA, W_RW, 0));
	CHECK_EQ("case", w->space.napots, 0, "64 KiB leaves");
	W_OK(w_unmap(w, base(w) + W_PAGE, W_PAGE, 0));
	W_OK(w_map(w, base(w), 8 * W_NAPOT, PA, W_RWX, w_top(w)));
	CHECK_EQ("case", w->space.napots, 0, "64 KiB leaves");
	W_OK(w_collapse(w, 0, w_limit(w), 0, 0));
	CHECK_EQ("case", w->space.napots, 0, "64 KiB leaves");
}

static void among_leaves_of_other_sizes(struct world *w)
{
	uint64_t size = w_size(w, 1);

	/* The leaves are a page, 64 KiB, 2 MiB, 64 KiB and a page. */
	W_OK(w_map(w, size - W_NAPOT - W_PAGE, size + 2 * (W_NAPOT + W_PAGE),
		   3 * size - W_NAPOT - W_PAGE, W_RW | GST_NAPOT, 1));
	w_expect_size(w, size - W_NAPOT - W_PAGE, W_PAGE, 3 * size - W_NAPOT - W_PAGE, W_RW);
	w_expect_size(w, size - W_NAPOT, W_NAPOT, 3 * size - W_NAPOT, W_RW);
	w_expect_size(w, size, size, 3 * size, W_RW);
	w_expect_size(w, 2 * size, W_NAPOT, 4 * size, W_RW);
	w_expect_size(w, 2 * size + W_NAPOT, W_PAGE, 4 * size + W_NAPOT, W_RW);
	w_check_all(w);
	/* One unmap removes all of them. */
	W_OK(w_unmap(w, 0, w_limit(w), 0));
	CHECK_EQ("case", w->space.napots + w->space.leaves[0] + w->space.leaves[1], 0, "leaves");
}

static void the_same_again_is_kept(struct world *w)
{
	struct snapshot snap = { 0 };

	one(w);
	snapshot_take(&snap, w);
	CHECK_RET(N(w, base(w), W_NAPOT, PA, W_RW), 0);
	/* Map a part of it again, then all of it without GST_NAPOT. */
	CHECK_RET(N(w, base(w) + 3 * W_PAGE, W_PAGE, PA + 3 * W_PAGE, W_RW), 0);
	CHECK_RET(w_map(w, base(w) + 15 * W_PAGE, W_PAGE, PA + 15 * W_PAGE, W_RW, 0), 0);
	CHECK_RET(w_map(w, base(w), W_NAPOT, PA, W_RW, 0), 0);
	CHECK("case", !w->gather.fresh, "gather.fresh is set");
	CHECK("case", !w_finish(w), "an unexpected flush");
	snapshot_check(&snap, w);
	snapshot_free(&snap);
	/* An old leaf becomes young. */
	CHECK_RET(w_young(w, base(w), W_PAGE, true), 1);
	CHECK_RET(w_map(w, base(w) + W_PAGE, W_PAGE, PA + W_PAGE, W_RW, 0), 0);
	CHECK("case", w->gather.fresh && !w_finish(w), "an unexpected flush, or nothing is fresh");
	CHECK_RET(w_young(w, base(w), W_PAGE, false), 1);
	w_expect_size(w, base(w), W_NAPOT, PA, W_RW);
}

static void made_of_pages_of_the_same(struct world *w)
{
	W_OK(w_map(w, base(w), W_NAPOT - W_PAGE, PA, W_RW, 0));
	w_cache(w, base(w) + W_PAGE);
	CHECK_RET(N(w, base(w), W_NAPOT, PA, W_RW), 0);
	/* The memory is the same, so nothing that a hart has cached is wrong. */
	CHECK("case", w->gather.fresh && !w_finish(w), "an unexpected flush");
	w_expect_size(w, base(w), W_NAPOT, PA, W_RW);
	/* Pages of other memory need a flush. */
	W_OK(w_map(w, base(w), W_NAPOT, PA + 5 * W_NAPOT, W_RW, 0));
	w_cache(w, base(w) + W_PAGE);
	CHECK_RET(N(w, base(w), W_NAPOT, PA, W_RW), 0);
	CHECK("case", w_finish(w), "a flush is missing");
	CHECK("case", !w->mem.last_flush.all, "an unexpected flush of everything");
	w_expect_size(w, base(w), W_NAPOT, PA, W_RW);
	w_check_all(w);
}

static void replaced_as_one(struct world *w)
{
	one(w);
	w_cache(w, base(w));
	CHECK_RET(N(w, base(w), W_NAPOT, PA + W_NAPOT, W_RW), 0);
	CHECK("case", w_finish(w), "a flush is missing");
	CHECK_EQ("case", w->mem.last_flush.start, base(w), "start of the flush");
	CHECK_EQ("case", w->mem.last_flush.end, base(w) + W_NAPOT, "end of the flush");
	w_expect_size(w, base(w), W_NAPOT, PA + W_NAPOT, W_RW);
	/* Adding a permission needs no flush, removing one does. */
	CHECK_RET(N(w, base(w), W_NAPOT, PA + W_NAPOT, W_RWX), 0);
	CHECK("case", w->gather.fresh && !w_finish(w), "an unexpected flush");
	CHECK_RET(N(w, base(w), W_NAPOT, PA + W_NAPOT, GST_READ), 0);
	CHECK("case", w_finish(w), "a flush is missing");
	CHECK_EQ("case", w->space.napots, 1, "64 KiB leaves");
	/* Without GST_NAPOT, pages replace the leaf. */
	W_OK(w_map(w, base(w), W_NAPOT, PA, W_RW, 0));
	expect_pages(w, 16, W_RW);
}

static void unmap_of_a_page_breaks_it(struct world *w)
{
	for (unsigned int i = 0; i < 16; i++) {
		one(w);
		for (unsigned int n = 0; n < 8; n++)
			w_cache(w, base(w) + n * W_PAGE);
		w->mem.limit = 0;
		CHECK_RET(w_unmap(w, base(w) + i * W_PAGE, W_PAGE, 0), 0);
		w->mem.limit = TESTMEM_TABLES;
		CHECK("case", w_finish(w) && !w->mem.last_flush.all,
		      "a flush is missing, or is one of everything");
		/* A hart may have cached any page from any entry, so the whole leaf is flushed. */
		CHECK_EQ("case", w->mem.last_flush.start, base(w), "start of the flush");
		CHECK_EQ("case", w->mem.last_flush.end, base(w) + W_NAPOT, "end of the flush");
		expect_pages(w, i, W_RW);
		w_expect_none(w, base(w) + i * W_PAGE);
		CHECK_EQ("case", w->space.napots, 0, "64 KiB leaves");
		CHECK_EQ("case", w->space.leaves[0], 15, "4 KiB leaves");
		w_check_all(w);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void protection_of_a_page_breaks_it(struct world *w)
{
	for (unsigned int i = 0; i < 16; i++) {
		one(w);
		w_cache(w, base(w) + i * W_PAGE);
		W_OK(w_wrprotect(w, base(w) + i * W_PAGE, W_PAGE, 0));
		expect_pages(w, i, W_RW);
		w_expect_size(w, base(w) + i * W_PAGE, W_PAGE, PA + i * W_PAGE, GST_READ);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void a_page_mapped_into_it_breaks_it(struct world *w)
{
	for (unsigned int i = 0; i < 16; i++) {
		one(w);
		w_cache(w, base(w) + i * W_PAGE);
		W_OK(w_map(w, base(w) + i * W_PAGE, W_PAGE, 0x99000, W_RWX, 0));
		expect_pages(w, i, W_RW);
		w_expect_size(w, base(w) + i * W_PAGE, W_PAGE, 0x99000, W_RWX);
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void read_only_it_is_not_broken(struct world *w)
{
	struct snapshot snap = { 0 };

	W_OK(N(w, base(w), W_NAPOT, PA, GST_READ));
	snapshot_take(&snap, w);
	CHECK_RET(w_wrprotect(w, base(w) + W_PAGE, W_PAGE, 0), 0);
	CHECK_RET(w_wrprotect_mask(w, base(w), 2), 0);
	CHECK("case", !w_finish(w), "an unexpected flush");
	snapshot_check(&snap, w);
	snapshot_free(&snap);
}

static void whole_leaves_take_it_whole(struct world *w)
{
	W_OK(N(w, base(w) - W_NAPOT, 3 * W_NAPOT, PA - W_NAPOT, W_RW));
	w_cache(w, base(w) + 9 * W_PAGE);
	W_OK(w_wrprotect(w, base(w) + 5 * W_PAGE, W_PAGE, GST_WHOLE_LEAVES));
	w_expect_size(w, base(w) - W_PAGE, W_NAPOT, PA - W_PAGE, W_RW);
	w_expect_size(w, base(w), W_NAPOT, PA, GST_READ);
	w_expect_size(w, base(w) + W_NAPOT, W_NAPOT, PA + W_NAPOT, W_RW);
	w_cache(w, base(w) + 9 * W_PAGE);
	W_OK(w_unmap(w, base(w) + 15 * W_PAGE, 2 * W_PAGE, GST_WHOLE_LEAVES));
	w_expect_size(w, base(w) - W_PAGE, W_NAPOT, PA - W_PAGE, W_RW);
	w_expect_none(w, base(w));
	w_expect_none(w, base(w) + 2 * W_NAPOT - W_PAGE);
	CHECK_EQ("case", w->space.napots, 1, "64 KiB leaves");
	CHECK_EQ("case", w->space.leaves[0], 0, "4 KiB leaves");
	w_check_all(w);
}

static void a_mask_takes_it_whole(struct world *w)
{
	for (unsigned int bit = 0; bit < 64; bit += 7) {
		W_OK(N(w, base(w), 4 * W_NAPOT, PA, W_RW));
		w_cache(w, base(w) + bit * W_PAGE);
		W_OK(w_wrprotect_mask(w, base(w), UINT64_C(1) << bit));
		for (unsigned int i = 0; i < 4; i++)
			w_expect_size(w, base(w) + i * W_NAPOT, W_NAPOT, PA + i * W_NAPOT,
				      i == bit / 16 ? GST_READ : W_RW);
	}
	/* The mask starts in the middle of a leaf. */
	W_OK(N(w, base(w), 4 * W_NAPOT, PA, W_RW));
	W_OK(w_wrprotect_mask(w, base(w) + 8 * W_PAGE, UINT64_C(0x100000001)));
	for (unsigned int i = 0; i < 4; i++)
		w_expect_size(w, base(w) + i * W_NAPOT, W_NAPOT, PA + i * W_NAPOT,
			      i % 2 ? W_RW : GST_READ);
}

/* The entry of page @i; A is bit 6 of its first byte. */
static unsigned char *entry_of(struct world *w, unsigned int i)
{
	struct spec_result res;

	CHECK("case", spec_translate(&w->machine, base(w) + i * W_PAGE, &res), "not mapped");
	return (unsigned char *)testmem_page_mut(res.pte_pa & ~UINT64_C(4095)) + res.pte_pa % 4096;
}

static void it_ages_as_one_whichever_entry_is_young(struct world *w)
{
	for (unsigned int i = 0; i < 16; i++) {
		gst_gpa_t far = base(w) + (15 - i) * W_PAGE;

		one(w);
		CHECK_RET(w_young(w, far, W_PAGE, true), 1);
		for (unsigned int n = 0; n < 16; n++)
			CHECK("case", !(*entry_of(w, n) & 1 << 6), "entry %u is still young", n);
		CHECK_RET(w_young(w, base(w), W_NAPOT, false), 0);
		*entry_of(w, i) |= 1 << 6;
		model_age(&w->model, base(w), base(w) + W_NAPOT, MODEL_YOUNG);
		CHECK_RET(w_young(w, far, W_PAGE, false), 1);
		w_check_gpa(w, far);
		CHECK_RET(w_iterate(w, far, W_PAGE, 0), 0);
		CHECK_RET(w_young(w, far, W_PAGE, true), 1);
		CHECK_RET(w_young(w, base(w), W_NAPOT, false), 0);
		CHECK("case", !w_finish(w), "an unexpected flush");
		W_OK(w_unmap(w, 0, w_limit(w), 0));
	}
}

static void broken_while_young_a_page_of_it_is(struct world *w)
{
	one(w);
	CHECK_RET(w_young(w, base(w), W_NAPOT, true), 1);
	*entry_of(w, 5) |= 1 << 6;
	model_age(&w->model, base(w), base(w) + W_NAPOT, MODEL_YOUNG);
	W_OK(w_split(w, base(w), W_NAPOT, 0));
	CHECK_RET(gst_young(&w->space, base(w), W_NAPOT, false), 1);
}

static void a_table_of_them_goes_at_once(struct world *w)
{
	uint64_t size = w_size(w, 1), reads;

	W_OK(N(w, size, 2 * size, size, W_RW));
	CHECK_EQ("case", w->space.napots, 64, "64 KiB leaves");
	w_cache(w, size);
	w_cache(w, 2 * size + 40 * W_PAGE);
	/* The tables are unlinked, and entered only to count them. */
	w->harts_run = false;
	reads = w->mem.to_va_calls;
	CHECK_RET(gst_unmap(&w->space, size, 2 * size, 0, &w->gather), 0);
	CHECK("cost", w->mem.to_va_calls - reads <= w_top(w) + 1, "too many tables are entered");
	model_unmap(&w->model, size, 3 * size);
	CHECK_EQ("case", w->space.napots, 0, "64 KiB leaves");
	CHECK("case", w_finish(w) && w->mem.last_flush.all, "a flush of everything is missing");

	/* A larger leaf that replaces them, and gst_destroy(), also count them. */
	W_OK(N(w, size, size, size, W_RW));
	W_OK(w_map(w, size, size, size, W_RW, 1));
	CHECK_EQ("case", w->space.napots, 0, "64 KiB leaves");
	w_expect_size(w, size, size, size, W_RW);
	W_OK(N(w, 5 * size, size + 5 * W_NAPOT, size, W_RW));
	CHECK_EQ("case", w->space.napots, 37, "64 KiB leaves");
}

static void a_huge_leaf_is_not_made_of_it(struct world *w)
{
	uint64_t size = w_size(w, 1);

	/* A 2 MiB leaf that maps the same is kept. Otherwise it is split into pages. */
	W_OK(w_map(w, size, size, size, W_RW, 1));
	CHECK_RET(N(w, size, W_NAPOT, size, W_RW), 0);
	w_expect_size(w, size, size, size, W_RW);
	W_OK(N(w, size + W_NAPOT, W_NAPOT, size + 2 * W_NAPOT, W_RW));
	w_expect_size(w, size + W_NAPOT, W_NAPOT, size + 2 * W_NAPOT, W_RW);
	w_expect_size(w, size, W_PAGE, size, W_RW);
	w_expect_size(w, size + 2 * W_NAPOT, W_PAGE, size + 2 * W_NAPOT, W_RW);
	CHECK_EQ("case", w->space.napots, 1, "64 KiB leaves");
	CHECK_EQ("case", w->space.leaves[0], 512 - 16, "4 KiB leaves");
}

/* As in the figure of Svnapot: N, a PPN of 44 bits that ends in 1000, and no reserved bit. */
static void the_entries_have_no_reserved_bit(struct world *w)
{
	const struct {
		gst_attr_t attr;
		uint64_t low, high;
	} as[] = {
		{ GST_READ, 0xd3, 0 },
		{ W_RWX, 0xdf, 0 },
		{ W_RW | GST_NC, 0xd7, UINT64_C(1) << 61 },
		{ W_RW | GST_IO, 0xd7, UINT64_C(1) << 62 },
	};
	const uint64_t last = (UINT64_C(1) << 56) - W_NAPOT;

	for (unsigned int k = 0; k < 4; k++) {
		W_OK(N(w, base(w), W_NAPOT, last, as[k].attr));
		for (unsigned int i = 0; i < 16; i++)
			CHECK_EQ("case", *(uint64_t *)entry_of(w, i),
				 UINT64_C(1) << 63 | as[k].high | (last >> 12 | 8) << 10 |
					 as[k].low,
				 "an entry");
		W_OK(w_unmap(w, base(w) + W_PAGE, W_PAGE, 0));
		CHECK_EQ("case", *(uint64_t *)entry_of(w, 15),
			 as[k].high | (last >> 12 | 15) << 10 | as[k].low,
			 "an entry of the broken leaf");
	}
}

static const struct property without_svnapot[] = {
	{ "64 KiB: refused if the XLEN has no such leaves", refused_without_svnapot },
};

static const struct property properties[] = {
	{ "64 KiB: made if gpa, pa and size allow it", made_where_alignment_allows },
	{ "64 KiB: never made without GST_NAPOT", never_without_leave },
	{ "64 KiB: among leaves of other sizes", among_leaves_of_other_sizes },
	{ "64 KiB: the same again, or a part of it, is kept", the_same_again_is_kept },
	{ "64 KiB: made from existing pages", made_of_pages_of_the_same },
	{ "64 KiB: replaced as one leaf", replaced_as_one },
	{ "64 KiB: unmapping one page breaks it and keeps the other 15",
	  unmap_of_a_page_breaks_it },
	{ "64 KiB: protecting one page breaks it and keeps the other 15",
	  protection_of_a_page_breaks_it },
	{ "64 KiB: mapping one page breaks it and keeps the other 15",
	  a_page_mapped_into_it_breaks_it },
	{ "64 KiB: protecting a read-only leaf does not break it", read_only_it_is_not_broken },
	{ "64 KiB: taken whole with GST_WHOLE_LEAVES", whole_leaves_take_it_whole },
	{ "64 KiB: a mask protects it whole", a_mask_takes_it_whole },
	{ "64 KiB: it ages as one leaf, whichever entry is young",
	  it_ages_as_one_whichever_entry_is_young },
	{ "64 KiB: if it is broken while young, a page is young",
	  broken_while_young_a_page_of_it_is },
	{ "64 KiB: a table of them is unlinked without reading it", a_table_of_them_goes_at_once },
	{ "64 KiB: not made inside a huge leaf that maps the same", a_huge_leaf_is_not_made_of_it },
	{ "64 KiB: its entries have no reserved bit", the_entries_have_no_reserved_bit },
};

int main(void)
{
	return W_HAS_NAPOT ? RUN(properties) : RUN(without_svnapot);
}
