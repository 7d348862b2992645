// SPDX-License-Identifier: GPL-2.0-only
/* How fast counters rise between two samples, and the columns of gstage top. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cli.h"
#include "output/output.h"
#include "vms/rates.h"

const struct rate rates[RATES] = {
	{ "faults", "FAULT/s", { "faults", "prefaults" } },
	{ "retries", "RETRY/s", { "retries", NULL } },
	{ "flushes", "FLUSH/s", { "flushes_all", "flushes_range" } },
	{ "unmaps", "UNMAP/s", { "unmaps", NULL } },
};

static uint64_t count(const struct stats *stats, const struct rate *rate)
{
	return stats_number(stats, rate->counters[0]) +
	       (rate->counters[1] ? stats_number(stats, rate->counters[1]) : 0);
}

static const struct row *find(const struct sample *sample, const struct vm *vm)
{
	size_t i;

	for (i = 0; i < sample->count; i++)
		if (sample->rows[i].info.vm.pid == vm->pid && sample->rows[i].info.vm.fd == vm->fd)
			return &sample->rows[i];
	return NULL;
}

static void set_rates(const struct sample *before, struct row *row, double interval)
{
	const struct row *old = find(before, &row->info.vm);
	size_t i;

	row->has_rates = old && interval > 0;
	for (i = 0; row->has_rates && i < RATES; i++) {
		uint64_t from = count(&old->info.stats, &rates[i]);
		uint64_t to = count(&row->info.stats, &rates[i]);

		/* A lower count: the name belongs to a new VM by now. */
		row->rate[i] = to >= from ? (to - from) / interval : 0;
	}
}

int sample_take(const struct sample *before, struct sample *now)
{
	struct vm_summary *infos;
	struct timespec ts;
	size_t i;
	int ret;

	memset(now, 0, sizeof(*now));
	ret = vm_summaries(&infos, &now->count);
	if (ret)
		return ret;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	now->when = ts.tv_sec + ts.tv_nsec / 1e9;
	now->interval = before->when > 0 ? now->when - before->when : 0;
	now->rows = calloc(now->count ? now->count : 1, sizeof(*now->rows));
	if (!now->rows) {
		free(infos);
		return fail_no_memory();
	}
	for (i = 0; i < now->count; i++) {
		now->rows[i].info = infos[i];
		set_rates(before, &now->rows[i], now->interval);
	}
	free(infos);
	return 0;
}

void sample_free(struct sample *sample)
{
	free(sample->rows);
	memset(sample, 0, sizeof(*sample));
}

static void cell_vm(const struct row *row, int which, char *buf)
{
	(void)which;
	snprintf(buf, 64, "%d-%d", row->info.vm.pid, row->info.vm.fd);
}

static double value_vm(const struct row *row, int which)
{
	(void)which;
	return -(row->info.vm.pid * 65536.0 + row->info.vm.fd);
}

static void cell_name(const struct row *row, int which, char *buf)
{
	snprintf(buf, 64, "%s", which ? row->info.vm.mode : vm_name(&row->info.vm));
}

static void cell_vcpus(const struct row *row, int which, char *buf)
{
	(void)which;
	snprintf(buf, 64, "%u", row->info.vcpus);
}

static double value_vcpus(const struct row *row, int which)
{
	(void)which;
	return row->info.vcpus;
}

/* @which: 0 is the number of tables, 1 their size in bytes, 2 the bytes that they map */
static double value_size(const struct row *row, int which)
{
	return which == 2 ? stats_mapped(&row->info.stats) :
			    stats_number(&row->info.stats, which ? "table_bytes" : "tables");
}

static void cell_size(const struct row *row, int which, char *buf)
{
	if (which)
		size_text(value_size(row, which), buf);
	else
		snprintf(buf, 64, "%.0f", value_size(row, which));
}

static double value_rate(const struct row *row, int which)
{
	return row->has_rates ? row->rate[which] : -1;
}

static void cell_rate(const struct row *row, int which, char *buf)
{
	double rate = row->rate[which];

	if (!row->has_rates)
		strcpy(buf, "-");
	else
		snprintf(buf, 64, "%.*f", rate > 0 && rate < 9.95 ? 1 : 0, rate);
}

const struct column columns[COLUMNS_COUNT] = {
	{ "vm", "VM", -12, cell_vm, value_vm, 0 },
	{ "name", "NAME", -19, cell_name, NULL, 0 },
	{ "mode", "MODE", -7, cell_name, NULL, 1 },
	{ "vcpus", "VCPUS", 5, cell_vcpus, value_vcpus, 0 },
	{ "tables", "TABLES", 7, cell_size, value_size, 0 },
	{ "bytes", "BYTES", 6, cell_size, value_size, 1 },
	{ "mapped", "MAPPED", 6, cell_size, value_size, 2 },
	{ "faults", "FAULT/s", 8, cell_rate, value_rate, 0 },
	{ "retries", "RETRY/s", 8, cell_rate, value_rate, 1 },
	{ "flushes", "FLUSH/s", 8, cell_rate, value_rate, 2 },
	{ "unmaps", "UNMAP/s", 8, cell_rate, value_rate, 3 },
};

int column_find(const char *name)
{
	int i;

	for (i = 0; i < COLUMNS_COUNT; i++)
		if (!strcasecmp(name, columns[i].key) || !strcasecmp(name, columns[i].heading))
			return i;
	return -1;
}

/* The comparison function of qsort() has no argument for these. */
static int sort_column;
static bool sort_reverse;

static int compare(const void *a, const void *b)
{
	const struct column *c = &columns[sort_column];
	char x[64], y[64];
	double diff;
	int order;

	if (c->value) {
		diff = c->value(b, c->which) - c->value(a, c->which);
		order = (diff > 0) - (diff < 0);
	} else {
		c->cell(a, c->which, x);
		c->cell(b, c->which, y);
		order = strcmp(x, y);
	}
	if (!order)
		return value_vm(b, 0) < value_vm(a, 0) ? -1 : 1;
	return sort_reverse ? -order : order;
}

void sample_sort(struct sample *sample, int column, bool reverse)
{
	sort_column = column;
	sort_reverse = reverse;
	if (sample->count)
		qsort(sample->rows, sample->count, sizeof(*sample->rows), compare);
}
