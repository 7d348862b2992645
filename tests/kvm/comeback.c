// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU comes back to the hart that it last ran on, and no other vCPU has run there meanwhile.
 * Kernels from 7.1 on then keep the CSRs of the hart. But the VM's format has changed meanwhile.
 * The vCPU has handled the request for this on another hart, where it did not enter the guest:
 * a full dirty ring ends KVM_RUN after the requests, and before the guest runs. The vCPU must
 * still load the new hgatp when it is back.
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

/* Does KVM_RUN end because the ring is full? */
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

		/* Change the format while the vCPU is not in the guest. */
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
	ok(full, "a vCPU with a full ring handles a change of format, and does not run");
	ok(right, "the vCPU is back on its first hart: it runs with the new root, %u times",
	   ROUNDS);
	ok(vm_sound(vm), "the tables are sound");
	ring_unmap(&ring);
	vm_free(vm);
	ok(!tables_live(), "no tables are left");
	return done();
}
