/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples of all VMs, and how fast their counters rise between two samples. */
#ifndef GSTAGE_CLI_VMS_RATES_H
#define GSTAGE_CLI_VMS_RATES_H

#include "vms/vms.h"

#define RATES 4

/** struct rate - a counter, or the sum of two, shown per second */
struct rate {
	const char *key; /* the name in JSON and for --sort */
	const char *heading;
	const char *counters[2];
};

extern const struct rate rates[RATES];

/** struct row - a VM and its rates. There are no rates in the first sample of a VM. */
struct row {
	struct vm_summary info;
	bool has_rates;
	double rate[RATES];
};

/**
 * struct sample - all VMs at one time
 * @when: the time in seconds, of CLOCK_MONOTONIC
 * @interval: seconds since the previous sample; 0 for the first
 */
struct sample {
	struct row *rows;
	size_t count;
	double when, interval;
};

/**
 * sample_take() - read the counters of all VMs
 * @before: the previous sample; all zero if there is none
 * @now: the new sample; the caller must sample_free() it
 *
 * Return: 0, or the exit status after an error was reported.
 */
int sample_take(const struct sample *before, struct sample *now);
void sample_free(struct sample *sample);

/** struct column - a column of the table of VMs */
struct column {
	const char *key; /* the name for --sort */
	const char *heading;
	int width; /* negative: left-aligned */
	/* Write the cell of @row to @buf. @buf has at least 64 bytes. */
	void (*cell)(const struct row *row, int which, char *buf);
	/* The value to sort by. NULL: sort by the text of the cell. */
	double (*value)(const struct row *row, int which);
	int which;
};

#define COLUMNS_COUNT 11
extern const struct column columns[COLUMNS_COUNT];

/* The case of @name does not matter. Return: the index of the column, or -1. */
int column_find(const char *name);

/* Sort numbers in descending and names in ascending order; @reverse turns both round. */
void sample_sort(struct sample *sample, int column, bool reverse);

#endif
