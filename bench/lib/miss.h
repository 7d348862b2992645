/* SPDX-License-Identifier: GPL-2.0-only */
/* How long a nested TLB miss takes. */
#ifndef BENCH_LIB_MISS_H
#define BENCH_LIB_MISS_H

#include "host.h"
#include "paging.h"

/**
 * struct miss - a guest that misses its TLB all the time
 * @vm: it
 * @mem: what it loads from
 * @pages: how many 4 KiB pages that is
 * @few: the least time of a run over all pages, in ns
 * @many: the least of one over all pages several times
 */
struct miss {
	struct vm *vm;
	char *mem;
	u64 pages;
	double few, many;
};

/**
 * miss_start() - make one
 * @miss: to be filled
 * @format: of its G-stage; must be one that the module can give
 * @paging: of its own stage
 * @backing: of its data and its tables; of huge pages the G-stage has 2 MiB leaves
 * @pages: how many 4 KiB pages it loads from after each time that it has emptied the TLB
 */
void miss_start(struct miss *miss, const struct format *format, const struct paging *paging,
		enum backing backing, u64 pages);

/** miss_try() - let it run. Whatever else runs on this machine can only add to the time: try often */
void miss_try(struct miss *miss);

/**
 * miss_end() - end it
 *
 * Return: the least time per miss in ns. The load itself is in it, and so are, once for
 * all the pages, the fence and the misses of the code and the mailbox; the exit that
 * ends a run is not.
 */
double miss_end(struct miss *miss);

#endif
