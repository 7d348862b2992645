/* SPDX-License-Identifier: GPL-2.0-only */
/* How long a nested TLB miss takes. */
#ifndef BENCH_MISS_H
#define BENCH_MISS_H

#include "host.h"
#include "paging.h"

/**
 * miss_ns() - the least time per nested TLB miss of a guest
 * @format: of its G-stage; must be one that the module can give
 * @paging: of its own stage
 * @pages: how many 4 KiB pages it loads from after each time that it has emptied the TLB
 *
 * The load itself is in it, and so are, once for all the pages, the fence and the
 * misses of the code and the mailbox.
 */
double miss_ns(const struct format *format, const struct paging *paging, u64 pages);

#endif
