// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a VM's format costs, and what it costs to change it. gstage's module alone:
 * the stock one has one format and keeps it.
 *
 *	formats miss	nested TLB misses by guest paging and format
 *	formats change	widening and narrowing by mapped size
 */
#include <errno.h>
#include <gstage/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "miss.h"
#include "tap.h"
#include "vcpu.h"

#define PAGES	 1024
#define CHUNK	 SZ_1G
#define SLOT_GPA 0x40000000ULL
#define CHANGES	 51

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Each guest in all formats in turn, so that what slows the machine down slows all of them. */
static void misses(void)
{
	const struct format *f;

	for (unsigned int p = 0; p < ARRAY_SIZE(pagings); p++)
		for_each_format(f)
			printf("miss\t%s\t%s\t%u\t%.1f\n", pagings[p].name, f->name,
			       (pagings[p].levels + 1) * (f->levels + 1) - 1,
			       miss_ns(f, &pagings[p], PAGES));
}

static void set_live(struct vm *vm, u64 mode)
{
	struct kvm_device_attr attr = {
		.group = KVM_RISCV_VM_GSTAGE,
		.attr = KVM_RISCV_VM_GSTAGE_MODE,
		.addr = (uintptr_t)&mode,
	};

	if (ioctl(vm->fd, KVM_SET_DEVICE_ATTR, &attr))
		bail("mode %u: %s", (unsigned int)mode, strerror(errno));
}

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* The median of many, with a vCPU that is not in the guest. */
static void change(u64 size)
{
	const struct format *narrow = next_format(NULL), *wide = host.widest;
	u64 chunk = size < CHUNK ? size : CHUNK;
	void *mem = mem_map(chunk, HUGE);
	struct vm *vm = vm_new(narrow);
	u64 up[CHANGES], down[CHANGES];
	struct vcpu *vcpu;

	/* The same memory over and over: what counts is what the G-stage maps. */
	for (u64 at = 0; at < size; at += chunk)
		vm_slot(vm, at / chunk, 0, SLOT_GPA + at, chunk, mem);
	vcpu = vcpu_new(vm);
	guest_fill(vcpu, SLOT_GPA, SZ_2M, size / SZ_2M, 1);
	for (unsigned int i = 0; i < CHANGES; i++) {
		u64 start = now_ns(), middle;

		set_live(vm, wide->mode);
		middle = now_ns();
		set_live(vm, narrow->mode);
		up[i] = middle - start;
		down[i] = now_ns() - middle;
	}
	qsort(up, CHANGES, sizeof(up[0]), compare_u64);
	qsort(down, CHANGES, sizeof(down[0]), compare_u64);
	printf("change\t%lu\t%lu\t%lu\t%.1f\t%.1f\n", (unsigned long)(size >> 20),
	       (unsigned long)vm_leaves(vm), (unsigned long)vm_stat(vm, "tables"),
	       up[CHANGES / 2] / 1e3, down[CHANGES / 2] / 1e3);
	vm_free(vm);
	mem_unmap(mem, chunk);
}

static void changes(void)
{
	static const u64 mib[] = { 16, 128, 1024, 8192, 65536 };

	for (unsigned int i = 0; i < ARRAY_SIZE(mib); i++)
		change(mib[i] << 20);
}

int main(int argc, char **argv)
{
	host_init(600);
	if (argc == 2 && !strcmp(argv[1], "miss"))
		misses();
	else if (argc == 2 && !strcmp(argv[1], "change"))
		changes();
	else
		bail("miss or change");
	return 0;
}
