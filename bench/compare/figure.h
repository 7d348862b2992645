/* SPDX-License-Identifier: GPL-2.0-only */
/* What the measures have in common. */
#ifndef BENCH_COMPARE_FIGURE_H
#define BENCH_COMPARE_FIGURE_H

#include "vcpu.h"

#define SLOT	 0
#define SLOT_GPA 0x100000000ULL
#define SZ_1M	 (1UL << 20)

/**
 * figure() - print one
 * @key: what it is, without its size
 * @size: of what; 0: it has none
 * @of: what @size counts: "B" for bytes, else in words, "vCPUs"
 * @unit: of @value: ms, ns, KiB; "" for a count
 * @value: a cost: less is better
 * @label: in words
 */
void figure(const char *key, u64 size, const char *of, const char *unit, double value,
	    const char *label);

/** now_ns() - monotonic nanoseconds, or instructions with --icount */
u64 now_ns(void);

/** ms_since() - milliseconds */
double ms_since(u64 start_ns);

/** kvm_stat() - a number that KVM itself counts for a VM, with either module */
u64 kvm_stat(const struct vm *vm, const char *name);

/** free_pages_settled() - the host's free memory, after what only waits to be freed has been */
unsigned long free_pages_settled(void);

/** vm_with() - a VM of the module's default format with vCPUs that have run, and @mem in its slot */
struct vm *vm_with(void *mem, u64 size, unsigned int vcpus);

/** close_ms() - end a VM: how long its last reference takes to go, and all of it is in that */
double close_ms(struct vm *vm);

/** touch_host() - let the VMM write one word in each @stride bytes */
void touch_host(char *mem, u64 size, u64 stride);

/*
 * The measures. @size is that of the command line, 0 for the usual sizes. What a module does not have gets no figure.
 */
void measure_empty(u64 size);	/* life.c */
void measure_memory(u64 size);
void measure_touch(u64 size);	/* touch.c */
void measure_prefault(u64 size);
void measure_vcpus(u64 size);
void measure_sparse(u64 size);	/* unmap.c */
void measure_dense(u64 size);
void measure_logging(u64 size); /* logging.c */
void measure_age(u64 size);	/* age.c */

#endif
