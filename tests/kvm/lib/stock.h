/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The behaviour of the stock module that differs between kernels. It was measured, and the tests
 * that run on the stock module assert it. This is the only place that knows kernel versions.
 */
#ifndef TESTS_KVM_STOCK_H
#define TESTS_KVM_STOCK_H

#include <stdbool.h>

/**
 * struct stock - the stock module of one kernel series
 * @series: the start of the kernel release, with the last dot: "6.12."
 * @huge_leaves: a transparent huge page of the host is mapped by one leaf of 2 MiB
 * @huge_unlogged: with dirty logging, KVM_RUN fails with EEXIST at the first store to a leaf of
 *	2 MiB
 * @initially_set: KVM_DIRTY_LOG_INITIALLY_SET: a dirty bitmap can be all set when logging starts
 * @stale_after_hole: an unmap that starts in the middle of 2 MiB without a table does not unmap
 *	pages after these 2 MiB
 * @late_mprotect: mprotect() notifies KVM only from the first 2 MiB on that have memory
 * @stale_after_leaf: an unmap that starts inside a leaf of 2 MiB does not unmap later leaves
 * @aia_oops: the host's kernel uses a null pointer for a vCPU that is created after the AIA was
 *	initialized
 * @aia_run_oops: the same in KVM_RUN, but no more in the ioctls of the device
 * @pmu_65th: the PMU's SBI call for information accepts the 65th of 64 counters
 * @pmu_unchecked: the other SBI calls of the PMU accept counters that do not exist
 * @pmu_leak: each SBI call that sets another snapshot area leaks 4 KiB of the host's memory
 * @shared_stores: with dirty logging, the first store to a page that is mapped for loads changes
 *	the page even if the host shares it
 * @slot_efaults: KVM_RUN can fail with EFAULT while a slot is deleted and created again
 */
struct stock {
	const char *series;
	bool huge_leaves;
	bool huge_unlogged;
	bool initially_set;
	bool stale_after_hole;
	bool late_mprotect;
	bool stale_after_leaf;
	bool aia_oops;
	bool aia_run_oops;
	bool pmu_65th;
	bool pmu_unchecked;
	bool pmu_leak;
	bool shared_stores;
	bool slot_efaults;
};

/** stock() - the stock module of the running kernel; ends the program if it is unknown */
const struct stock *stock(void);

#endif
