/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM at work: each of its vCPUs checks and changes memory in a loop and never
 * leaves the guest, while the test does things to the VM. All of its memory lies
 * below 2 TiB, so that it can have every format.
 */
#ifndef TESTS_KVM_WORK_H
#define TESTS_KVM_WORK_H

#include "guest/soak.h"
#include "vcpu.h"

/* The parts of memory, a slot each. In four pages of an Sv39x4 root, and at its top. */
enum part { DENSE, SPARSE, THP, TOP, LOGGED, FICKLE, PARTS };

/* A slot that comes and goes: work_high(). */
#define HIGH_SLOT  PARTS
#define HIGH_PAGES 16
#define HIGH_SIZE  (HIGH_PAGES * SZ_4K)

#define LOGGED_PAGES 64

/**
 * struct work - a VM at work
 * @vm: the VM
 * @soak: for each vCPU
 * @mem: of each part
 */
struct work {
	struct vm *vm;
	struct soak *soak[VCPUS_MAX];
	char *mem[PARTS];
};

/** part_gpa(), part_size() - where a part lies */
u64 part_gpa(enum part part);
u64 part_size(enum part part);

/**
 * work_new() - give a VM memory and vCPUs, and let them work
 *
 * All memory has been used once by every vCPU on return.
 */
struct work *work_new(struct vm *vm, unsigned int vcpus);

/** work_goes_on() - wait until every vCPU has done @passes; ends the program if one stalls */
void work_goes_on(struct work *work, unsigned int passes);

/** work_high() - let the guests use the slot at @gpa: return when all have */
void work_high(struct work *work, u64 gpa);

/** work_low() - let them leave it alone: return when all do */
void work_low(struct work *work);

/** work_right() - has no vCPU seen a wrong value? Tells where not. */
bool work_right(const struct work *work);

/** work_end() - stop the vCPUs, and end the VM */
void work_end(struct work *work);

#endif
