// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults that lose against others over and over get mmu_lock for themselves in the end. A test
 * build plays the others (test_late=1): beside others, no fault is ever in time.
 */
#include "count.h"
#include "tap.h"
#include "vcpu.h"

#define GPA   SZ_1G
#define PAGES 512
#define SIZE  (2 * PAGES * SZ_4K)

int main(void)
{
	u64 bad = 0;
	struct vm *vm;
	char *mem;

	host_init(50);
	vm = vm_new(NULL);
	mem = mem_map(SIZE, SMALL);
	for (unsigned int v = 0; v < 2; v++)
		vcpu_warm(vcpu_new(vm));
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	count_from(vm);
	for (unsigned int v = 0; v < 2; v++) {
		struct mailbox *box = vm->vcpu[v]->box;

		vcpu_start(vm->vcpu[v]);
		box->addr = GPA + v * SZ_4K;
		box->stride = 2 * SZ_4K;
		box->count = PAGES;
		box->tag = v + 1;
		vcpu_post(vm->vcpu[v], OP_FILL);
	}
	for (unsigned int v = 0; v < 2; v++) {
		vcpu_wait(vm->vcpu[v]);
		vcpu_stop(vm->vcpu[v]);
		bad += guest_check(vm->vcpu[v], GPA + v * SZ_4K, 2 * SZ_4K, PAGES, v + 1);
	}
	ok(!bad && vm_sound(vm), "two vCPUs write all of their memory");
	ok(vm_stat(vm, "faults_exclusive") >= 2 * PAGES &&
		   vm_stat(vm, "faults_exclusive") ==
			   vm_stat(vm, "faults") - vm_stat(vm, "retries"),
	   "each fault had mmu_lock for itself");
	vm_free(vm);
	return done();
}
