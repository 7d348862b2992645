// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host sees which pages a guest uses. DAMON is the monitor: it clears accessed bits, with
 * KVM's help, and checks them some time later. Its ranges may start at any byte. For a huge page
 * it clears the bits of all leaves, but checks one address only.
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "vcpu.h"

#define DAMON   "/sys/kernel/mm/damon/admin/kdamonds/"
#define REGIONS DAMON "0/contexts/0/schemes/0/tried_regions/"

#define HOT_GPA  SZ_1G
#define COLD_GPA (2 * SZ_1G)
#define SIZE     SZ_2M

/*
 * The emulated hart sets an accessed bit only when it walks the tables. It flushes its TLB on
 * every exit, which is some hundred times a second. A sample must be longer than that.
 */
#define SAMPLE_US 20000
#define SAMPLES   10

static int set(const char *file, const char *fmt, ...)
{
	char path[256], text[64];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	snprintf(path, sizeof(path), DAMON "%s", file);
	return write_text(path, text);
}

#define must_set(file, ...)                                                                        \
	do {                                                                                       \
		int err_ = set(file, __VA_ARGS__);                                                 \
		if (err_)                                                                          \
			bail("DAMON's %s: %s", file, strerror(err_));                              \
	} while (0)

static void monitor(const char *hot, const char *cold)
{
	const char *area[2] = { hot < cold ? hot : cold, hot < cold ? cold : hot };

	must_set("nr_kdamonds", "1");
	must_set("0/contexts/nr_contexts", "1");
	must_set("0/contexts/0/operations", "fvaddr");
	must_set("0/contexts/0/monitoring_attrs/intervals/sample_us", "%u", SAMPLE_US);
	must_set("0/contexts/0/monitoring_attrs/intervals/aggr_us", "%u", SAMPLE_US * SAMPLES);
	must_set("0/contexts/0/monitoring_attrs/intervals/update_us", "%u", 60000000);
	/* DAMON must not split the areas: it takes one sample of each region at a time. */
	must_set("0/contexts/0/monitoring_attrs/nr_regions/max", "3");
	must_set("0/contexts/0/monitoring_attrs/nr_regions/min", "3");
	must_set("0/contexts/0/targets/nr_targets", "1");
	must_set("0/contexts/0/targets/0/pid_target", "%d", getpid());
	must_set("0/contexts/0/targets/0/regions/nr_regions", "2");
	for (unsigned int i = 0; i < 2; i++) {
		char file[64];

		snprintf(file, sizeof(file), "0/contexts/0/targets/0/regions/%u/start", i);
		must_set(file, "%lu", (unsigned long)area[i]);
		snprintf(file, sizeof(file), "0/contexts/0/targets/0/regions/%u/end", i);
		must_set(file, "%lu", (unsigned long)area[i] + SIZE);
	}
	must_set("0/contexts/0/schemes/nr_schemes", "1");
	must_set("0/contexts/0/schemes/0/action", "stat");
	must_set("0/contexts/0/schemes/0/access_pattern/sz/max", "%lu", ~0UL);
	must_set("0/contexts/0/schemes/0/access_pattern/nr_accesses/max", "%u", ~0U);
	must_set("0/contexts/0/schemes/0/access_pattern/age/max", "%u", ~0U);
	must_set("0/state", "on");
}

static unsigned long number(const char *region, const char *file)
{
	char path[512], text[32];

	snprintf(path, sizeof(path), REGIONS "%s/%s", region, file);
	return read_text(path, text, sizeof(text)) ? 0 : strtoul(text, NULL, 0);
}

/* The number of the last SAMPLES in which the area was in use. -1 if DAMON has no region there. */
static int accesses(const char *area)
{
	struct dirent *entry;
	DIR *dir = opendir(REGIONS);
	int most = -1;

	if (!dir)
		bail(REGIONS ": %s", strerror(errno));
	while ((entry = readdir(dir))) {
		unsigned long start = number(entry->d_name, "start");

		if (start >= (unsigned long)area && start < (unsigned long)area + SIZE) {
			int n = number(entry->d_name, "nr_accesses");

			most = n > most ? n : most;
		}
	}
	closedir(dir);
	return most;
}

/*
 * The guest uses @pages pages of one area in a loop, and nothing of another area. The host sees
 * this only by the accessed bits. Then the guest uses the other area.
 */
static void watch(struct vm *vm, const char *what, enum backing backing, u64 shift,
		  unsigned int first, unsigned int pages, bool along)
{
	struct vcpu *vcpu = vm->vcpu[0];
	char *area[2] = { mem_map(SIZE, backing), mem_map(SIZE, backing) };
	u64 gpa[2] = { HOT_GPA + shift, COLD_GPA + shift };

	for (unsigned int i = 0; i < 2; i++) {
		vm_slot(vm, i, 0, gpa[i], SIZE, area[i]);
		for (u64 at = 0; along && at < SIZE; at += SZ_4K)
			*(u64 *)(area[i] + at) = stamp(1, gpa[i] + at);
		/* With @along, one fault maps 16 pages. Nobody has used 15 of them yet. */
		guest_fill(vcpu, gpa[i], along ? 16 * SZ_4K : SZ_4K,
			   SIZE / SZ_4K / (along ? 16 : 1), 1);
	}
	vcpu_start(vcpu);
	for (unsigned int hot = 0; hot < 2; hot++) {
		int used = 0, idle = SAMPLES;
		bool good = false;

		for (unsigned int i = 0; i < pages; i++)
			vcpu->list[i] = gpa[hot] + (first + i) * SZ_4K;
		vcpu->box->count = pages;
		vcpu->box->start = 0;
		vcpu->box->value = 1;
		vcpu_post(vcpu, OP_LIST_LOAD);
		monitor(area[hot], area[!hot]);

		/* DAMON needs some aggregation intervals until it shows only the new state. */
		for (unsigned int turn = 0; turn < 20 && !good; turn++) {
			usleep(SAMPLE_US * SAMPLES);
			must_set("0/state", "update_schemes_tried_regions");
			used = accesses(area[hot]);
			idle = accesses(area[!hot]);
			good = used > SAMPLES / 2 && !idle;
		}
		ok(good, "%s: the area in use is used in %d of %d samples, the other area in %d",
		   what, used, SAMPLES, idle);
		must_set("0/state", "off");
		must_set("nr_kdamonds", "0");
		vcpu_halt(vcpu);
	}
	vcpu_stop(vcpu);
	ok(guest_check(vcpu, gpa[0], SZ_4K, SIZE / SZ_4K, 1) +
				   guest_check(vcpu, gpa[1], SZ_4K, SIZE / SZ_4K, 1) ==
			   0 &&
		   vm_sound(vm),
	   "%s: the data has not changed, and the tables are sound", what);
	for (unsigned int i = 0; i < 2; i++) {
		vm_slot(vm, i, 0, gpa[i], 0, area[i]);
		mem_unmap(area[i], SIZE);
	}
}

int main(void)
{
	const struct format *f = NULL;

	host_init(100);
	if (access(DAMON "nr_kdamonds", W_OK))
		bail("the host's kernel has no DAMON (CONFIG_DAMON_SYSFS)");
	for (unsigned int i = 0; i < 4; i++) {
		struct vm *vm;

		f = next_format(f) ?: next_format(NULL);
		vm = vm_new(f);
		vcpu_new(vm);
		diag("%s", f->name);
		switch (i) {
		case 0:
			watch(vm, "small pages, all in use", SMALL, 0, 0, SIZE / SZ_4K, false);
			break;
		case 1:
			watch(vm, "a huge page with a 2 MiB leaf", HUGE, 0, 300, 1, false);
			break;
		case 2:
			watch(vm, "a huge page with 4 KiB leaves", HUGE, SZ_4K, 0, SIZE / SZ_4K,
			      false);
			break;
		case 3:
			watch(vm, "pages that fault-around mapped, all in use", SMALL, 0, 0,
			      SIZE / SZ_4K, true);
			break;
		}
		vm_free(vm);
	}
	if (host.gstage)
		ok(!tables_live(), "no tables are left");
	return done();
}
