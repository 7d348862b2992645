// SPDX-License-Identifier: GPL-2.0-only
/* What it costs to make and end VMs, and how much memory they take and lose. */
#include <sys/mman.h>

#include "figure.h"
#include "tap.h"

/*
 * A VM in which nothing happens. The figure is the median, because some runs wait for an RCU grace
 * period of the host.
 */
void measure_empty(u64 times)
{
	u64 ns[256];

	times = times ?: 51;
	if (times > ARRAY_SIZE(ns))
		bail("empty takes 1 to %zu times", ARRAY_SIZE(ns));
	for (u64 i = 0; i < times; i++) {
		u64 start = now_ns();
		struct vm *vm = vm_new(NULL);

		vcpu_new(vm);
		vm_free(vm);
		ns[i] = now_ns() - start;
	}
	figure("empty", 0, "", "ms", median_u64(ns, times) / 1e6,
	       "a VM with one vCPU that never runs: create and close");
}

#define LIFE_SIZE (128 * SZ_1M)

/*
 * The host has the guest's pages already, so the guest's first touch takes host memory for tables
 * alone. Count the free pages of the host, because the stock module does not count its tables.
 */
static void tables(u64 size)
{
	char *mem = mem_map(size, SMALL);
	struct vm *vm = vm_with(mem, size, 1);
	unsigned long before;

	touch_host(mem, size, SZ_2M);
	before = free_pages_settled();
	guest_fill(vm->vcpu[0], SLOT_GPA, SZ_2M, size / SZ_2M, 1);
	figure("tables-kib", size, "B", "KiB", ((double)before - free_pages_settled()) * 4,
	       "one page in each 2 MiB touched: the host's memory for tables while it runs");
	vm_free(vm);
	mem_unmap(mem, size);
}

static void lives(u64 count)
{
	unsigned long before = free_pages_settled();

	for (u64 i = 0; i < count; i++) {
		char *mem = mem_map(LIFE_SIZE, SMALL);
		struct vm *vm = vm_with(mem, LIFE_SIZE, 1);

		guest_fill(vm->vcpu[0], SLOT_GPA, SZ_2M, LIFE_SIZE / SZ_2M, 1);
		vm_free(vm);
		mem_unmap(mem, LIFE_SIZE);
	}
	figure("lost", count, "VMs", "KiB", ((double)before - free_pages_settled()) * 4,
	       "64 pages in 128 MiB touched: host memory lost when the VMs have ended");
	if (host.gstage)
		figure("live", count, "VMs", "", tables_live(),
		       "64 pages in 128 MiB touched: table pages that gstage counts when the VMs have ended");
}

void measure_memory(u64 size)
{
	if (size) {
		tables(size);
		return;
	}
	/* The first VM also fills caches of the host. */
	tables(SZ_1G);
	tables(4 * SZ_1G);
	tables(16 * SZ_1G);
	lives(1);
	lives(10);
	lives(100);
}
