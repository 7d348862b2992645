/* SPDX-License-Identifier: GPL-2.0-only */
/* Dirty rings: for each vCPU, a ring of the pages that it has written. */
#ifndef TESTS_KVM_RING_H
#define TESTS_KVM_RING_H

#include "vcpu.h"

/* The number of entries of a ring. KVM ends KVM_RUN when only a few of them are free. */
#define RING_ENTRIES 1024

/**
 * struct ring - the dirty ring of a vCPU
 * @gfns: the entries, shared with KVM
 * @next: the entry that ring_take() reads next
 */
struct ring {
	volatile struct kvm_dirty_gfn *gfns;
	u32 next;
};

/**
 * rings_enable() - enable dirty rings for a VM that has no vCPU yet
 *
 * Return: false if the kernel has no dirty rings
 */
bool rings_enable(struct vm *vm);

/** ring_map() - map the ring of a vCPU; the VM must have dirty rings */
void ring_map(struct ring *ring, struct vcpu *vcpu);

/** ring_unmap() - unmap the ring; call it before vm_free() */
void ring_unmap(struct ring *ring);

/**
 * ring_take() - read all dirty entries and mark them for rings_reset()
 * @ring: the ring
 * @pages: one byte for each page of slot 0; set to 1 for each page in the ring
 * @count: the number of pages of slot 0
 *
 * The program ends if an entry is not for a page of slot 0.
 *
 * Return: the number of entries
 */
unsigned int ring_take(struct ring *ring, char *pages, u64 count);

/**
 * rings_reset() - KVM_RESET_DIRTY_RINGS: write-protect the pages that ring_take() has read
 *
 * Return: the number of entries that were reset
 */
unsigned int rings_reset(struct vm *vm);

#endif
