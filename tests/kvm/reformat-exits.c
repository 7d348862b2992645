// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change of format has a vCPU out of the guest for the switch and no more: it is
 * interrupted for the fence, and once more where harts forget an old root. Counted, not
 * timed, for vCPUs that have a hart each and never leave by themselves: calls of functions
 * that other harts asked theirs for, which is how KVM kicks vCPUs; and exits, none of which
 * comes without an interrupt.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live.h"
#include "tap.h"
#include "work.h"

#define CHANGES 300
/* Of each vCPU's hart, for a change. */
#define CALLS_MAX 2

/* The VM's vCPUs together; KVM counts every return from the guest. */
static u64 exits(const struct vm *vm)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/exits", vm->tid, vm->fd);
	if (read_text(path, text, sizeof(text)))
		bail("no %s", path);
	return strtoull(text, NULL, 0);
}

/* Of harts from @first on: the calls of functions, or all others. */
static u64 interrupts(unsigned int first, bool calls)
{
	static char text[1 << 16];
	char *line, *next, *at, *end;
	u64 sum = 0;

	if (read_text("/proc/interrupts", text, sizeof(text)))
		bail("no /proc/interrupts");
	strtok_r(text, "\n", &next);
	while ((line = strtok_r(NULL, "\n", &next))) {
		at = strchr(line, ':');
		if (!at || !!strstr(line, "Function call") != calls)
			continue;
		at++;
		for (unsigned int hart = 0;; hart++, at = end) {
			u64 n = strtoull(at, &end, 10);

			if (end == at)
				break;
			if (hart >= first)
				sum += n;
		}
	}
	return sum;
}

/* The last harts are the vCPUs', from the last down. */
static void alone(struct work *work)
{
	unsigned int harts = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	if (harts <= work->vm->vcpus)
		bail("%u harts are too few for %u vCPUs and a hart that is not theirs", harts,
		     work->vm->vcpus);
	for (unsigned int i = 0; i < work->vm->vcpus; i++) {
		CPU_ZERO(&set);
		CPU_SET(harts - 1 - i, &set);
		pthread_setaffinity_np(work->vm->vcpu[i]->thread, sizeof(set), &set);
	}
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static struct {
	u64 exits, calls, others, reformats, faults;
} before, now;

static void count_from_now(struct work *work)
{
	unsigned int first = sysconf(_SC_NPROCESSORS_ONLN) - work->vm->vcpus;

	before.calls = interrupts(first, true);
	before.others = interrupts(first, false);
	before.exits = exits(work->vm);
	before.reformats = vm_stat(work->vm, "reformats");
	before.faults = vm_stat(work->vm, "faults");
}

static void count(struct work *work, const char *what)
{
	unsigned int first = sysconf(_SC_NPROCESSORS_ONLN) - work->vm->vcpus;

	now.reformats = vm_stat(work->vm, "reformats") - before.reformats;
	now.faults = vm_stat(work->vm, "faults") - before.faults;
	now.exits = exits(work->vm) - before.exits;
	now.calls = interrupts(first, true) - before.calls;
	now.others = interrupts(first, false) - before.others;
	diag("%u vCPUs, %s: %u changes, %u exits, %u calls, %u other interrupts, %u faults",
	     work->vm->vcpus, what, (unsigned int)now.reformats, (unsigned int)now.exits,
	     (unsigned int)now.calls, (unsigned int)now.others, (unsigned int)now.faults);
}

static void with_vcpus(unsigned int vcpus)
{
	const struct format *narrow = next_format(NULL), *f;
	struct work *work = work_new(vm_growing(narrow), vcpus);
	bool good = true;

	alone(work);
	work_goes_on(work, 2);

	count_from_now(work);
	for (unsigned int i = 0; i < CHANGES; i++)
		good &= !change_format(work->vm->fd, narrow->mode);
	count(work, "the same format");
	ok(good && !now.reformats && !now.faults && now.calls < CHANGES / 10,
	   "%u vCPUs: the format that it has already: no vCPU leaves the guest for it", vcpus);

	count_from_now(work);
	while (good && vm_stat(work->vm, "reformats") - before.reformats < CHANGES) {
		for_each_format(f)
			good &= !change_format(work->vm->fd, f->mode);
		work_goes_on(work, 1);
	}
	count(work, "another format");
	ok(good && !now.faults && now.exits >= now.reformats * vcpus / 2,
	   "%u vCPUs: another format: they leave the guest", vcpus);
	/* The host has a few calls of its own. */
	ok(now.calls <= (CALLS_MAX * vcpus * 10 + 1) * now.reformats / 10,
	   "%u vCPUs: another format: each is interrupted at most %u times for each change", vcpus,
	   CALLS_MAX);
	ok(now.exits <= now.calls + now.others, "%u vCPUs: another format: none leaves but for that",
	   vcpus);
	ok(work_right(work) && vm_sound(work->vm), "%u vCPUs: no value was wrong", vcpus);
	work_end(work);
}

int main(void)
{
	host_init(110);
	with_vcpus(1);
	with_vcpus(2);
	ok(!tables_live(), "no tables are left");
	return done();
}
