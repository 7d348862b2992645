// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernels with PTEs of their own format translate them in the functions that read an entry of a
 * page table. So gstage must read all entries of the host by these functions. The parameter
 * test_hide_host of a test build makes the functions of some levels answer that there is nothing:
 * then gstage must map each page by itself, as the host gives it.
 */
#include <stdio.h>

#include "count.h"
#include "tap.h"
#include "vcpu.h"

#define GPA   SZ_1G
#define PAGES 512
#define SIZE  (PAGES * SZ_4K)
#define PARAM "/sys/module/kvm/parameters/test_hide_host"

/* The guest loads from each page. @counts is what gstage_stats must say of it. */
static void loads(enum backing backing, unsigned int hidden, const char *counts, const char *what)
{
	char *mem = mem_map(SIZE, backing), mask[8];
	struct vm *vm = vm_new(NULL);
	struct vcpu *vcpu = vcpu_new(vm);
	u64 bad;

	for (unsigned int page = 0; page < PAGES; page++)
		*(u64 *)(mem + page * SZ_4K) = stamp(1, GPA + page * SZ_4K);
	vcpu_warm(vcpu);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	snprintf(mask, sizeof(mask), "%u", hidden);
	if (write_text(PARAM, mask))
		bail("%s", PARAM);
	count_from(vm);
	bad = guest_check(vcpu, GPA, SZ_4K, PAGES, 1);
	ok(counted(vm, "%s", counts) && !bad, "%s", what);
	write_text(PARAM, "0");
	vm_free(vm);
	mem_unmap(mem, SIZE);
}

int main(void)
{
	host_init(50);
	loads(HUGE, 0, "faults 1 leaves_2m 1 leaves_4k 0", "a huge page is one leaf");
	loads(SMALL, 0, "faults 32 leaves_4k 512", "a fault maps the 16 pages around it");
	loads(SMALL, 1 << 0, "faults 512 leaves_4k 512", "no PTE: each page is a fault");
	loads(HUGE, 1 << 1, "faults 512 leaves_2m 0 leaves_4k 512", "no PMD: no huge page");
	loads(HUGE, 1 << 2, "faults 512 leaves_2m 0 leaves_4k 512", "no PUD: no huge page");
	loads(HUGE, 1 << 3, "faults 512 leaves_2m 0 leaves_4k 512", "no P4D: no huge page");
	loads(HUGE, 1 << 4, "faults 512 leaves_2m 0 leaves_4k 512", "no PGD: no huge page");
	return done();
}
