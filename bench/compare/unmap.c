// SPDX-License-Identifier: GPL-2.0-only
/*
 * Take memory away from a guest: by the host's memory management, by deleting the slot, and by
 * closing the VM. Also measure the host's own share: the same call on memory that is in no VM.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "figure.h"
#include "tap.h"

#define PIECE (64 * SZ_1M)

static void whole(char *mem, u64 size, u64 stride)
{
	(void)stride;
	if (madvise(mem, size, MADV_DONTNEED))
		bail("MADV_DONTNEED fails");
}

static void pieces(char *mem, u64 size, u64 stride)
{
	for (u64 at = 0; at < size; at += PIECE)
		whole(mem + at, size - at < PIECE ? size - at : PIECE, stride);
}

static void pages(char *mem, u64 size, u64 stride)
{
	for (u64 at = 0; at < size; at += stride)
		whole(mem + at, SZ_4K, stride);
}

static void protect(char *mem, u64 size, u64 stride)
{
	(void)stride;
	if (mprotect(mem, size, PROT_READ))
		bail("mprotect fails");
}

static const struct way {
	const char *key, *label;
	void (*take)(char *mem, u64 size, u64 stride);
} ways[] = {
	{ "dontneed", "MADV_DONTNEED", whole },
	{ "pieces", "MADV_DONTNEED in pieces of 64 MiB", pieces },
	{ "pages", "MADV_DONTNEED page by page", pages },
	{ "protect", "mprotect to read-only", protect },
};

/* The guest uses one page in each @stride bytes of the slot. */
static const struct shape {
	const char *key, *label;
	u64 stride;
} sparse_shape = { "sparse", "one page in each 2 MiB touched", SZ_2M },
  dense_shape = { "dense", "4 KiB pages, all touched", SZ_4K };

static void tell(const struct shape *shape, const char *what, u64 size, const char *unit,
		 double value, const char *label)
{
	char key[48], text[160];

	snprintf(key, sizeof(key), "%s-%s", shape->key, what);
	snprintf(text, sizeof(text), "%s: %s", shape->label, label);
	figure(key, size, "B", unit, value, text);
}

static double take_ms(const struct way *way, char *mem, u64 size, u64 stride)
{
	u64 start = now_ns();
	double ms;

	way->take(mem, size, stride);
	ms = ms_since(start);
	mprotect(mem, size, PROT_READ | PROT_WRITE);
	return ms;
}

/* The host's own share. */
static void own(const struct shape *shape, char *mem, u64 size)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
		char key[32], label[96];

		touch_host(mem, size, shape->stride);
		snprintf(key, sizeof(key), "%s-own", ways[i].key);
		snprintf(label, sizeof(label), "%s: the host's own share, without a VM",
			 ways[i].label);
		tell(shape, key, size, "ms", take_ms(&ways[i], mem, size, shape->stride), label);
	}
	madvise(mem, size, MADV_DONTNEED);
}

static void fill(const struct shape *shape, struct vm *vm, char *mem, u64 size)
{
	touch_host(mem, size, shape->stride);
	guest_fill(vm->vcpu[0], SLOT_GPA, shape->stride, size / shape->stride, 1);
}

/* The vCPU has a hart of its own, and leaves the guest only when the host kicks it. */
static void running(const struct shape *shape, char *mem, u64 size)
{
	struct vm *vm = vm_with(mem, size, 2);
	struct vcpu *busy = vm->vcpu[1];
	u64 exits;
	double ms;

	busy->list[0] = CONTROL_GPA;
	busy->box->count = 1;
	vcpu_start_alone(busy);
	vcpu_post(busy, OP_LIST_LOAD);
	fill(shape, vm, mem, size);
	exits = kvm_stat(vm, "exits");
	ms = take_ms(&ways[0], mem, size, shape->stride);
	exits = kvm_stat(vm, "exits") - exits;
	vcpu_halt(busy);
	vcpu_stop(busy);
	tell(shape, "running", size, "ms", ms, "MADV_DONTNEED beside a vCPU in the guest");
	tell(shape, "kicks", size, "", exits,
	     "MADV_DONTNEED beside a vCPU in the guest: its exits meanwhile");
	vm_free(vm);
	madvise(mem, size, MADV_DONTNEED);
}

static void taken(const struct shape *shape, u64 size)
{
	char *mem = mem_map(size, SMALL);
	struct vm *vm;
	u64 start;

	own(shape, mem, size);
	vm = vm_with(mem, size, 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
		fill(shape, vm, mem, size);
		tell(shape, ways[i].key, size, "ms", take_ms(&ways[i], mem, size, shape->stride),
		     ways[i].label);
	}
	fill(shape, vm, mem, size);
	start = now_ns();
	vm_slot(vm, SLOT, 0, SLOT_GPA, 0, mem);
	tell(shape, "delete", size, "ms", ms_since(start), "the slot is deleted");
	vm_slot(vm, SLOT, 0, SLOT_GPA, size, mem);
	fill(shape, vm, mem, size);
	tell(shape, "close", size, "ms", close_ms(vm), "close of the VM");
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		running(shape, mem, size);
	mem_unmap(mem, size);
}

static void sizes(const struct shape *shape, u64 size, u64 first, u64 factor)
{
	if (size)
		taken(shape, size);
	for (unsigned int i = 0; !size && i < 3; i++, first *= factor)
		taken(shape, first);
}

void measure_sparse(u64 size)
{
	sizes(&sparse_shape, size, SZ_1G / 2, 4);
}

void measure_dense(u64 size)
{
	sizes(&dense_shape, size, 16 * SZ_1M, 4);
}
