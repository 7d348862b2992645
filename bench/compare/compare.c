// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measure what the G-stage of the loaded KVM module costs.
 *
 *	compare [MEASURE[=SIZE]...]	if none is named: all of them, in their usual sizes
 *
 * It prints one line for each figure: key, size, what the size counts, unit, value and label,
 * separated by tabs. Each figure is a cost: less is better. host.sh runs this program with each of
 * the two modules.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figure.h"
#include "miss.h"
#include "tap.h"

#define MISS_TRIES 200
#define MISS_PAGES 1024

/*
 * The G-stage translates the address of each PTE of the guest, and the address that the guest
 * wants.
 */
static unsigned int nested_reads(unsigned int guest_levels, const struct format *f)
{
	return (guest_levels + 1) * (f->levels + 1) - 1;
}

static void measure_reads(u64 unused)
{
	(void)unused;
	for (unsigned int p = 0; p < ARRAY_SIZE(pagings); p++) {
		char key[32], label[128];

		if (!paging_exists(&pagings[p]))
			continue;
		snprintf(key, sizeof(key), "reads-%s", pagings[p].name);
		snprintf(label, sizeof(label),
			 "nested TLB miss, guest with %s, narrowest format: "
			 "PTE reads (arithmetic)",
			 pagings[p].name);
		figure(key, 0, "", "", nested_reads(pagings[p].levels, next_format(NULL)), label);
	}
}

/* One figure: the time of a miss, or its PTE reads where the host can count them. */
static void miss_figure(struct miss *miss, const char *guest, enum backing backing,
			const char *format)
{
	double reads = miss_reads(miss), ns = miss_end(miss);
	char key[48], label[128];

	snprintf(key, sizeof(key), "miss-%s%s-%s-%s", reads < 0 ? "" : "reads-", guest,
		 backing == HUGE ? "thp" : "small", format);
	snprintf(label, sizeof(label),
		 "nested TLB miss, guest with %s, %s of the host, %s format%s", guest,
		 backing == HUGE ? "huge pages" : "4 KiB pages", format,
		 reads < 0 ? "" : ": PTE reads");
	figure(key, 0, "", reads < 0 ? "ns" : "each", reads < 0 ? ns : reads, label);
}

/* Measure the default format and the narrowest one that the module has, by turns. */
static void miss(const struct paging *paging, enum backing backing, u64 pages)
{
	struct miss widest, narrowest;

	miss_start(&widest, host.widest, paging, backing, pages);
	miss_start(&narrowest, next_format(NULL), paging, backing, pages);
	/* Reads are the same in each run. Times are not. */
	for (unsigned int i = 0; miss_reads(&widest) < 0 && i < MISS_TRIES; i++) {
		miss_try(&widest);
		miss_try(&narrowest);
	}
	miss_figure(&widest, paging->name, backing, "default");
	miss_figure(&narrowest, paging->name, backing, "narrowest");
}

static void measure_miss(u64 pages)
{
	for (unsigned int p = 0; p < ARRAY_SIZE(pagings); p++) {
		if (!paging_exists(&pagings[p]))
			continue;
		miss(&pagings[p], SMALL, pages ?: MISS_PAGES);
		miss(&pagings[p], HUGE, pages ?: MISS_PAGES);
	}
}

static const struct measure {
	const char *name;
	void (*run)(u64 size);
} measures[] = {
	{ "empty", measure_empty },       { "touch", measure_touch },
	{ "prefault", measure_prefault }, { "vcpus", measure_vcpus },
	{ "sparse", measure_sparse },     { "dense", measure_dense },
	{ "memory", measure_memory },     { "logging", measure_logging },
	{ "age", measure_age },           { "reads", measure_reads },
	{ "miss", measure_miss },         { "switch", measure_switch },
};

/* Parse a number with an optional M or G. */
static u64 parse_size(const char *text)
{
	char *end;
	u64 size = strtoull(text, &end, 10);

	switch (*end) {
	case 'M':
		return size << 20;
	case 'G':
		return size << 30;
	case 0:
		return size;
	}
	bail("%s is not a size", text);
}

static void run_named(const char *arg)
{
	size_t len = strcspn(arg, "=");

	for (unsigned int i = 0; i < ARRAY_SIZE(measures); i++) {
		const struct measure *m = &measures[i];

		if (strlen(m->name) != len || strncmp(m->name, arg, len))
			continue;
		m->run(arg[len] ? parse_size(arg + len + 1) : 0);
		return;
	}
	bail("there is no measure %s", arg);
}

int main(int argc, char **argv)
{
	host_init(3000);
	for (int i = 1; i < argc; i++)
		run_named(argv[i]);
	for (unsigned int i = 0; argc == 1 && i < ARRAY_SIZE(measures); i++)
		measures[i].run(0);
	return 0;
}
