// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fault that runs in parallel with others may have to start over each time, because it is late.
 * In the end it must take mmu_lock exclusively, and succeed. With test_late=1 a test build makes
 * every fault late that does not have the lock exclusively.
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
	ok(!bad && vm_sound(vm), "two vCPUs write all of their memory, and the tables are sound");
	ok(vm_stat(vm, "faults_exclusive") >= 2 * PAGES &&
		   vm_stat(vm, "faults_exclusive") ==
			   vm_stat(vm, "faults") - vm_stat(vm, "retries"),
	   "each fault succeeds with mmu_lock held exclusively");
	vm_free(vm);
	return done();
}
