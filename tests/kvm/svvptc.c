// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hart with Svvptc sees a new PTE without a fence if the old one was not valid. So a fault on
 * a new page executes no fence. A fault that makes an existing leaf writable still does. Without
 * Svvptc every fault ends with a fence.
 *
 *	svvptc [svvptc]		svvptc: the host has Svvptc
 */
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "count.h"
#include "tap.h"
#include "vcpu.h"

#define GPA   SZ_1G
#define PAGES 512
#define SIZE  (PAGES * SZ_4K)

int main(int argc, char **argv)
{
	bool svvptc = argc > 1 && !strcmp(argv[1], "svvptc");
	struct vcpu *vcpu;
	struct vm *vm;
	char *mem;

	host_init(30);
	vm = vm_new(NULL);
	vcpu = vcpu_new(vm);
	mem = mem_map(SIZE, SMALL);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	vcpu_warm(vcpu);

	count_from(vm);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 1);
	ok(counted(vm, "faults_4k %d fences_here %d flushes_all 0", PAGES, svvptc ? 0 : PAGES),
	   svvptc ? "faults on new pages execute no fence" :
		    "each fault on a new page executes a fence");
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 1) && counted(vm, "faults 0"),
	   "the guest reads the new pages without another fault");

	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	count_from(vm);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 2);
	ok(counted(vm, "faults_4k %d fences_here %d", PAGES, PAGES),
	   "each fault that makes a page writable executes a fence");
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 2) && vm_sound(vm),
	   "these pages have the new data, and the tables are sound");
	vm_free(vm);
	mem_unmap(mem, SIZE);
	return done();
}
