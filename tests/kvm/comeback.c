// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU comes back to the hart that it last ran on, where no other vCPU was meanwhile: kernels from
 * 7.1 on leave the registers of the hart as they are then. Its format was changed while it was away,
 * and it was told so on another hart, without running there: a full dirty ring ends KVM_RUN after
 * what was posted is done, and before the guest goes on.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "live.h"
#include "ring.h"
#include "tap.h"

#define GPA    SZ_1G
#define PAGES  2048
#define SIZE   (PAGES * SZ_4K)
#define ROUNDS 8

static struct vm *vm;
static struct vcpu *vcpu;
static struct ring ring;
static char taken[PAGES];

static void when_full(struct vcpu *unused)
{
	(void)unused;
	ring_take(&ring, taken, PAGES);
	rings_reset(vm);
}

/* Is the ring full before the guest gets anywhere? */
static bool is_full(void)
{
	int ret;

	do {
		ret = ioctl(vcpu->fd, KVM_RUN, 0);
	} while (ret && (errno == EINTR || errno == EAGAIN));
	return !ret && vcpu->run->exit_reason == KVM_EXIT_DIRTY_RING_FULL;
}

int main(void)
{
	const struct format *f = NULL;
	bool full = true, right = true;
	char *mem;

	host_init(60);
	vm = vm_new(NULL);
	if (!rings_enable(vm))
		bail("this kernel has no dirty rings");
	mem = mem_map(SIZE, SMALL);
	vcpu = vcpu_new(vm);
	ring_map(&ring, vcpu);
	vcpu->ring_full = when_full;
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);

	for (unsigned int i = 0; i < ROUNDS && full && right; i++) {
		unsigned int home = i % 2;
		int err;

		keep_to(home);
		guest_fill(vcpu, GPA, SZ_4K, 1, i);
		when_full(vcpu);

		vcpu->box->addr = GPA;
		vcpu->box->stride = SZ_4K;
		vcpu->box->count = PAGES;
		vcpu->box->tag = i;
		vcpu_post(vcpu, OP_FILL);
		full &= is_full();

		/* The hart that it ran on forgets the old root. */
		f = next_format(f) ?: next_format(NULL);
		err = change_format(vm->fd, f->mode);
		if (err)
			bail("%s: %s", f->name, strerror(err));

		keep_to(!home);
		full &= is_full();
		keep_to(home);
		when_full(vcpu);
		vcpu_wait(vcpu);
		right &= !guest_check(vcpu, GPA, SZ_4K, PAGES, i);
	}
	ok(full, "a vCPU whose ring is full is told of another format, and does not run");
	ok(right, "back on its hart it runs with the new root, %u times", ROUNDS);
	ok(vm_sound(vm), "sound");
	ring_unmap(&ring);
	vm_free(vm);
	ok(!tables_live(), "no tables are left");
	return done();
}
