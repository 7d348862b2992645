/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of the hart, where the host is the strict machine: lab/strict/pmu.c. */
#ifndef BENCH_LIB_PERF_H
#define BENCH_LIB_PERF_H

#include "host.h"

/* Raw events. */
enum event {
	GUEST_PTES = 1, /* page-table entries read to translate accesses of guests */
	HFENCES,        /* HFENCE.GVMA and HFENCE.VVMA that the hart has executed */
};

/**
 * count_start() - start counting an event on hart 0, in all privilege modes
 *
 * Return: a descriptor for count_end(); -1 if the host cannot count this event.
 */
int count_start(enum event event);

/** count_end() - stop counting. Return: the number of events */
u64 count_end(int fd);

#endif
