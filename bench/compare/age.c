// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host ages a guest's memory. DAMON clears accessed bits through KVM, and looks at them again
 * later. For a huge page of the host it asks KVM to age all 2 MiB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "age.h"
#include "figure.h"
#include "tap.h"

#define KDAMOND    "/sys/kernel/mm/damon/admin/kdamonds/0/pid"
#define SECONDS    2
#define USUAL_SIZE (64 * SZ_1M)

/* The time for which DAMON's thread has run. */
static u64 monitor_ns(void)
{
	char path[64], text[64];

	if (read_text(KDAMOND, text, sizeof(text)))
		bail(KDAMOND " cannot be read");
	snprintf(path, sizeof(path), "/proc/%d/schedstat", atoi(text));
	if (read_text(path, text, sizeof(text)))
		bail("%s cannot be read", path);
	return strtoull(text, NULL, 10);
}

static void aged(const char *key, enum backing backing, u64 size)
{
	void *mem = mem_map(size, backing);
	struct vm *vm = vm_with(mem, size, 1);
	char label[128];
	u64 ns, calls;

	guest_fill(vm->vcpu[0], SLOT_GPA, SZ_4K, size / SZ_4K, 1);
	age_start(&mem, &size, 1);
	sleep(SECONDS);
	ns = monitor_ns();
	calls = age_stop();
	if (calls < 100)
		bail("DAMON aged %llu pages in %d s", (unsigned long long)calls, SECONDS);
	snprintf(label, sizeof(label),
		 "DAMON ages %s of the guest: its own work and KVM's, for each of them",
		 backing == HUGE ? "huge pages" : "4 KiB pages");
	figure(key, 0, "", "ns", (double)ns / calls, label);
	vm_free(vm);
	mem_unmap(mem, size);
}

void measure_age(u64 size)
{
	aged("age-small", SMALL, size ?: USUAL_SIZE);
	aged("age-thp", HUGE, size ?: USUAL_SIZE);
}
