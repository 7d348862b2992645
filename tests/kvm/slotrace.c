// SPDX-License-Identifier: GPL-2.0-only
/*
 * A memslot is deleted and created again, while one vCPU stores to it and another pre-faults it.
 * Each store succeeds or is an MMIO exit, and KVM_RUN never fails. Each pre-fault succeeds or
 * fails with ENOENT.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stock.h"
#include "tap.h"
#include "vcpu.h"

#define GPA   SZ_1G
#define PAGES 512
#define SIZE  (PAGES * SZ_4K)
#define HOT   64
/* The deletion and the creation of a slot each wait for a grace period, which may be slow. */
#define ROUNDS_MIN 50
#define ROUNDS_MAX 2000
#define SLOW_MS    20000

static struct vm *vm;
static struct vcpu *vcpu, *ahead;
static char *mem;
static atomic_bool over;
static unsigned long done_ahead, no_slot, wrong;

static void *fault_ahead(void *unused)
{
	for (u64 page = 0; !over; page = (page + 7) % PAGES) {
		int err = vcpu_prefault(ahead, GPA + page * SZ_4K, SZ_4K);

		done_ahead += !err;
		no_slot += err == ENOENT;
		if (err && err != ENOENT && !wrong++)
			diag("a pre-fault failed: %s", strerror(err));
	}
	return unused;
}

static void disturb(const char *name, int gone)
{
	u64 start = now_ms(), efaults = vcpu->efaults, mmio = vcpu->mmio_writes;
	bool defect = !host.gstage && stock()->slot_efaults;
	pthread_t thread;
	unsigned int round;

	done_ahead = no_slot = wrong = 0;
	over = false;
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	for (unsigned int i = 0; i < HOT; i++)
		vcpu->list[i] = GPA + i * 37 % PAGES * SZ_4K;
	vcpu->box->count = HOT;
	vcpu->box->value = 12345;
	vcpu->box->stride = 0;
	vcpu_post(vcpu, OP_LIST_RANDOM);
	if (host.gstage)
		pthread_create(&thread, NULL, fault_ahead, NULL);
	for (round = 0; round < ROUNDS_MAX; round++) {
		if (now_ms() - start > SLOW_MS && round >= ROUNDS_MIN)
			break;
		/* Once is enough to show the defect. */
		if (defect && vcpu->efaults != efaults)
			break;
		usleep(rnd() % 1200);
		if (round % 2)
			madvise(mem, SIZE, gone);
		vm_slot(vm, 0, 0, GPA, 0, mem);
		vm_slot(vm, 0, 0, GPA, SIZE, mem);
	}
	vcpu_halt(vcpu);
	over = true;
	if (host.gstage)
		pthread_join(thread, NULL);
	efaults = vcpu->efaults - efaults;
	diag("%s: %u rounds, %lu stores without a slot; %lu pre-faults, %lu without a slot", name,
	     round, (unsigned long)(vcpu->mmio_writes - mmio), done_ahead, no_slot);
	if (defect)
		ok(efaults, "%s: KVM_RUN fails with EFAULT, a defect of this stock module", name);
	else
		ok(!efaults, "%s: KVM_RUN never fails (EFAULT %lu times)", name,
		   (unsigned long)efaults);
	if (host.gstage)
		ok(!wrong && done_ahead && no_slot, "%s: pre-faults succeed or fail with ENOENT",
		   name);
	ok(vm_sound(vm), "%s: the tables are sound", name);
	vm_slot(vm, 0, 0, GPA, 0, mem);
}

int main(void)
{
	int fd = memfd_create("slotrace", MFD_CLOEXEC);

	host_init(110);
	vm = vm_new(NULL);
	vcpu = vcpu_new(vm);
	ahead = vcpu_new(vm);
	vcpu_warm(vcpu);
	vcpu_start_alone(vcpu);
	if (fd < 0 || ftruncate(fd, SIZE))
		bail("memfd: %s", strerror(errno));
	mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		bail("mmap: %s", strerror(errno));
	disturb("a file", MADV_REMOVE);
	munmap(mem, SIZE);
	mem = mem_map(SIZE, SMALL);
	disturb("anonymous memory", MADV_DONTNEED);
	vcpu_stop(vcpu);
	vm_free(vm);
	return done();
}
