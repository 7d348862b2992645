// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints kvm:kvm_gstage_... Each operation of the test must leave its event, with the
 * right gpa, size, level and mode, and there must be no other events. gstage_stats must count the
 * same.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "count.h"
#include "dump.h"
#include "live.h"
#include "tap.h"
#include "trace.h"
#include "vcpu.h"

#define GPA     SZ_1G
#define SIZE    (4 * SZ_2M)
#define AROUND  "/sys/module/kvm/parameters/gstage_fault_around"
#define NOWHERE (~0ULL)

static struct vm *vm;
static struct vcpu *vcpu;
static const char *name;

static void around(const char *pages)
{
	int err = write_text(AROUND, pages);

	if (err)
		bail(AROUND ": %s", strerror(err));
}

/* The format files of the events, which perf, trace-cmd and bpftrace read. */
static void formats(void)
{
	static const char *const events[] = { "fault",    "map",      "unmap", "split",
					      "collapse", "reformat", "flush" };
	static const char *const fields[] = { "u64 gpa;", "u64 size;", "int level;",
					      "unsigned int mode;", "int vm;" };
	char path[64], text[4096];

	for (unsigned int i = 0; i < ARRAY_SIZE(events); i++) {
		bool good;

		snprintf(path, sizeof(path), "events/kvm/kvm_gstage_%s/format", events[i]);
		good = !read_text(trace_file(path), text, sizeof(text));
		for (unsigned int j = 0; j < ARRAY_SIZE(fields); j++)
			good &= good && strstr(text, fields[j]);
		ok(good, "kvm_gstage_%s has gpa, size, level, mode and vm", events[i]);
	}
}

/* Are the events of the fault at @gpa and of the mapping that follows right? */
static bool fault_right(u64 gpa, const char *kind, const void *mem, u64 size, int level,
			const char *attr)
{
	u64 start = gpa & ~(size - 1);
	char end[32], words[64];
	bool good = traced_as(vm, "fault", gpa, size, level) &&
		    traced_as(vm, "map", start, size, level);
	const struct event *fault = trace_find("fault", gpa), *map = trace_find("map", start);

	if (!good)
		return false;
	snprintf(end, sizeof(end), " %s ret 0", kind);
	snprintf(words, sizeof(words), " %s pages %llu", attr, (unsigned long long)(size / SZ_4K));
	good = strstr(fault->words, end) && strstr(map->words, words) &&
	       map->pa == (host_pa(mem) & ~(size - 1)) && fault->vcpu == 0;
	if (!good)
		diag("%s; %s; expected%s, pa 0x%llx%s", fault->words, map->words, end,
		     (unsigned long long)host_pa(mem), words);
	return good;
}

static void small(void)
{
	char *mem = mem_map(SIZE, SMALL);
	unsigned int events;

	*(u64 *)(mem + 11 * SZ_4K) = 1;
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	count_from(vm);
	trace_start(vm);
	guest_store(vcpu, GPA + 3 * SZ_4K + 0x128, 1);
	guest_store(vcpu, GPA + SZ_2M + 0x8, 1);
	guest_load(vcpu, GPA + 11 * SZ_4K + 0xff8);
	guest_load(vcpu, GPA + 3 * SZ_4K);
	events = trace_stop();
	ok(fault_right(GPA + 3 * SZ_4K + 0x128, "store", mem + 3 * SZ_4K, SZ_4K, 0, "RWX") &&
		   fault_right(GPA + SZ_2M + 0x8, "store", mem + SZ_2M, SZ_4K, 0, "RWX"),
	   "%s: a store faults at its address and maps its page", name);
	ok(fault_right(GPA + 11 * SZ_4K + 0xff8, "load", mem + 11 * SZ_4K, SZ_4K, 0, "RWX"),
	   "%s: a load faults at its address and maps its page", name);
	ok(events == 6 && traced("fault") == 3 && traced("map") == 3,
	   "%s: three faults and three maps, and no other events (%u events)", name, events);
	ok(counted(vm,
		   "faults 3 faults_load 1 faults_store 2 faults_exec 0 faults_4k 3 faults_2m 0"),
	   "%s: gstage_stats counts these faults by kind and size", name);

	/* Fault-around: one fault also maps the pages that the host has already. */
	around("16");
	for (unsigned int page = 64; page < 80; page++)
		*(u64 *)(mem + page * SZ_4K) = 1;
	trace_start(vm);
	guest_load(vcpu, GPA + 70 * SZ_4K);
	trace_stop();
	ok(traced("fault") == 1 && traced("map") == 2 && trace_find("map", GPA + 64 * SZ_4K) &&
		   traced_as(vm, "map", GPA + 64 * SZ_4K, 16 * SZ_4K, 0) &&
		   trace_find("map", GPA + 64 * SZ_4K)->pages == 15,
	   "%s: all pages that fault-around maps are one event", name);
	around("0");

	count_from(vm);
	trace_start(vm);
	madvise(mem + 3 * SZ_4K, SZ_4K, MADV_DONTNEED);
	madvise(mem + 33 * SZ_4K, 7 * SZ_4K, MADV_DONTNEED);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	trace_stop();
	ok(traced_as(vm, "unmap", GPA + 3 * SZ_4K, SZ_4K, 0) &&
		   traced_as(vm, "flush", GPA + 3 * SZ_4K, SZ_4K, 0) &&
		   strstr(trace_find("flush", GPA + 3 * SZ_4K)->words, " range"),
	   "%s: a dropped page is an unmap and a flush of its range", name);
	ok(traced_as(vm, "unmap", GPA + 33 * SZ_4K, 7 * SZ_4K, -1) &&
		   !trace_find("flush", GPA + 33 * SZ_4K),
	   "%s: a dropped range with nothing mapped is an unmap of level -1, and no flush", name);
	ok(traced_as(vm, "unmap", GPA, SIZE, 0), "%s: a deleted slot is an unmap of its range",
	   name);
	ok(counted(vm, "unmaps %u flushes_range 1", traced("unmap")),
	   "%s: gstage_stats counts these unmaps and this flush", name);
	mem_unmap(mem, SIZE);
}

static void huge(void)
{
	char *mem = mem_map(SIZE, HUGE);
	bool good = true;

	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	count_from(vm);
	trace_start(vm);
	for (u64 at = 0; at < SIZE; at += SZ_2M)
		guest_store(vcpu, GPA + at + 0x12340, 1);
	trace_stop();
	for (u64 at = 0; at < SIZE; at += SZ_2M)
		good &= fault_right(GPA + at + 0x12340, "store", mem + at, SZ_2M, 1, "RWX");
	ok(good && traced("fault") == 4 && traced("map") == 4,
	   "%s: huge pages are faults and maps of 2 MiB", name);
	ok(counted(vm, "faults_store 4 faults_2m 4 faults_4k 0"),
	   "%s: gstage_stats counts these faults of 2 MiB", name);

	trace_start(vm);
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	trace_stop();
	for (u64 at = 0; at < SIZE; at += SZ_2M)
		good &= traced_as(vm, "split", GPA + at, SZ_2M, 1);
	ok(good && traced("split") == 4 && traced("flush") && !traced("collapse"),
	   "%s: dirty logging starts: each 2 MiB leaf is a split", name);
	ok(counted(vm, "splits 4 collapses 0 flushes_all >1"), "%s: gstage_stats counts the splits",
	   name);
	trace_start(vm);
	guest_store(vcpu, GPA + SZ_2M + 0x5008, 1);
	trace_stop();
	ok(fault_right(GPA + SZ_2M + 0x5008, "store", mem + SZ_2M + 0x5000, SZ_4K, 0, "RWX") &&
		   traced("fault") == 1 && traced("map") == 1,
	   "%s: dirty logging: a store is a fault and a map of its page", name);
	for (unsigned int i = 0; i < 2; i++)
		vm_slot(vm, 0, i ? KVM_MEM_LOG_DIRTY_PAGES : 0, GPA, SIZE, mem);
	count_from(vm);
	trace_start(vm);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	trace_stop();
	for (u64 at = 0; at < SIZE; at += SZ_2M)
		good &= traced_as(vm, "collapse", GPA + at, SZ_2M, 1);
	ok(good && traced("collapse") == 4 && !traced("split"),
	   "%s: dirty logging stops: each 2 MiB leaf is a collapse", name);
	ok(counted(vm, "splits 0 collapses 4"), "%s: gstage_stats counts the collapses", name);

	/* Drop one page of a leaf of 2 MiB. */
	trace_start(vm);
	madvise(mem + SZ_2M + 3 * SZ_4K, SZ_4K, MADV_DONTNEED);
	trace_stop();
	ok(traced("unmap") >= 1 && traced("flush") >= 1,
	   "%s: a dropped page of a 2 MiB leaf is an unmap and a flush", name);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	mem_unmap(mem, SIZE);
}

static void reformats(void)
{
	const struct format *was = vm->format, *f;

	for_each_format(f) {
		const struct event *e;
		char from[32];

		if (f == vm->format)
			continue;
		count_from(vm);
		trace_start(vm);
		if (change_format(vm->fd, f->mode))
			bail("cannot change the format to %s", f->name);
		trace_stop();
		snprintf(from, sizeof(from), " from %s", vm->format->name);
		vm->format = f;
		e = trace_find("reformat", 0);
		ok(traced("reformat") == 1 &&
			   traced_as(vm, "reformat", 0, format_end(f), f->levels - 1) &&
			   strstr(e->words, from),
		   "%s: a change to %s is a reformat with both formats", name, f->name);
		ok(traced("flush") == 1 && counted(vm, "reformats 1 flushes_all 1"),
		   "%s: a change to %s has one flush, and gstage_stats counts both", name, f->name);
	}
	if (vm->format != was && change_format(vm->fd, was->mode))
		bail("cannot change the format back to %s", was->name);
	vm->format = was;
}

/* The first access of a guest is the fetch of its program. */
static void fetch(const struct format *f)
{
	struct vm *fresh = vm_new(f);
	struct vcpu *one = vcpu_new(fresh);
	const struct event *e;

	trace_start(fresh);
	guest_load(one, CONTROL_GPA);
	trace_stop();
	e = trace_find("fault", CONTROL_GPA);
	ok(e && traced_as(fresh, "fault", CONTROL_GPA, SZ_4K, 0) && strstr(e->words, " exec ret 0"),
	   "%s: the first fault of a guest is an exec fault", name);
	ok(vm_stat(fresh, "faults_exec") >= 1 &&
		   vm_stat(fresh, "faults") == vm_stat(fresh, "faults_exec") +
						       vm_stat(fresh, "faults_load") +
						       vm_stat(fresh, "faults_store"),
	   "%s: gstage_stats counts it, and faults is the sum of all kinds", name);
	ok(vm_stat(fresh, "faults") == traced("fault"), "%s: there are as many faults as events",
	   name);
	vm_free(fresh);
}

static void prefault(void)
{
	char *mem = mem_map(SIZE, SMALL);
	struct kvm_pre_fault_memory range = { .gpa = GPA + SZ_4K, .size = SZ_4K };

	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	count_from(vm);
	trace_start(vm);
	if (ioctl(vcpu->fd, KVM_PRE_FAULT_MEMORY, &range))
		bail("KVM_PRE_FAULT_MEMORY: %s", strerror(errno));
	trace_stop();
	ok(traced("fault") == 1 && traced_as(vm, "fault", GPA + SZ_4K, SZ_4K, 0) &&
		   strstr(trace_find("fault", GPA + SZ_4K)->words, " prefault ret 0") &&
		   counted(vm, "prefaults 1 faults 0"),
	   "%s: KVM_PRE_FAULT_MEMORY is a fault of the kind prefault", name);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	mem_unmap(mem, SIZE);
}

static void off(void)
{
	char *mem = mem_map(SIZE, SMALL);

	trace_start(vm);
	trace_stop();
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	guest_store(vcpu, GPA, 1);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	ok(!trace_stop(), "%s: no events when tracing is off", name);
	mem_unmap(mem, SIZE);
}

int main(void)
{
	const struct format *f;

	host_init(100);
	around("0");
	formats();
	for_each_format(f) {
		name = f->name;
		fetch(f);
		vm = vm_new(f);
		vcpu = vcpu_new(vm);
		vcpu_warm(vcpu);
		small();
		huge();
		prefault();
		reformats();
		off();
		vm_free(vm);
	}
	trace_end();
	around("16");
	return done();
}
