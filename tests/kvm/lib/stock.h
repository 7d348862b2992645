/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the stock module of the running kernel does, where that is not the same on all: measured, and asserted by
 * the tests that run on it. The one place that knows of kernel versions.
 */
#ifndef TESTS_KVM_STOCK_H
#define TESTS_KVM_STOCK_H

#include <stdbool.h>

/**
 * struct stock - the stock module of one kernel series
 * @series: as in the release, with its dot: "6.12."
 * @huge_leaves: a transparent huge page of the host is one leaf of 2 MiB
 * @initially_set: a dirty bitmap can be all set when logging starts
 * @stale_after_hole: an unmap that starts where there is no table, in the middle of 2 MiB, misses pages behind them
 * @stale_after_leaf: an unmap that starts inside a leaf of 2 MiB misses the leaves behind it
 * @aia_oops: a vCPU that was made after the AIA was initialized is a null pointer for the host's kernel
 * @pmu_unchecked: SBI calls of the PMU take counters that there are not
 * @pmu_leak: each SBI call that names another snapshot area loses 4 KiB of the host
 * @shared_stores: a store whose page is logged, and mapped for loads so far, goes to that page, though the host shares it
 * @slot_efaults: KVM_RUN can fail with EFAULT while a slot is deleted and made again
 */
struct stock {
	const char *series;
	bool huge_leaves;
	bool initially_set;
	bool stale_after_hole;
	bool stale_after_leaf;
	bool aia_oops;
	bool pmu_unchecked;
	bool pmu_leak;
	bool shared_stores;
	bool slot_efaults;
};

/** stock() - that of the running kernel; ends the program where nothing is known of it */
const struct stock *stock(void);

#endif
