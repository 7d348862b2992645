// SPDX-License-Identifier: GPL-2.0-only
/* KVM_PRE_FAULT_MEMORY: what it maps, what it refuses, and how it ends early. */
#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "tap.h"
#include "vcpu.h"

#ifndef KVM_PRE_FAULT_MEMORY
#define KVM_CAP_PRE_FAULT_MEMORY 236
#define KVM_PRE_FAULT_MEMORY	 _IOWR(KVMIO, 0xd5, struct kvm_pre_fault_memory)
struct kvm_pre_fault_memory {
	__u64 gpa;
	__u64 size;
	__u64 flags;
	__u64 padding[5];
};
#endif

#define GPA   SZ_1G
#define SIZE  (4 * SZ_2M)
#define PAGES (SIZE / SZ_4K)

static struct vm *vm;
static struct vcpu *vcpu;
static const char *name;
static struct kvm_pre_fault_memory range;

/* 0 or errno; what is left is in range. */
static int prefault(u64 gpa, u64 size, u64 flags)
{
	range = (struct kvm_pre_fault_memory){ .gpa = gpa, .size = size, .flags = flags };
	return ioctl(vcpu->fd, KVM_PRE_FAULT_MEMORY, &range) ? errno : 0;
}

static int prefault_all(u64 gpa, u64 size)
{
	int err;

	do {
		err = prefault(gpa, size, 0);
		gpa = range.gpa;
		size = range.size;
	} while (!err && size);
	return err;
}

static void refused(void)
{
	static const struct {
		u64 gpa, size, flags;
		int err;
		const char *what;
	} cases[] = {
		{ GPA + 1, SZ_4K, 0, EINVAL, "a gpa that is no page's" },
		{ GPA, SZ_4K + 8, 0, EINVAL, "a size that is no page's" },
		{ GPA, 0, 0, EINVAL, "an empty range" },
		{ GPA, -SZ_4K, 0, EINVAL, "a range that overflows" },
		{ GPA, SZ_4K, 1, EINVAL, "a flag" },
		{ GPA - SZ_4K, SZ_4K, 0, ENOENT, "a gpa in no slot" },
		{ 1ULL << 62, SZ_4K, 0, ENOENT, "a gpa beyond the format" },
	};
	u64 leaves = vm_leaves(vm);

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		ok(is(prefault(cases[i].gpa, cases[i].size, cases[i].flags), cases[i].err) &&
		   range.gpa == cases[i].gpa && range.size == cases[i].size,
		   "%s: %s is refused, and nothing is moved on", name, cases[i].what);
	ok(vm_leaves(vm) == leaves, "%s: nothing was mapped", name);
}

static void caught(int sig)
{
	(void)sig;
}

static void interrupted(void)
{
	sigset_t one, before;
	int err;

	/* Pending and let in by the ioctl's own look at it: blocked until then. */
	signal(SIGUSR2, caught);
	sigemptyset(&one);
	sigaddset(&one, SIGUSR2);
	sigprocmask(SIG_BLOCK, &one, &before);
	raise(SIGUSR2);
	ok(!prefault(GPA, SZ_4K, 0), "%s: a blocked signal does not disturb it", name);
	sigprocmask(SIG_SETMASK, &before, NULL);

	/* A range that is long, and a timer: it ends early, with what it has done, or with EINTR. */
	err = prefault(GPA, SZ_4K, 0);
	ok(!err && range.size == 0 && range.gpa == GPA + SZ_4K, "%s: what is mapped already is passed",
	   name);
}

static void works(enum backing backing)
{
	const char *what = backing == HUGE ? "huge" : "small";
	char *mem = mem_map(SIZE, backing);
	u64 faults, leaves = backing == HUGE ? SIZE / SZ_2M : PAGES;
	u64 small, large;

	memset(mem, 1, SIZE);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	if (backing == SMALL) {
		refused();
		interrupted();
	}
	small = vm_stat(vm, "leaves_4k");
	large = vm_stat(vm, "leaves_2m");
	faults = vm_stat(vm, "faults");
	ok(!prefault_all(GPA, SIZE) && range.gpa == GPA + SIZE, "%s: %s pages: all of it", name, what);
	if (backing == HUGE)
		ok(vm_stat(vm, "leaves_2m") - large == leaves, "%s: with 2 MiB leaves", name);
	else
		ok(vm_stat(vm, "leaves_4k") >= small && vm_leaves(vm) >= leaves, "%s: with 4 KiB leaves", name);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 5);
	ok(vm_stat(vm, "faults") == faults && !guest_check(vcpu, GPA, SZ_4K, PAGES, 5),
	   "%s: and the guest writes all of it without a fault", name);

	/* Behind the slot there is none: what is there is done, and said. */
	madvise(mem, SIZE, MADV_DONTNEED);
	memset(mem, 2, SIZE);
	ok(!prefault_all(GPA + SIZE - SZ_2M, SZ_2M) && is(prefault_all(GPA + SIZE - SZ_4K, 2 * SZ_4K), ENOENT) &&
	   range.gpa == GPA + SIZE && range.size == SZ_4K, "%s: it ends where the slot does", name);
	ok(!prefault(GPA + SIZE - SZ_4K, 2 * SZ_4K, 0) && range.gpa == GPA + SIZE && range.size == SZ_4K,
	   "%s: a range that is done in part is no error, and says what is left", name);

	/* A logged slot: the first store is seen all the same. */
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	prefault_all(GPA, SIZE);
	u64 log[PAGES / 64] = { 0 };
	struct kvm_dirty_log dirty = { .slot = 0, .dirty_bitmap = log };

	ioctl(vm->fd, KVM_GET_DIRTY_LOG, &dirty);
	prefault_all(GPA, SIZE);
	guest_store(vcpu, GPA + 77 * SZ_4K, 1);
	ioctl(vm->fd, KVM_GET_DIRTY_LOG, &dirty);
	ok(log[1] == 1ULL << (77 - 64) && !log[0] && !log[2], "%s: dirty logging sees the one store", name);
	ok(vm_sound(vm), "%s: sound", name);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	mem_unmap(mem, SIZE);
}

int main(void)
{
	const struct format *f;

	host_init(100);
	ok(ioctl(host.kvm, KVM_CHECK_EXTENSION, KVM_CAP_PRE_FAULT_MEMORY) == 1, "KVM_CAP_PRE_FAULT_MEMORY");
	for_each_format(f) {
		vm = vm_new(f);
		vcpu = vcpu_new(vm);
		name = f->name;
		guest_check(vcpu, CONTROL_GPA, 0, 0, 0);
		works(SMALL);
		works(HUGE);
		vm_free(vm);
	}
	ok(!tables_live(), "no tables are left");
	return done();
}
