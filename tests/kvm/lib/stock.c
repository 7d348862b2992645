// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/utsname.h>

#include "host.h"
#include "stock.h"
#include "tap.h"

static const struct stock known[] = {
	{ .series = "6.6.",
	  .stale_after_hole = true,
	  .late_mprotect = true,
	  .slot_efaults = true,
	  .aia_oops = true,
	  .pmu_65th = true,
	  .pmu_unchecked = true },
	{ .series = "6.12.",
	  .stale_after_hole = true,
	  .slot_efaults = true,
	  .aia_run_oops = true,
	  .pmu_65th = true,
	  .pmu_unchecked = true },
	{ .series = "6.18.",
	  .stale_after_hole = true,
	  .aia_oops = true,
	  .pmu_65th = true,
	  .pmu_unchecked = true,
	  .pmu_leak = true },
	{ .series = "7.0.",
	  .huge_leaves = true,
	  .huge_unlogged = true,
	  .initially_set = true,
	  .stale_after_hole = true,
	  .stale_after_leaf = true,
	  .pmu_unchecked = true,
	  .pmu_leak = true },
	{ .series = "7.1.",
	  .huge_leaves = true,
	  .initially_set = true,
	  .stale_after_hole = true,
	  .stale_after_leaf = true,
	  .pmu_leak = true },
	{ .series = "7.2.",
	  .huge_leaves = true,
	  .initially_set = true,
	  .stale_after_leaf = true,
	  .shared_stores = true,
	  .pmu_leak = true },
	{ .series = "7.3.",
	  .huge_leaves = true,
	  .initially_set = true,
	  .stale_after_leaf = true,
	  .shared_stores = true },
};

const struct stock *stock(void)
{
	struct utsname name;

	uname(&name);
	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++)
		if (!strncmp(name.release, known[i].series, strlen(known[i].series)))
			return &known[i];
	bail("kernel %s is unknown: add it to known[] in tests/kvm/lib/stock.c", name.release);
}
