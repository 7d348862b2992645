/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The counting program includes this before the sources of the engine. It counts each load from
 * the memory for tables, because all such loads are loads of PTEs.
 */
#ifndef BENCH_ENGINE_COUNT_H
#define BENCH_ENGINE_COUNT_H

#include "mem.h"

#define __atomic_load_n(p, order)                                                                  \
	({                                                                                         \
		__typeof__(p) at_ = (p);                                                           \
		mem.reads += (uintptr_t)at_ - (uintptr_t)mem.start < MEM_BYTES;                    \
		__atomic_load_n(at_, order);                                                       \
	})

#endif /* BENCH_ENGINE_COUNT_H */
