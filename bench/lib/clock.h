/* SPDX-License-Identifier: GPL-2.0-only */
/* The clock of all benches, and the order of its values. */
#ifndef BENCH_LIB_CLOCK_H
#define BENCH_LIB_CLOCK_H

#include "vcpu.h"

/**
 * now_ns() - read the monotonic clock
 *
 * Return: nanoseconds. With --icount that is the number of instructions.
 */
u64 now_ns(void);

/** compare_u64() - compare two u64, for qsort() */
int compare_u64(const void *a, const void *b);

/** median_u64() - sort @count values. Return: the one in the middle */
u64 median_u64(u64 *values, unsigned long count);

#endif
