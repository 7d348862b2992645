// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the G-stage of the loaded KVM module costs.
 *
 *	compare [MEASURE[=SIZE]...]	all of them, in their usual sizes, if none is named
 *
 * One line for each figure: key, unit, value, label, between tabs. All of them are
 * costs: less is better. bench/host.sh runs this with one module and the other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "miss.h"
#include "tap.h"
#include "vcpu.h"

#define SLOT     0
#define SLOT_GPA 0x100000000ULL
#define MISS_TRIES 200

/* In MiB or GiB where that is a whole number. */
static const char *size_name(u64 size)
{
	static char text[32];

	if (size % SZ_1G)
		snprintf(text, sizeof(text), "%lu MiB", (unsigned long)(size >> 20));
	else
		snprintf(text, sizeof(text), "%lu GiB", (unsigned long)(size >> 30));
	return text;
}

static void figure(const char *key, const char *unit, double value, const char *label)
{
	printf("%s\t%s\t%.3f\t%s\n", key, unit, value, label);
}

/* A figure of some size, which belongs to its key and its label. */
static void sized(const char *key, u64 size, const char *unit, double value, const char *what)
{
	char full_key[64], label[160];

	snprintf(full_key, sizeof(full_key), "%s-%lum", key, (unsigned long)(size >> 20));
	snprintf(label, sizeof(label), "%s, %s", size_name(size), what);
	figure(full_key, unit, value, label);
}

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static double ms_since(u64 start)
{
	return (now_ns() - start) / 1e6;
}

/* Free memory, after what is only waiting to be freed has been. */
static unsigned long free_pages_settled(void)
{
	write_text("/proc/sys/vm/drop_caches", "3");
	usleep(100000);
	return host_free_pages();
}

/* A number that KVM itself counts for a VM, with either module. */
static u64 kvm_stat(const struct vm *vm, const char *name)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/%s", vm->tid, vm->fd, name);
	if (read_text(path, text, sizeof(text)))
		bail("%s cannot be read", path);
	return strtoull(text, NULL, 0);
}

/* A VM with one vCPU and @mem in its slot, in the module's default format. */
static struct vm *vm_with(void *mem, u64 size)
{
	struct vm *vm = vm_new(NULL);

	vm_slot(vm, SLOT, 0, SLOT_GPA, size, mem);
	vcpu_new(vm);
	return vm;
}

static struct vm *vm_touched(void *mem, u64 size, u64 stride)
{
	struct vm *vm = vm_with(mem, size);

	guest_fill(vm->vcpu[0], SLOT_GPA, stride, size / stride, 1);
	return vm;
}

/* End a VM. Return: how long its last reference takes to go, and all of it is in that. */
static double close_ms(struct vm *vm)
{
	u64 start;
	double ms;

	for (unsigned int i = 0; i < vm->vcpus; i++)
		vcpu_free(vm->vcpu[i]);
	vm->vcpus = 0;
	start = now_ns();
	close(vm->fd);
	ms = ms_since(start);
	vm->fd = -1;
	vm_free(vm);
	return ms;
}

static double dontneed_ms(void *mem, u64 size)
{
	u64 start = now_ns();

	if (madvise(mem, size, MADV_DONTNEED))
		bail("MADV_DONTNEED fails");
	return ms_since(start);
}

/* One page touched in each 2 MiB: as many tables as pages. */
static void sparse(u64 size)
{
	unsigned long before;
	void *mem = mem_map(size, SMALL);
	struct vm *vm = vm_touched(mem, size, SZ_2M);

	sized("sparse-dontneed", size, "ms", dontneed_ms(mem, size),
	      "one page in each 2 MiB touched: MADV_DONTNEED");
	close_ms(vm);
	mem_unmap(mem, size);

	before = free_pages_settled();
	mem = mem_map(size, SMALL);
	vm = vm_touched(mem, size, SZ_2M);
	sized("sparse-close", size, "ms", close_ms(vm),
	      "one page in each 2 MiB touched: close of the VM");
	mem_unmap(mem, size);
	sized("sparse-lost", size, "KiB", ((double)before - free_pages_settled()) * 4,
	      "one page in each 2 MiB touched: host memory lost when it ends");
	if (host.gstage)
		sized("sparse-tables", size, "", tables_live(),
		      "one page in each 2 MiB touched: table pages left (own count)");
}

/* Every page touched, 4 KiB pages of the host. */
static void dense(u64 size)
{
	void *mem = mem_map(size, SMALL);
	struct vm *vm = vm_with(mem, size);
	u64 start = now_ns();

	guest_fill(vm->vcpu[0], SLOT_GPA, SZ_4K, size / SZ_4K, 1);
	sized("dense-touch", size, "ms", ms_since(start), "fresh 4 KiB pages: first touch of all");
	sized("dense-dontneed", size, "ms", dontneed_ms(mem, size),
	      "4 KiB pages, all touched: MADV_DONTNEED");
	memset(mem, 0xff, size);
	start = now_ns();
	guest_fill(vm->vcpu[0], SLOT_GPA, SZ_4K, size / SZ_4K, 1);
	sized("dense-again", size, "ms", ms_since(start),
	      "4 KiB pages that the VMM has written: first touch of all");
	sized("dense-close", size, "ms", close_ms(vm), "4 KiB pages, all touched: close of the VM");
	mem_unmap(mem, size);
}

/* Every page touched, memory that the host already has in huge pages. */
static void huge(u64 size)
{
	void *mem = mem_map(size, HUGE);
	struct vm *vm = vm_with(mem, size);
	u64 exits = kvm_stat(vm, "exits"), start = now_ns();
	double ms;

	guest_fill(vm->vcpu[0], SLOT_GPA, SZ_4K, size / SZ_4K, 1);
	ms = ms_since(start);
	sized("huge-touch", size, "ms", ms, "in huge pages of the host: first touch of all");
	sized("huge-exits", size, "", kvm_stat(vm, "exits") - exits,
	      "in huge pages of the host: exits of that first touch");
	close_ms(vm);
	mem_unmap(mem, size);
}

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* A VM in which nothing happens: the median, since some wait for a grace period of the host's RCU. */
static void empty(u64 times)
{
	u64 ns[256];

	if (!times || times > ARRAY_SIZE(ns))
		bail("empty takes 1 to %zu times", ARRAY_SIZE(ns));
	for (u64 i = 0; i < times; i++) {
		u64 start = now_ns();
		struct vm *vm = vm_new(NULL);

		vcpu_new(vm);
		vm_free(vm);
		ns[i] = now_ns() - start;
	}
	qsort(ns, times, sizeof(ns[0]), compare_u64);
	figure("empty", "ms", ns[times / 2] / 1e6,
	       "a VM with one vCPU that never runs: create and close");
}

/* Arithmetic: each PTE of the guest, and its last address, is translated by the G-stage. */
static unsigned int nested_reads(unsigned int guest_levels, const struct format *f)
{
	return (guest_levels + 1) * (f->levels + 1) - 1;
}

static void reads(u64 unused)
{
	(void)unused;
	figure("reads-sv39", "", nested_reads(3, next_format(NULL)),
	       "nested TLB miss, Sv39 guest, narrowest format: PTE reads (arithmetic)");
}

static void miss(u64 pages)
{
	struct miss widest, narrowest;

	miss_start(&widest, host.widest, &pagings[0], SMALL, pages);
	miss_start(&narrowest, next_format(NULL), &pagings[0], SMALL, pages);
	for (unsigned int i = 0; i < MISS_TRIES; i++) {
		miss_try(&widest);
		miss_try(&narrowest);
	}
	figure("miss-default", "ns", miss_end(&widest),
	       "nested TLB miss, guest without paging, default format");
	figure("miss-narrowest", "ns", miss_end(&narrowest),
	       "nested TLB miss, guest without paging, narrowest format");
}

static const struct measure {
	const char *name;
	void (*run)(u64 size);
	u64 size;
} measures[] = {
	{ "empty", empty, 51 },
	{ "sparse", sparse, 8 * SZ_1G },
	{ "dense", dense, 256 << 20 },
	{ "huge", huge, 512 << 20 },
	{ "reads", reads, 0 },
	{ "miss", miss, 1024 },
};

/* A number, and perhaps M or G. */
static u64 parse_size(const char *text)
{
	char *end;
	u64 size = strtoull(text, &end, 10);

	switch (*end) {
	case 'M':
		return size << 20;
	case 'G':
		return size << 30;
	case 0:
		return size;
	}
	bail("%s is not a size", text);
}

static void run_named(const char *arg)
{
	size_t len = strcspn(arg, "=");

	for (unsigned int i = 0; i < ARRAY_SIZE(measures); i++) {
		const struct measure *m = &measures[i];

		if (strlen(m->name) != len || strncmp(m->name, arg, len))
			continue;
		m->run(arg[len] ? parse_size(arg + len + 1) : m->size);
		return;
	}
	bail("there is no measure %s", arg);
}

int main(int argc, char **argv)
{
	host_init(600);
	for (int i = 1; i < argc; i++)
		run_named(argv[i]);
	for (unsigned int i = 0; argc == 1 && i < ARRAY_SIZE(measures); i++)
		measures[i].run(measures[i].size);
	return 0;
}
