// SPDX-License-Identifier: GPL-2.0-only
/* KVM_PRE_FAULT_MEMORY: what it maps, what it refuses, and how it ends early. */
#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "count.h"
#include "tap.h"
#include "vcpu.h"

#define GPA   SZ_1G
#define SIZE  (4 * SZ_2M)
#define PAGES (SIZE / SZ_4K)

static struct vm *vm;
static struct vcpu *vcpu;
static const char *name;
static struct kvm_pre_fault_memory range;

/* Pre-fault a range. KVM writes the rest of the range to @range. Return: 0 or errno. */
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
		{ GPA + 1, SZ_4K, 0, EINVAL, "a gpa that is not aligned to 4 KiB" },
		{ GPA, SZ_4K + 8, 0, EINVAL, "a size that is not a multiple of 4 KiB" },
		{ GPA, 0, 0, EINVAL, "an empty range" },
		{ GPA, -SZ_4K, 0, EINVAL, "a range that overflows" },
		{ GPA, SZ_4K, 1, EINVAL, "a flag" },
		{ GPA - SZ_4K, SZ_4K, 0, ENOENT, "a gpa in no slot" },
		{ 1ULL << 62, SZ_4K, 0, ENOENT, "a gpa above the limit of the format" },
	};
	u64 leaves = vm_leaves(vm);

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		ok(is(prefault(cases[i].gpa, cases[i].size, cases[i].flags), cases[i].err) &&
			   range.gpa == cases[i].gpa && range.size == cases[i].size,
		   "%s: %s is refused, and the range is not changed", name, cases[i].what);
	ok(vm_leaves(vm) == leaves, "%s: nothing was mapped", name);
}

static atomic_uint caught;

static void catch (int sig)
{
	(void)sig;
	caught++;
}

static atomic_int ended;
static unsigned int caught_before;

static void *prefault_thread(void *arg)
{
	(void)arg;
	ended = -1;
	caught_before = caught;
	ended = prefault(GPA, SZ_2M, 0);
	return NULL;
}

/*
 * A signal is pending when the pre-fault begins. The ioctl waits for the vCPU's mutex, because
 * another thread runs the vCPU. The signal arrives meanwhile. If the signal arrives before the
 * ioctl, the round shows nothing and is repeated.
 */
static void interrupted(void)
{
	bool tried = false, good = true;
	u64 before;

	for (unsigned int n = 0; n < 20 && !tried; n++) {
		pthread_t thread;

		vcpu_start(vcpu);
		guest_check(vcpu, CONTROL_GPA, 0, 0, 0);
		before = vm_stat(vm, "prefaults");
		ended = -2;
		pthread_create(&thread, NULL, prefault_thread, NULL);
		wait_for(ended == -1, 5000);
		/* The handler runs only after the ioctl has returned. */
		usleep(20000);
		pthread_kill(thread, SIGUSR2);
		vcpu_stop(vcpu);
		pthread_join(thread, NULL);
		tried = ended == EINTR;
		if (tried)
			good = range.gpa == GPA && range.size == SZ_2M &&
			       vm_stat(vm, "prefaults") == before && caught == caught_before + 1;
	}
	ok(tried && good, "%s: a pending signal ends it with EINTR before it maps anything", name);

	sigset_t one, old;

	sigemptyset(&one);
	sigaddset(&one, SIGUSR2);
	sigprocmask(SIG_BLOCK, &one, &old);
	raise(SIGUSR2);
	ok(!prefault(GPA, SZ_4K, 0) && !range.size, "%s: a blocked signal does not disturb it",
	   name);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/*
 * Send signals all the time. Each call reports the rest of the range, and in the end all is mapped.
 */
static void *signals(void *arg)
{
	pthread_t *to = arg;

	while (ended != 1) {
		pthread_kill(*to, SIGUSR2);
		usleep(100);
	}
	return NULL;
}

static void in_parts(void)
{
	u64 gpa = GPA, size = SIZE;
	pthread_t thread, self = pthread_self();
	unsigned int parts = 0, none = 0;
	bool good = true;
	int err;

	ended = 0;
	pthread_create(&thread, NULL, signals, &self);
	while (size && good) {
		err = prefault(gpa, size, 0);
		good = !err ? range.gpa > gpa && range.gpa + range.size == GPA + SIZE :
			      err == EINTR && range.gpa == gpa && range.size == size;
		none += err == EINTR;
		parts++;
		gpa = range.gpa;
		size = range.size;
	}
	ended = 1;
	pthread_join(thread, NULL);
	count_from(vm);
	ok(good && !guest_check(vcpu, GPA, SZ_4K, PAGES, 1) && counted(vm, "faults 0"),
	   "%s: while signals arrive all the time it is done in parts", name);
	diag("%u calls, %u of them EINTR before anything was mapped", parts, none);
}

/* Take pages of the slot's memory away until the test ends. */
static void *taker(void *arg)
{
	char *mem = arg;
	u64 n = 0;

	while (ended != 1) {
		madvise(mem + n++ * 37 % PAGES * SZ_4K, 5 * SZ_4K, MADV_DONTNEED);
		if (n % 8 == 0)
			madvise(mem + n / 8 % (SIZE / SZ_2M) * SZ_2M, SZ_2M, MADV_DONTNEED);
		/* Without a pause, each fault would be overtaken by a notifier and repeated. */
		usleep(300);
	}
	return NULL;
}

/* While the host takes pages away, the guest and the host always see the same pages. */
static void raced(void)
{
	char *mem = mem_map(SIZE + SZ_2M, SMALL);
	pthread_t thread;
	u64 bad = 0;

	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	ended = 0;
	pthread_create(&thread, NULL, taker, mem);
	for (unsigned int round = 1; round <= 3; round++) {
		bad += !!prefault_all(GPA, SIZE);
		guest_fill(vcpu, GPA, SZ_4K, PAGES, round);
		bad += !!prefault_all(GPA, SIZE);
	}
	ended = 1;
	pthread_join(thread, NULL);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 77);
	for (unsigned int page = 0; page < PAGES; page++)
		bad += *(u64 *)(mem + page * SZ_4K) != stamp(77, GPA + page * SZ_4K);
	ok(!bad && vm_sound(vm),
	   "%s: while the host takes pages away, the guest writes the pages that the host has",
	   name);
	madvise(mem, SIZE, MADV_DONTNEED);
	ok(!guest_check(vcpu, GPA, SZ_4K, 0, 0) && guest_load(vcpu, GPA + 9 * SZ_4K) == 0 &&
		   vm_sound(vm),
	   "%s: the guest does not keep pages that are taken away after that", name);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	mem_unmap(mem, SIZE + SZ_2M);
}

/* Memory that the host has not populated, memory that the VMM may not access, a read-only slot. */
static void fresh(void)
{
	char *mem = mem_map(SIZE, SMALL);

	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	count_from(vm);
	ok(!prefault_all(GPA, 64 * SZ_4K) && counted(vm, "faults 0 leaves_4k 64") &&
		   !guest_load(vcpu, GPA + 3 * SZ_4K) && counted(vm, "faults 0"),
	   "%s: loads from fresh memory are no faults", name);
	guest_fill(vcpu, GPA, SZ_4K, 64, 3);
	ok(counted(vm, "faults_4k 64") && !guest_check(vcpu, GPA, SZ_4K, 64, 3),
	   "%s: the first store to each of its pages is one fault", name);
	mprotect(mem + SZ_2M, SZ_4K, PROT_NONE);
	ok(is(prefault_all(GPA + SZ_2M - 4 * SZ_4K, 8 * SZ_4K), EFAULT) &&
		   range.gpa == GPA + SZ_2M && range.size == 4 * SZ_4K,
	   "%s: EFAULT at memory that the VMM may not access, and the range says where", name);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	vm_slot(vm, 0, KVM_MEM_READONLY, GPA, SIZE, mem);
	u64 stores = vcpu->mmio_writes;

	ok(!prefault_all(GPA, 64 * SZ_4K), "%s: a read-only slot can be pre-faulted", name);
	guest_store(vcpu, GPA + 5 * SZ_4K, 9);
	ok(vcpu->mmio_writes == stores + 1 && !guest_check(vcpu, GPA, SZ_4K, 64, 3),
	   "%s: a store to it is still an MMIO exit", name);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	mem_unmap(mem, SIZE);
}

static void works(enum backing backing)
{
	const char *what = backing == HUGE ? "huge" : "small";
	char *mem = mem_map(SIZE, backing);

	for (unsigned int page = 0; page < PAGES; page++)
		*(u64 *)(mem + page * SZ_4K) = stamp(1, GPA + page * SZ_4K);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	if (backing == SMALL) {
		refused();
		in_parts();
		interrupted();
		/* Unmap the pages from the guest. The host keeps them. */
		vm_slot(vm, 0, 0, GPA, 0, mem);
		vm_slot(vm, 0, 0, GPA, SIZE, mem);
	}
	count_from(vm);
	ok(!prefault_all(GPA, SIZE) && range.gpa == GPA + SIZE,
	   "%s: %s pages: the whole slot is pre-faulted", name, what);
	if (backing == HUGE)
		ok(counted(vm, "leaves_2m %lu leaves_4k 0 prefaults %lu faults 0", SIZE / SZ_2M,
			   SIZE / SZ_2M),
		   "%s: with 2 MiB leaves", name);
	else
		ok(counted(vm, "leaves_2m 0 leaves_4k %lu prefaults %lu faults 0", PAGES,
			   PAGES / 16),
		   "%s: with 4 KiB leaves, 16 at a time", name);
	ok(!prefault_all(GPA, SIZE) && counted(vm, "prefaults 0"),
	   "%s: a pre-fault of mapped pages maps nothing", name);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 5);
	ok(counted(vm, "faults 0") && !guest_check(vcpu, GPA, SZ_4K, PAGES, 5),
	   "%s: the guest writes the whole slot without a fault", name);

	/*
	 * The range goes beyond the slot: the part in the slot is done, and the rest is reported.
	 */
	madvise(mem, SIZE, MADV_DONTNEED);
	memset(mem, 2, SIZE);
	ok(!prefault_all(GPA + SIZE - SZ_2M, SZ_2M) &&
		   is(prefault_all(GPA + SIZE - SZ_4K, 2 * SZ_4K), ENOENT) &&
		   range.gpa == GPA + SIZE && range.size == SZ_4K,
	   "%s: it ends at the end of the slot, with ENOENT", name);
	ok(!prefault(GPA + SIZE - SZ_4K, 2 * SZ_4K, 0) && range.gpa == GPA + SIZE &&
		   range.size == SZ_4K,
	   "%s: a call that maps a part returns 0 and reports the rest", name);

	/* In a logged slot, pre-faulted pages are write-protected: the log sees the first store. */
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	prefault_all(GPA, SIZE);
	u64 log[PAGES / 64] = { 0 };
	struct kvm_dirty_log dirty = { .slot = 0, .dirty_bitmap = log };

	ioctl(vm->fd, KVM_GET_DIRTY_LOG, &dirty);
	prefault_all(GPA, SIZE);
	guest_store(vcpu, GPA + 77 * SZ_4K, 1);
	ioctl(vm->fd, KVM_GET_DIRTY_LOG, &dirty);
	ok(log[1] == 1ULL << (77 - 64) && !log[0] && !log[2],
	   "%s: dirty logging sees the one store", name);
	ok(vm_sound(vm), "%s: the tables are sound", name);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	mem_unmap(mem, SIZE);
}

int main(void)
{
	struct sigaction action = { .sa_handler = catch };
	const struct format *f;

	host_init(100);
	sigaction(SIGUSR2, &action, NULL);
	if (!host.gstage) {
		ok(ioctl(host.kvm, KVM_CHECK_EXTENSION, KVM_CAP_PRE_FAULT_MEMORY) == 0,
		   "the stock module does not have KVM_CAP_PRE_FAULT_MEMORY");
		vm = vm_new(NULL);
		vcpu = vcpu_new(vm);
		ok(is(prefault(CONTROL_GPA, SZ_4K, 0), EINVAL),
		   "the stock module refuses KVM_PRE_FAULT_MEMORY with EINVAL");
		return done();
	}
	ok(ioctl(host.kvm, KVM_CHECK_EXTENSION, KVM_CAP_PRE_FAULT_MEMORY) == 1,
	   "KVM_CAP_PRE_FAULT_MEMORY is 1");
	for_each_format(f) {
		vm = vm_new(f);
		vcpu = vcpu_new(vm);
		name = f->name;
		vcpu_warm(vcpu);
		works(SMALL);
		works(HUGE);
		fresh();
		if (f == host.widest)
			raced();
		vm_free(vm);
	}
	ok(!tables_live(), "no tables are left");
	return done();
}
