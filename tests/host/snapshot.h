/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A copy of all tables that a walk can reach, and of the engine's counters.
 */
#ifndef TESTS_HOST_SNAPSHOT_H
#define TESTS_HOST_SNAPSHOT_H

#include "world.h"

struct snapshot {
	struct snapshot_page {
		uint64_t pa;
		uint16_t live;
		uint16_t napots;
		unsigned char bytes[4096];
	} *page;
	size_t n;
	size_t max;
	uint64_t tables;
	uint64_t leaves[GST_LEVELS_MAX];
	uint64_t napots;
	uint64_t pages_held;
};

void snapshot_take(struct snapshot *snap, struct world *w);
void snapshot_free(struct snapshot *snap);

/* Fail if anything differs from @snap. */
void snapshot_check(const struct snapshot *snap, struct world *w);

#endif /* TESTS_HOST_SNAPSHOT_H */
