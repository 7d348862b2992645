// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "ring.h"
#include "tap.h"

/* KVM_DIRTY_LOG_PAGE_OFFSET of RISC-V: the page of the vCPU's fd where its ring starts. */
#define RING_OFFSET 64

#define RING_BYTES (RING_ENTRIES * sizeof(struct kvm_dirty_gfn))

bool rings_enable(struct vm *vm)
{
	int max = ioctl(vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_DIRTY_LOG_RING_ACQ_REL);
	int err;

	if (max <= 0)
		return false;
	err = enable_cap(vm->fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, 0, RING_BYTES, 0, 0, 0);
	if (err)
		bail("KVM_CAP_DIRTY_LOG_RING_ACQ_REL: %s", strerror(err));
	return true;
}

void ring_map(struct ring *ring, struct vcpu *vcpu)
{
	void *map = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd,
			 RING_OFFSET * SZ_4K);

	if (map == MAP_FAILED)
		bail("mmap of a dirty ring: %s", strerror(errno));
	ring->gfns = map;
	ring->next = 0;
}

void ring_unmap(struct ring *ring)
{
	munmap((void *)ring->gfns, RING_BYTES);
}

unsigned int ring_take(struct ring *ring, char *pages, u64 count)
{
	unsigned int taken = 0;

	for (;; taken++) {
		volatile struct kvm_dirty_gfn *gfn = &ring->gfns[ring->next % RING_ENTRIES];

		if (__atomic_load_n(&gfn->flags, __ATOMIC_ACQUIRE) != KVM_DIRTY_GFN_F_DIRTY)
			return taken;
		if (gfn->slot || gfn->offset >= count)
			bail("the ring has page %llu of slot %u", (unsigned long long)gfn->offset,
			     gfn->slot);
		pages[gfn->offset] = 1;
		__atomic_store_n(&gfn->flags, KVM_DIRTY_GFN_F_RESET, __ATOMIC_RELEASE);
		ring->next++;
	}
}

unsigned int rings_reset(struct vm *vm)
{
	int ret = ioctl(vm->fd, KVM_RESET_DIRTY_RINGS, 0);

	if (ret < 0)
		bail("KVM_RESET_DIRTY_RINGS: %s", strerror(errno));
	return ret;
}
