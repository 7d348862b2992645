/* SPDX-License-Identifier: GPL-2.0-only */
/* Measure how long a nested TLB miss takes. */
#ifndef BENCH_LIB_MISS_H
#define BENCH_LIB_MISS_H

#include "host.h"
#include "paging.h"

/**
 * struct miss - a guest that misses its TLB all the time
 * @vm: the VM
 * @mem: the memory that it loads from
 * @pages: the number of 4 KiB pages in @mem
 * @few: the least time of a run that loads from all pages once, in ns
 * @many: the least time of a run that loads from all pages several times, in ns
 */
struct miss {
	struct vm *vm;
	char *mem;
	u64 pages;
	double few, many;
};

/**
 * miss_start() - make such a guest
 * @miss: filled by this function
 * @format: the format of the G-stage, one that the module can give
 * @paging: the paging mode of the guest
 * @backing: host memory for the guest's data and tables; huge pages make 2 MiB leaves
 * @pages: the number of 4 KiB pages to load from after each flush of the TLB
 */
void miss_start(struct miss *miss, const struct format *format, const struct paging *paging,
		enum backing backing, u64 pages);

/**
 * miss_try() - run the guest once. Other work on this machine can only add time, so call this
 * often.
 */
void miss_try(struct miss *miss);

/**
 * miss_end() - end the guest
 *
 * Return: the least time for a miss, in ns. It includes the load. It also includes the fence and
 * the misses of the code and the mailbox, which come once for all pages. It does not
 * include the exit that ends a run.
 */
double miss_end(struct miss *miss);

/**
 * miss_reads() - count the PTE reads of a miss in place of its time
 *
 * Return: the number, with those of the code and the mailbox; -1 if the host cannot count them.
 */
double miss_reads(struct miss *miss);

#endif
