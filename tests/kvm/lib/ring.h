/* SPDX-License-Identifier: GPL-2.0-only */
/* Dirty rings: what a vCPU has written, told by itself. */
#ifndef TESTS_KVM_RING_H
#define TESTS_KVM_RING_H

#include "vcpu.h"

/* Entries of a ring; KVM ends KVM_RUN some before it is full. */
#define RING_ENTRIES 1024

/**
 * struct ring - the dirty ring of a vCPU
 * @gfns: shared with KVM
 * @next: the entry to look at next
 */
struct ring {
	volatile struct kvm_dirty_gfn *gfns;
	u32 next;
};

/** rings_enable() - let a VM that has no vCPU yet have dirty rings. False where the kernel has none */
bool rings_enable(struct vm *vm);

/** ring_map() - the ring of a vCPU of such a VM */
void ring_map(struct ring *ring, struct vcpu *vcpu);

/** ring_unmap() - before vm_free() */
void ring_unmap(struct ring *ring);

/**
 * ring_take() - take what is in the ring
 * @pages: bytes, one for each page of slot 0; those in the ring become 1
 * @count: how many pages that slot has
 *
 * Return: how many entries there were. An entry of no page of slot 0 ends the program.
 */
unsigned int ring_take(struct ring *ring, char *pages, u64 count);

/** rings_reset() - protect again what was taken. Return: how many entries that were */
unsigned int rings_reset(struct vm *vm);

#endif
