// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change of format interrupts each vCPU twice at most: once for the fence, and once to flush
 * the translations of the old root. The test counts and does not measure time. Each vCPU has a
 * hart of its own and never leaves the guest by itself. KVM kicks a vCPU with a function call
 * interrupt on its hart, so the test counts these interrupts. It also checks that there is no
 * exit without an interrupt.
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
/* The largest number of function call interrupts on each vCPU's hart, for one change. */
#define CALLS_MAX 2

/* The exits of all vCPUs of the VM. KVM counts every return from the guest. */
static u64 exits(const struct vm *vm)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/exits", vm->tid, vm->fd);
	if (read_text(path, text, sizeof(text)))
		bail("no %s", path);
	return strtoull(text, NULL, 0);
}

/* The function call interrupts (@calls), or all other interrupts, on the harts from @first on. */
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

/* Give each vCPU a hart of its own, from the last hart down. The caller stays on hart 0. */
static void alone(struct work *work)
{
	unsigned int harts = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	if (harts <= work->vm->vcpus)
		bail("%u harts are too few: %u vCPUs need one hart each, and the test one more",
		     harts, work->vm->vcpus);
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
	diag("%u vCPUs, %s: %u changes, %u exits, %u function calls, %u other interrupts, %u faults",
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
	   "%u vCPUs: the same format is set again: no vCPU leaves the guest for it", vcpus);

	count_from_now(work);
	while (good && vm_stat(work->vm, "reformats") - before.reformats < CHANGES) {
		for_each_format(f)
			good &= !change_format(work->vm->fd, f->mode);
		work_goes_on(work, 1);
	}
	count(work, "another format");
	ok(good && !now.faults && now.exits >= now.reformats * vcpus / 2,
	   "%u vCPUs: another format: the vCPUs leave the guest for it", vcpus);
	/* The host itself causes a few function calls: allow one for each ten changes. */
	ok(now.calls <= (CALLS_MAX * vcpus * 10 + 1) * now.reformats / 10,
	   "%u vCPUs: another format: each vCPU is interrupted at most %u times for a change",
	   vcpus, CALLS_MAX);
	ok(now.exits <= now.calls + now.others,
	   "%u vCPUs: another format: no vCPU leaves the guest without an interrupt", vcpus);
	ok(work_right(work) && vm_sound(work->vm), "%u vCPUs: no value is wrong", vcpus);
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
