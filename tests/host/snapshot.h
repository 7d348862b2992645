/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * All that a walk can see, byte for byte, and what the engine counts.
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
	} * page;
	size_t n;
	size_t max;
	uint64_t tables;
	uint64_t leaves[GST_LEVELS_MAX];
	uint64_t napots;
	uint64_t pages_held;
};

void snapshot_take(struct snapshot *snap, struct world *w);
void snapshot_free(struct snapshot *snap);

/* The test fails where anything differs from @snap now. */
void snapshot_check(const struct snapshot *snap, struct world *w);

#endif /* TESTS_HOST_SNAPSHOT_H */
