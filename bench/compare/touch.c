// SPDX-License-Identifier: GPL-2.0-only
/*
 * First touch: the guest writes one word in each 4 KiB of memory that the G-stage has not mapped
 * yet. If the module has KVM_PRE_FAULT_MEMORY, the VMM also maps such memory ahead of the guest.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "figure.h"
#include "tap.h"

#define SZ_64K  (16 * SZ_4K)
#define HUGETLB "/sys/kernel/mm/hugepages/hugepages-%lukB/nr_hugepages"

/* The kinds of host memory. */
static const struct kind {
	const char *key, *label;
	enum backing backing;
	bool populated;
	u64 hugetlb; /* the size of the pages of hugetlbfs; 0: other memory */
	u64 most;    /* the largest of the usual sizes */
} kinds[] = {
	{ "touch-fresh", "fresh 4 KiB pages", SMALL, false, 0, 256 * SZ_1M },
	{ "touch-there", "4 KiB pages that the VMM has written", SMALL, true, 0, 256 * SZ_1M },
	{ "touch-thp", "transparent huge pages", HUGE, true, 0, SZ_1G },
	{ "touch-hugetlb", "fresh pages of hugetlbfs, 2 MiB", SMALL, false, SZ_2M, 256 * SZ_1M },
	{ "touch-64k", "fresh pages of hugetlbfs, 64 KiB", SMALL, false, SZ_64K, 256 * SZ_1M },
};

static char *memory(const struct kind *kind, u64 size)
{
	char *mem;

	if (!kind->hugetlb) {
		mem = mem_map(size, kind->backing);
	} else {
		mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
				   __builtin_ctzl(kind->hugetlb) << MAP_HUGE_SHIFT,
			   -1, 0);
		if (mem == MAP_FAILED)
			bail("no memory of hugetlbfs: %s", strerror(errno));
	}
	if (kind->populated)
		touch_host(mem, size, SZ_4K);
	return mem;
}

/* Reserve the pages of hugetlbfs. Return: false if the host has no pages of this size. */
static bool set_hugetlb(const struct kind *kind, u64 size)
{
	char path[96], text[16];
	int err;

	if (!kind->hugetlb)
		return true;
	snprintf(path, sizeof(path), HUGETLB, (unsigned long)(kind->hugetlb >> 10));
	snprintf(text, sizeof(text), "%lu", (unsigned long)(size / kind->hugetlb));
	err = write_text(path, text);
	if (err && err != ENOENT)
		bail("no huge pages: %s", strerror(err));
	return !err;
}

static void touch(const struct kind *kind, u64 size, bool largest)
{
	char key[32], label[128];
	u64 exits, start;
	struct vm *vm;
	char *mem;
	double ms;

	if (!set_hugetlb(kind, size))
		return;
	mem = memory(kind, size);
	vm = vm_with(mem, size, 1);
	exits = kvm_stat(vm, "exits");
	start = now_ns();
	guest_fill(vm->vcpu[0], SLOT_GPA, SZ_4K, size / SZ_4K, 1);
	ms = ms_since(start);
	exits = kvm_stat(vm, "exits") - exits;

	/* A module that cannot map such memory has no figure. */
	if (vm->vcpu[0]->efaults)
		goto out;
	snprintf(label, sizeof(label), "first touch of %s", kind->label);
	figure(kind->key, size, "B", "ms", ms, label);
	snprintf(key, sizeof(key), "%s-exits", kind->key);
	snprintf(label, sizeof(label), "first touch of %s: exits", kind->label);
	figure(key, size, "B", "", exits, label);
	if (largest) {
		snprintf(key, sizeof(key), "%s-page", kind->key);
		snprintf(label, sizeof(label), "first touch of %s: for each 4 KiB", kind->label);
		figure(key, 0, "", "ns", ms * 1e6 / (size / SZ_4K), label);
	}
out:
	vm_free(vm);
	munmap(mem, size);
	set_hugetlb(kind, 0);
}

void measure_touch(u64 size)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (size) {
			touch(&kinds[i], size, true);
			continue;
		}
		for (u64 at = kinds[i].most / 16; at <= kinds[i].most; at *= 4)
			touch(&kinds[i], at, at == kinds[i].most);
	}
}

/* The key is the one of the touch with the prefix "pre". */
static void prefault(const struct kind *kind, u64 size)
{
	struct kvm_pre_fault_memory range = { .gpa = SLOT_GPA, .size = size };
	char key[40], label[128], *mem;
	struct vm *vm;
	u64 start;

	if (!set_hugetlb(kind, size))
		return;
	mem = memory(kind, size);
	vm = vm_with(mem, size, 1);
	start = now_ns();
	/* The ioctl advances the range past what it has mapped. */
	while (range.size)
		if (ioctl(vm->vcpu[0]->fd, KVM_PRE_FAULT_MEMORY, &range) && errno != EINTR &&
		    errno != EAGAIN)
			bail("KVM_PRE_FAULT_MEMORY: %s", strerror(errno));
	snprintf(key, sizeof(key), "pre%s", kind->key);
	snprintf(label, sizeof(label), "KVM_PRE_FAULT_MEMORY of %s, in place of the touch",
		 kind->label);
	figure(key, size, "B", "ms", ms_since(start), label);
	vm_free(vm);
	munmap(mem, size);
	set_hugetlb(kind, 0);
}

void measure_prefault(u64 size)
{
	if (ioctl(host.kvm, KVM_CHECK_EXTENSION, KVM_CAP_PRE_FAULT_MEMORY) <= 0)
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (size)
			prefault(&kinds[i], size);
		for (u64 at = kinds[i].most / 16; !size && at <= kinds[i].most; at *= 4)
			prefault(&kinds[i], at);
	}
}

/* Each vCPU runs in its own thread, and touches its own piece of the slot. */
struct share {
	struct vcpu *vcpu;
	u64 gpa, pages;
};

static void *work(void *arg)
{
	struct share *share = arg;

	guest_fill(share->vcpu, share->gpa, SZ_4K, share->pages, 1);
	return NULL;
}

static void touch_by(const struct kind *kind, u64 size, unsigned int vcpus)
{
	struct share share[VCPUS_MAX];
	pthread_t thread[VCPUS_MAX];
	char key[32], label[128], *mem = memory(kind, size);
	struct vm *vm = vm_with(mem, size, vcpus);
	u64 start = now_ns();

	for (unsigned int v = 0; v < vcpus; v++) {
		share[v] = (struct share){ .vcpu = vm->vcpu[v],
					   .gpa = SLOT_GPA + v * (size / vcpus),
					   .pages = size / vcpus / SZ_4K };
		pthread_create(&thread[v], NULL, work, &share[v]);
	}
	for (unsigned int v = 0; v < vcpus; v++)
		pthread_join(thread[v], NULL);
	snprintf(key, sizeof(key), "%s-vcpus", kind->key);
	snprintf(label, sizeof(label), "first touch of %lu MiB of %s, a piece for each vCPU",
		 (unsigned long)(size >> 20), kind->label);
	figure(key, vcpus, "vCPUs", "ms", ms_since(start), label);
	vm_free(vm);
	munmap(mem, size);
}

void measure_vcpus(u64 size)
{
	for (unsigned int i = 0; i < 2; i++)
		for (unsigned int vcpus = 1; vcpus <= VCPUS_MAX; vcpus *= 2)
			touch_by(&kinds[i], size ?: 64 * SZ_1M, vcpus);
}
