// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of several vCPUs run beside each other: on memory of their own, and all in the same
 * tables, page by page in turn; also while the host takes pages away.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "tap.h"
#include "vcpu.h"

#define VCPUS 4
#define SIZE  (2 * SZ_2M)
#define PAGES (SIZE / SZ_4K)
#define GPA   SZ_1G

static struct vm *vm;
static char *mem;
static const char *name;

/* Each vCPU does its quarter: @interleaved: every fourth page of all, else a piece. Return: wrong pages. */
static u64 all(u32 op, bool interleaved, u64 tag)
{
	u64 bad = 0;

	for (unsigned int v = 0; v < VCPUS; v++) {
		struct mailbox *box = vm->vcpu[v]->box;

		box->stride = interleaved ? VCPUS * SZ_4K : SZ_4K;
		box->count = PAGES / VCPUS;
		box->addr = GPA + (interleaved ? v * SZ_4K : v * (SIZE / VCPUS));
		box->tag = tag;
		vcpu_post(vm->vcpu[v], op);
	}
	for (unsigned int v = 0; v < VCPUS; v++) {
		vcpu_wait(vm->vcpu[v]);
		if (op == OP_CHECK)
			bad += vm->vcpu[v]->box->result;
	}
	return bad;
}

static u64 host_bad(u64 tag)
{
	u64 bad = 0;

	for (u64 at = 0; at < SIZE; at += SZ_4K)
		bad += *(u64 *)(mem + at) != stamp(tag, GPA + at);
	return bad;
}

static void touch(bool interleaved, u64 tag)
{
	const char *how = interleaved ? "page by page in turn" : "a piece each";
	u64 exclusive = vm_stat(vm, "faults_exclusive"), faults = vm_stat(vm, "faults");

	madvise(mem, SIZE, MADV_DONTNEED);
	all(OP_FILL, interleaved, tag);
	faults = vm_stat(vm, "faults") - faults;
	ok(faults >= PAGES && vm_stat(vm, "faults_exclusive") == exclusive,
	   "%s: %u vCPUs touch fresh memory, %s: no fault needs the lock for itself", name, VCPUS, how);
	diag("%llu faults for %lu pages, %llu of them alone", (unsigned long long)faults, PAGES,
	     (unsigned long long)(vm_stat(vm, "faults_exclusive") - exclusive));
	ok(vm_stat(vm, "leaves_4k") >= PAGES && !all(OP_CHECK, !interleaved, tag) && !host_bad(tag),
	   "%s: and every page is there, with its data", name);
	ok(vm_sound(vm), "%s: sound", name);
}

/* While pages go: what a vCPU wrote is either there or was taken with its page. */
static void with_holes(void)
{
	u64 wrong = 0;

	for (unsigned int round = 0; round < 4; round++) {
		madvise(mem, SIZE, MADV_DONTNEED);
		for (unsigned int v = 0; v < VCPUS; v++) {
			struct mailbox *box = vm->vcpu[v]->box;

			box->stride = VCPUS * SZ_4K;
			box->count = PAGES / VCPUS;
			box->addr = GPA + v * SZ_4K;
			box->tag = 100 + round;
			vcpu_post(vm->vcpu[v], OP_FILL);
		}
		for (unsigned int n = 0; n < 64; n++) {
			madvise(mem + rnd() % PAGES * SZ_4K, SZ_4K, MADV_DONTNEED);
			/* A store meanwhile is an EFAULT, and skipped. */
			if (n % 16 == 0) {
				mprotect(mem + SZ_2M, SZ_2M, PROT_READ);
				mprotect(mem + SZ_2M, SZ_2M, PROT_READ | PROT_WRITE);
			}
		}
		for (unsigned int v = 0; v < VCPUS; v++)
			vcpu_wait(vm->vcpu[v]);
		for (u64 at = 0; at < SIZE; at += SZ_4K) {
			u64 value = *(u64 *)(mem + at);

			wrong += value && value != stamp(100 + round, GPA + at);
		}
	}
	ok(!wrong, "%s: while the host takes pages away no page has anything else", name);
	ok(vm_sound(vm), "%s: sound", name);
}

int main(void)
{
	const struct format *f;

	host_init(150);
	for_each_format(f) {
		vm = vm_new(f);
		name = f->name;
		mem = mem_map(SIZE, SMALL);
		vm_slot(vm, 0, 0, GPA, SIZE, mem);
		for (unsigned int v = 0; v < VCPUS; v++) {
			struct vcpu *vcpu = vcpu_new(vm);

			/* What the mailbox needs is mapped from here on. */
			guest_check(vcpu, CONTROL_GPA, 0, 0, 0);
			vcpu_start(vcpu);
		}
		touch(false, 1);
		touch(true, 2);
		with_holes();
		for (unsigned int v = 0; v < VCPUS; v++)
			vcpu_stop(vm->vcpu[v]);
		vm_free(vm);
		mem_unmap(mem, SIZE);
	}
	ok(!tables_live(), "no tables are left");
	return done();
}
