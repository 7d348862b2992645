// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty logging splits large leaves. When it stops, the large leaves come back and the tables of
 * the small leaves are freed. The test also counts free pages of the host, which works with the
 * stock module too. The stock module keeps the small leaves and their tables: this is asserted.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "stock.h"
#include "tap.h"
#include "vcpu.h"

#define GPA    SZ_1G
#define CHUNKS 200
#define SIZE   (CHUNKS * SZ_2M)

/* The number of pages that the host may allocate or free for other purposes. */
#define NOISE (CHUNKS / 4)

/*
 * A slot that is logged when it is created. No large leaf was ever split, but large leaves must
 * come when logging stops.
 */
static void logged_from_the_first(char *mem)
{
	struct vm *vm = vm_new(host.widest);
	struct vcpu *vcpu = vcpu_new(vm);

	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	guest_fill(vcpu, GPA, SZ_2M, CHUNKS, 4);
	ok(!vm_stat(vm, "leaves_2m") && !vm_stat(vm, "splits"),
	   "a slot is created with dirty logging: no leaf of 2 MiB, and no split");
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	ok(vm_stat(vm, "leaves_2m") == CHUNKS && vm_sound(vm),
	   "logging stops for it: %u leaves of 2 MiB", CHUNKS);
	ok(!guest_check(vcpu, GPA, SZ_2M, CHUNKS, 4), "these leaves have the right data");
	vm_free(vm);
}

/* Does KVM_RUN fail at the first store to a large leaf? */
static bool store_fails(struct vcpu *vcpu)
{
	vcpu->box->addr = GPA;
	vcpu->box->width = 8;
	vcpu_post(vcpu, OP_STORE);
	return ioctl(vcpu->fd, KVM_RUN, 0) && errno == EEXIST;
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
	ok(!host.gstage || vm_stat(vm, "leaves_2m") == CHUNKS,
	   "no dirty logging: %u leaves of 2 MiB", CHUNKS);

	before = host_free_pages();
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	if (!host.gstage && stock()->huge_unlogged) {
		ok(store_fails(vcpu),
		   "stock: dirty logging of a huge page: KVM_RUN fails with EEXIST");
		return done();
	}
	guest_fill(vcpu, GPA, SZ_2M, CHUNKS, 2);
	with = before - (long)host_free_pages();
	ok(with > CHUNKS - NOISE, "dirty logging: %ld pages are allocated for tables", with);
	ok(!host.gstage || !vm_stat(vm, "leaves_2m"), "dirty logging: no leaf of 2 MiB");

	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	guest_fill(vcpu, GPA, SZ_2M, CHUNKS, 3);
	after = before - (long)host_free_pages();
	if (host.gstage)
		ok(after < NOISE && vm_stat(vm, "leaves_2m") == CHUNKS && vm_sound(vm),
		   "logging stops: %ld of these pages are left, and %u leaves of 2 MiB are back",
		   after, CHUNKS);
	else
		ok(after > CHUNKS - NOISE,
		   "stock: logging stops: the test finds the defect: %ld of these pages are left",
		   after);
	ok(!guest_check(vcpu, GPA, SZ_2M, CHUNKS, 3), "the memory has the right data");
	vm_free(vm);
	if (host.gstage) {
		logged_from_the_first(mem);
		ok(!tables_live(), "no tables are left");
	}
	return done();
}
