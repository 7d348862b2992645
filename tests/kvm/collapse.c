// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty logging takes large leaves apart, and when it stops they come back, with the tables gone
 * that were made for it. Counted in pages of the host too, which tells as much of the stock
 * module: that one keeps the small leaves and their tables for good.
 */
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "tap.h"
#include "vcpu.h"

#define GPA    SZ_1G
#define CHUNKS 200
#define SIZE   (CHUNKS * SZ_2M)

/* Pages that the host may take or give for purposes of its own. */
#define NOISE (CHUNKS / 4)

/* A slot that is logged from the first: no leaf was ever split, and the large ones are to come all the same. */
static void logged_from_the_first(char *mem)
{
	struct vm *vm = vm_new(host.widest);
	struct vcpu *vcpu = vcpu_new(vm);

	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	guest_fill(vcpu, GPA, SZ_2M, CHUNKS, 4);
	ok(!vm_stat(vm, "leaves_2m") && !vm_stat(vm, "splits"),
	   "logged from the first: no leaf of 2 MiB, and none split");
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	ok(vm_stat(vm, "leaves_2m") == CHUNKS && vm_sound(vm), "then: %u leaves of 2 MiB", CHUNKS);
	ok(!guest_check(vcpu, GPA, SZ_2M, CHUNKS, 4), "with the right data");
	vm_free(vm);
}

int main(void)
{
	struct vcpu *vcpu;
	long before, with, after;
	struct vm *vm;
	char *mem;

	host_init(100);
	mem = mem_map(SIZE, HUGE);
	vm = vm_new(host.widest);
	vcpu = vcpu_new(vm);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	guest_fill(vcpu, GPA, SZ_2M, CHUNKS, 1);
	ok(!host.gstage || vm_stat(vm, "leaves_2m") == CHUNKS, "%u leaves of 2 MiB", CHUNKS);

	before = host_free_pages();
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	guest_fill(vcpu, GPA, SZ_2M, CHUNKS, 2);
	with = before - (long)host_free_pages();
	ok(with > CHUNKS - NOISE, "%ld pages for tables while there is a dirty log", with);
	ok(!host.gstage || !vm_stat(vm, "leaves_2m"), "no leaf of 2 MiB");

	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	guest_fill(vcpu, GPA, SZ_2M, CHUNKS, 3);
	after = before - (long)host_free_pages();
	if (host.gstage)
		ok(after < NOISE && vm_stat(vm, "leaves_2m") == CHUNKS && vm_sound(vm),
		   "%ld of them afterwards, and %u leaves of 2 MiB", after, CHUNKS);
	else
		ok(after > CHUNKS - NOISE, "stock: %ld of them afterwards: the test can tell", after);
	ok(!guest_check(vcpu, GPA, SZ_2M, CHUNKS, 3), "with the right data");
	vm_free(vm);
	if (host.gstage) {
		logged_from_the_first(mem);
		ok(!tables_live(), "no tables are left");
	}
	return done();
}
