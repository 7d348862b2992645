// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measure what a guest page fault costs with the module that is loaded. bench/counters/run compares
 * a module with counters and tracepoints, and one without.
 *
 *	counters LABEL		print ns for each fault; with --icount: instructions
 */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "tap.h"
#include "vcpu.h"

#define GPA    SZ_1G
#define PAGES  8192UL
#define ROUNDS 9

#define AROUND "/sys/module/kvm/parameters/gstage_fault_around"
#define EVENTS "/sys/kernel/tracing/events/kvm/kvm_gstage_"

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * The host has all pages of the slot, and each page takes one fault. Return the median of the
 * rounds.
 */
static double fault_ns(void)
{
	double ns[ROUNDS];

	for (unsigned int i = 0; i < ROUNDS; i++) {
		char *mem = mem_map(PAGES * SZ_4K, SMALL);
		struct vm *vm = vm_new(NULL);
		struct vcpu *vcpu = vcpu_new(vm);
		u64 start;

		for (u64 page = 0; page < PAGES; page++)
			mem[page * SZ_4K] = 1;
		vm_slot(vm, 0, 0, GPA, PAGES * SZ_4K, mem);
		vcpu_warm(vcpu);
		start = now_ns();
		guest_fill(vcpu, GPA, SZ_4K, PAGES, 1);
		ns[i] = (double)(now_ns() - start) / PAGES;
		vm_free(vm);
		mem_unmap(mem, PAGES * SZ_4K);
	}
	qsort(ns, ROUNDS, sizeof(ns[0]), by_size);
	return ns[ROUNDS / 2];
}

static void figure(const char *label, const char *what)
{
	printf("%s\t%s\t%.1f\n", label, what, fault_ns());
}

int main(int argc, char **argv)
{
	host_init(600);
	if (argc != 2)
		bail("counters LABEL");
	if (write_text(AROUND, "0"))
		bail(AROUND " cannot be written");
	figure(argv[1], "off");
	/* The module without tracepoints has no such files. */
	if (!write_text(EVENTS "fault/enable", "1") && !write_text(EVENTS "map/enable", "1")) {
		figure(argv[1], "on");
		write_text(EVENTS "fault/enable", "0");
		write_text(EVENTS "map/enable", "0");
	}
	return 0;
}
