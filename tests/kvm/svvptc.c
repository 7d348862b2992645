// SPDX-License-Identifier: GPL-2.0-only
/*
 * Harts with Svvptc see by themselves what was not valid before, and a fault takes no fence; but it
 * does where a leaf comes to allow more. The argument says whether this host has it: without it every
 * fault ends with a fence.
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
	   svvptc ? "pages that come take no fence" : "each page that comes takes a fence");
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 1) && counted(vm, "faults 0"), "and are there");

	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	count_from(vm);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 2);
	ok(counted(vm, "faults_4k %d fences_here %d", PAGES, PAGES),
	   "each page that may be written from now on takes one");
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 2) && vm_sound(vm), "and is, and sound");
	vm_free(vm);
	mem_unmap(mem, SIZE);
	return done();
}
