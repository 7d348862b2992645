/* SPDX-License-Identifier: GPL-2.0-only */
/* The VMs at one moment, and what they did since the moment before. */
#ifndef GSTAGE_CLI_VMS_RATES_H
#define GSTAGE_CLI_VMS_RATES_H

#include "vms/vms.h"

#define RATES	4

/** struct rate - something that is counted, and shown per second */
struct rate {
	const char *key;	/* in JSON, and to sort by */
	const char *heading;
	const char *counters[2];
};

extern const struct rate rates[RATES];

/** struct row - a VM with its rates per second; they want a look before this one */
struct row {
	struct vm_summary info;
	bool has_rates;
	double rate[RATES];
};

/**
 * struct sample - all VMs at one moment
 * @when: seconds, by a clock that never goes back
 * @interval: seconds since the look before; 0 for the first
 */
struct sample {
	struct row *rows;
	size_t count;
	double when, interval;
};

/**
 * sample_take() - look at all VMs
 * @before: the look before, all zero for none
 * @now: filled in; sample_free() it
 *
 * Return: 0, or an exit status after having reported the cause.
 */
int sample_take(const struct sample *before, struct sample *now);
void sample_free(struct sample *sample);

/** struct column - what a table of VMs shows */
struct column {
	const char *key;	/* to sort by */
	const char *heading;
	int width;		/* negative: to the left */
	/* Writes a row's cell, of at least 64 bytes. */
	void (*cell)(const struct row *row, int which, char *buf);
	/* What it is sorted by; NULL: by the cell's text. */
	double (*value)(const struct row *row, int which);
	int which;
};

#define COLUMNS_COUNT	11
extern const struct column columns[COLUMNS_COUNT];

/* Return: the index of the column of that name, in any case, or -1. */
int column_find(const char *name);

/* Numbers fall, names rise; the other way round with @reverse. */
void sample_sort(struct sample *sample, int column, bool reverse);

#endif
