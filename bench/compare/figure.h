/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions for all measures of the comparison. */
#ifndef BENCH_COMPARE_FIGURE_H
#define BENCH_COMPARE_FIGURE_H

#include "clock.h"

#define SLOT     0
#define SLOT_GPA 0x100000000ULL
#define SZ_1M    (1UL << 20)

/**
 * figure() - print one figure
 * @key: the name of the figure, without its size
 * @size: the size of what was measured, or 0
 * @of: what @size counts: "B" for bytes, or a word such as "vCPUs"
 * @unit: the unit of @value: ms, ns or KiB; "" for a count
 * @value: the cost; less is better
 * @label: a description
 */
void figure(const char *key, u64 size, const char *of, const char *unit, double value,
	    const char *label);

/** ms_since() - milliseconds since @start_ns */
double ms_since(u64 start_ns);

/** kvm_stat() - read a statistic that generic KVM counts for a VM, with either module */
u64 kvm_stat(const struct vm *vm, const char *name);

/** free_pages_settled() - count the host's free pages after all deferred frees are done */
unsigned long free_pages_settled(void);

/**
 * vm_with() - make a VM in the default format, with @mem in its slot and with vCPUs that have run
 */
struct vm *vm_with(void *mem, u64 size, unsigned int vcpus);

/**
 * close_ms() - end a VM, and measure the close of its last file descriptor, which frees all of it
 */
double close_ms(struct vm *vm);

/** touch_host() - write one word in each @stride bytes, as the VMM */
void touch_host(char *mem, u64 size, u64 stride);

/*
 * The measures. @size comes from the command line; 0 means the usual sizes. If a module lacks a
 * feature there is no figure.
 */
void measure_empty(u64 size); /* life.c */
void measure_memory(u64 size);
void measure_touch(u64 size); /* touch.c */
void measure_prefault(u64 size);
void measure_vcpus(u64 size);
void measure_sparse(u64 size); /* unmap.c */
void measure_dense(u64 size);
void measure_logging(u64 size); /* logging.c */
void measure_age(u64 size);     /* age.c */
void measure_switch(u64 size);  /* switch.c */

#endif
