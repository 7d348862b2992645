// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "work.h"

/*
 * A vCPU has stalled if it makes no pass while the waiting thread wakes up this many times. This
 * takes half a minute on a quiet machine. A busy machine slows down both threads, so the test
 * counts and does not use a clock.
 */
#define STALL_LOOKS 50000

/**
 * struct place - the slot of a part, and the places in it that the guests use
 * @gpa: the gpa of the slot
 * @size: the size of the slot
 * @stride: the distance from one place to the next
 * @backing: small or huge pages
 */
struct place {
	u64 gpa, size, stride;
	enum backing backing;
};

static const struct place places[PARTS] = {
	[DENSE] = { 1 * SZ_1G, 32 * SZ_4K, SZ_4K, SMALL },
	[SPARSE] = { 2 * SZ_1G, 16 * SZ_2M, SZ_2M, SMALL },
	[THP] = { 3 * SZ_1G, 2 * SZ_2M, SZ_2M / 4, HUGE },
	[TOP] = { 2048 * SZ_1G - 4 * SZ_4K, 4 * SZ_4K, SZ_4K, SMALL },
	[LOGGED] = { 512 * SZ_1G, LOGGED_PAGES *SZ_4K, SZ_4K, SMALL },
	/* FICKLE has a page of an Sv39x4 root for itself: a drop of FICKLE empties this page. */
	[FICKLE] = { 1024 * SZ_1G, 2 * SZ_2M, SZ_2M / 4, SMALL },
};

u64 part_gpa(enum part part)
{
	return places[part].gpa;
}

u64 part_size(enum part part)
{
	return places[part].size;
}

static u64 list_part(struct vcpu *vcpu, u64 at, enum part part)
{
	u64 n = places[part].size / places[part].stride;

	for (u64 i = 0; i < n; i++)
		vcpu->list[at + i] = places[part].gpa + i * places[part].stride;
	return n;
}

static void start(struct work *work, unsigned int i)
{
	struct vcpu *vcpu = vcpu_new(work->vm);
	struct soak *s = (void *)((char *)vcpu->box + BOX_SOAK);

	work->soak[i] = s;
	for (enum part part = DENSE; part <= TOP; part++)
		s->steady += list_part(vcpu, s->steady, part);
	s->fickle = list_part(vcpu, s->steady, FICKLE);
	s->logged = list_part(vcpu, s->steady + s->fickle, LOGGED);
	s->word = i;
	vcpu_start(vcpu);
	vcpu_post(vcpu, OP_SOAK);
}

struct work *work_new(struct vm *vm, unsigned int vcpus)
{
	struct work *work = calloc(1, sizeof(*work));

	if (!work)
		bail("no memory");
	work->vm = vm;
	for (enum part part = 0; part < PARTS; part++) {
		work->mem[part] = mem_map(places[part].size, places[part].backing);
		/*
		 * Populate all places. Otherwise the guest's first load maps the zero page, and the
		 * store after it replaces that page, which all other faults wait for.
		 */
		for (u64 at = 0; at < places[part].size; at += places[part].stride)
			*(volatile u64 *)(work->mem[part] + at) = 0;
		vm_slot(vm, part, part == LOGGED ? KVM_MEM_LOG_DIRTY_PAGES : 0, places[part].gpa,
			places[part].size, work->mem[part]);
	}
	for (unsigned int i = 0; i < vcpus; i++)
		start(work, i);
	work_goes_on(work, 1);
	return work;
}

/* Print the state of all threads and the passes of all vCPUs, twice, to help to find the cause. */
static void tell_of_stall(const struct work *work)
{
	char path[300], text[2048], *line, *next;
	struct dirent *entry;
	DIR *tasks;

	for (unsigned int turn = 0; turn < 2; turn++, sleep(2)) {
		diag("faults %llu, retries %llu", (unsigned long long)vm_stat(work->vm, "faults"),
		     (unsigned long long)vm_stat(work->vm, "retries"));
		for (unsigned int i = 0; i < work->vm->vcpus; i++)
			diag("vCPU %u: %llu passes", i,
			     (unsigned long long)work->vm->vcpu[i]->box->passes);
		tasks = opendir("/proc/self/task");
		while (tasks && (entry = readdir(tasks))) {
			if (entry->d_name[0] == '.')
				continue;
			snprintf(path, sizeof(path), "/proc/self/task/%s/stat", entry->d_name);
			if (!read_text(path, text, sizeof(text)))
				diag("%s", text);
			snprintf(path, sizeof(path), "/proc/self/task/%s/stack", entry->d_name);
			if (read_text(path, text, sizeof(text)))
				continue;
			for (line = strtok_r(text, "\n", &next); line;
			     line = strtok_r(NULL, "\n", &next))
				diag("%s", line);
		}
		if (tasks)
			closedir(tasks);
	}
}

/* Wait until each counter has grown by @n. Sleep in between: the guests need the harts. */
static void wait_passes(struct work *work, volatile u64 *passes[], u64 n)
{
	u64 from[VCPUS_MAX], start = now_ms();
	unsigned int looks = 0;

	for (unsigned int i = 0; i < work->vm->vcpus; i++)
		from[i] = *passes[i];
	for (unsigned int i = 0; i < work->vm->vcpus; i++) {
		for (; *passes[i] < from[i] + n && looks < STALL_LOOKS; looks++)
			usleep(500);
		if (*passes[i] >= from[i] + n)
			continue;
		tell_of_stall(work);
		bail("vCPU %u of %u stalls: %llu passes in %u waits and %llu ms", i,
		     work->vm->vcpus, (unsigned long long)(*passes[i] - from[i]), looks,
		     (unsigned long long)(now_ms() - start));
	}
}

void work_goes_on(struct work *work, unsigned int passes)
{
	volatile u64 *all[VCPUS_MAX];

	for (unsigned int i = 0; i < work->vm->vcpus; i++)
		all[i] = &work->vm->vcpu[i]->box->passes;
	wait_passes(work, all, passes);
}

void work_high(struct work *work, u64 gpa)
{
	volatile u64 *up[VCPUS_MAX];

	for (unsigned int i = 0; i < work->vm->vcpus; i++) {
		struct soak *s = work->soak[i];
		volatile u64 *list = work->vm->vcpu[i]->list + s->steady + s->fickle + s->logged;

		for (unsigned int page = 0; page < HIGH_PAGES; page++)
			list[page] = gpa + page * SZ_4K;
		s->high = HIGH_PAGES;
		atomic_thread_fence(memory_order_seq_cst);
		s->up = 1;
		up[i] = &s->passes_up;
	}
	wait_passes(work, up, 2);
}

void work_low(struct work *work)
{
	volatile u64 *down[VCPUS_MAX];

	for (unsigned int i = 0; i < work->vm->vcpus; i++) {
		work->soak[i]->up = 0;
		down[i] = &work->soak[i]->passes_down;
	}
	atomic_thread_fence(memory_order_seq_cst);
	wait_passes(work, down, 1);
}

bool work_right(const struct work *work)
{
	bool right = true;

	for (unsigned int i = 0; i < work->vm->vcpus; i++) {
		const struct soak *s = work->soak[i];

		if (!s->wrong)
			continue;
		diag("vCPU %u: %llu wrong values; the first at 0x%llx: 0x%llx, expected 0x%llx", i,
		     (unsigned long long)s->wrong, (unsigned long long)s->bad_addr,
		     (unsigned long long)s->bad_value, (unsigned long long)s->bad_expected);
		right = false;
	}
	return right;
}

void work_end(struct work *work)
{
	for (unsigned int i = 0; i < work->vm->vcpus; i++) {
		vcpu_halt(work->vm->vcpu[i]);
		vcpu_stop(work->vm->vcpu[i]);
	}
	vm_free(work->vm);
	for (enum part part = 0; part < PARTS; part++)
		mem_unmap(work->mem[part], places[part].size);
	free(work);
}
