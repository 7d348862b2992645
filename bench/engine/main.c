// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The measures of the engine. This runs under callgrind, and tells it what to count.
 *
 *	gst|stock LEVELS MOST_PAGES MOST_PAGES_OF_A_SLOW_ONE
 *
 * Callgrind writes two parts for each measure. Their trigger has the name of the measure and
 * a word: "op" for the operation, "loop" for the empty loop around it. The program also
 * prints a line for each measure: the name, calls, tables before, tables after, tables
 * entered, PTEs read and fences, separated by tabs. Only the counting programs count tables
 * entered and PTEs read; their instructions are not counted.
 */
#include <stdio.h>
#include <stdlib.h>

#include <valgrind/callgrind.h>

#include "impl.h"
#include "mem.h"

static unsigned int levels;

/**
 * struct load - some pages of a guest
 * @name: "dense": pages side by side, or "sparse": one page in each 2 MiB
 * @pages: the number of pages
 * @sparse: whether the load is sparse
 */
struct load {
	const char *name;
	uint64_t pages;
	bool sparse;
};

void bench_failed(const char *what, uint64_t gpa)
{
	fprintf(stderr, "bench/engine: %s failed at 0x%llx\n", what, (unsigned long long)gpa);
	exit(2);
}

static uint64_t page_gpa(const struct load *load, uint64_t i)
{
	/* Use a different entry in each table: 37 and 512 have no common factor. */
	return load->sparse ? i * HUGE_BYTES + i * 37 % 512 * PAGE_BYTES : i * PAGE_BYTES;
}

/* The size of the range in pages, to the end of the last 2 MiB. */
static uint64_t range_pages(const struct load *load)
{
	return load->sparse ? load->pages * 512 : load->pages;
}

/* Call @fn with @arg, once for each @step pages of the load. */
static void __attribute__((noinline)) each(const struct load *load, uint64_t step, bench_fn fn,
					   uint64_t arg)
{
	for (uint64_t i = 0; i < load->pages; i += step)
		fn(page_gpa(load, i), arg);
}

static void __attribute__((noinline)) nothing(uint64_t gpa, uint64_t arg)
{
	__asm__ volatile("" : : "r"(gpa), "r"(arg));
}

static void collect(const char *name, const char *word, const struct load *load, uint64_t step,
		    bench_fn fn, uint64_t arg)
{
	char label[96];

	snprintf(label, sizeof(label), "%s %s %llu %s", name, load->name,
		 (unsigned long long)load->pages, word);
	CALLGRIND_START_INSTRUMENTATION;
	CALLGRIND_ZERO_STATS;
	each(load, step, fn, arg);
	CALLGRIND_DUMP_STATS_AT(label);
	CALLGRIND_STOP_INSTRUMENTATION;
}

/*
 * Measure @fn, called with @arg once for each @step pages. Then the pages must be in state @want.
 */
static void measure(const char *name, const struct load *load, uint64_t step, bench_fn fn,
		    uint64_t arg, unsigned int want)
{
	const uint64_t look[] = { 0, load->pages / 3, load->pages - 2 };
	unsigned long before = bench_impl.tables();

	collect(name, "loop", load, step, nothing, arg);
	mem.fences = 0;
	mem.entered = 0;
	mem.reads = 0;
	collect(name, "op", load, step, fn, arg);
	printf("%s %s %llu\t%llu\t%lu\t%lu\t%llu\t%llu\t%llu\n", name, load->name,
	       (unsigned long long)load->pages,
	       (unsigned long long)((load->pages + step - 1) / step), before, bench_impl.tables(),
	       (unsigned long long)mem.entered, (unsigned long long)mem.reads,
	       (unsigned long long)mem.fences);
	fflush(stdout);

	for (unsigned int i = 0; i < sizeof(look) / sizeof(look[0]); i++)
		if (bench_impl.state(page_gpa(load, look[i])) != want)
			bench_failed(name, page_gpa(load, look[i]));
}

/* Make all pages mapped, writable and young again. */
static void refresh(const struct load *load)
{
	if (load->sparse || !bench_impl.map_range)
		each(load, 1, bench_impl.map_page, 1);
	else
		bench_impl.map_range(0, load->pages);
}

static void open_empty(void)
{
	mem_reset();
	bench_impl.open(levels);
}

/* Operations that neither add nor remove tables. */
static void in_place(const struct load *load, bool slow)
{
	const unsigned int all = MAPPED | WRITABLE | YOUNG;
	uint64_t pages = load->pages, range = range_pages(load);

	measure("lookup", load, 1, bench_impl.lookup, 0, all);
	if (bench_impl.young_range) {
		measure("age", load, pages, bench_impl.young_range, range, MAPPED | WRITABLE);
		refresh(load);
	}
	measure("age-each", load, 1, bench_impl.young_page, 1, MAPPED | WRITABLE);
	refresh(load);
	if (slow) {
		measure("protect", load, pages, bench_impl.wrprotect, range, MAPPED | YOUNG);
		refresh(load);
	}
	if (load->sparse)
		measure("protect-mask", load, 1, bench_impl.wrprotect_mask, 1, MAPPED | YOUNG);
	else
		measure("protect-mask", load, 64, bench_impl.wrprotect_mask, ~UINT64_C(0),
			MAPPED | YOUNG);
	refresh(load);
	if (load->sparse && bench_impl.collapse)
		measure("collapse", load, pages, bench_impl.collapse, range, all);
}

static void sparse(uint64_t pages, bool slow)
{
	const struct load load = { "sparse", pages, true };

	open_empty();
	measure("map-each", &load, 1, bench_impl.map_page, 1, MAPPED | WRITABLE | YOUNG);
	in_place(&load, slow);
	if (slow)
		measure("unmap", &load, pages, bench_impl.unmap, range_pages(&load), 0);
	bench_impl.close();
}

static void dense(uint64_t pages)
{
	const struct load load = { "dense", pages, false };
	const unsigned int all = MAPPED | WRITABLE | YOUNG;

	if (bench_impl.map_range) {
		open_empty();
		measure("map", &load, pages, bench_impl.map_range, pages, all);
		bench_impl.close();
	}

	open_empty();
	measure("map-each", &load, 1, bench_impl.map_page, 1, all);
	in_place(&load, true);
	measure("unmap", &load, pages, bench_impl.unmap, pages, 0);
	bench_impl.close();

	/* The last page of each 2 MiB stays mapped, so that no table is freed as a whole. */
	open_empty();
	refresh(&load);
	measure("unmap-most", &load, 512, bench_impl.unmap, 511, 0);
	bench_impl.close();

	if (bench_impl.fill) {
		open_empty();
		each(&load, 512, bench_impl.map_page, 1);
		measure("fill", &load, FILL_PAGES, bench_impl.fill, FILL_PAGES, all);
		bench_impl.close();
	}

	if (bench_impl.split && bench_impl.collapse) {
		open_empty();
		bench_impl.map_huge(0, pages);
		measure("split", &load, pages, bench_impl.split, pages, all);
		measure("collapse", &load, pages, bench_impl.collapse, pages, all | HUGE_LEAF);
		bench_impl.close();
	}
}

int main(int argc, char **argv)
{
	static const uint64_t sizes[] = { 1 << 10, 64 << 10, 1 << 20 };
	uint64_t most, most_slow;

	if (argc != 4)
		bench_failed("usage", 0);
	levels = atoi(argv[1]);
	most = strtoull(argv[2], NULL, 0);
	most_slow = strtoull(argv[3], NULL, 0);

	mem_init();
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && sizes[i] <= most; i++) {
		dense(sizes[i]);
		sparse(sizes[i], sizes[i] <= most_slow);
	}
	return 0;
}
