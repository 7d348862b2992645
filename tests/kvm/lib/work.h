/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM at work. Each of its vCPUs checks and changes memory in a loop and does not leave the
 * guest, while the test changes the VM. All memory of the VM is below 2 TiB, so that the VM can
 * have every format.
 */
#ifndef TESTS_KVM_WORK_H
#define TESTS_KVM_WORK_H

#include "guest/soak.h"
#include "vcpu.h"

/*
 * The parts of the VM's memory. Each part is a slot. They use all four pages of an Sv39x4 root,
 * and TOP ends where Sv39x4 ends.
 */
enum part { DENSE, SPARSE, THP, TOP, LOGGED, FICKLE, PARTS };

/* A slot that a test creates and deletes while the VM works: see work_high(). */
#define HIGH_SLOT  PARTS
#define HIGH_PAGES 16
#define HIGH_SIZE  (HIGH_PAGES * SZ_4K)

#define LOGGED_PAGES 64

/**
 * struct work - a VM at work
 * @vm: the VM
 * @soak: the state of OP_SOAK for each vCPU
 * @mem: the memory of each part
 */
struct work {
	struct vm *vm;
	struct soak *soak[VCPUS_MAX];
	char *mem[PARTS];
};

/** part_gpa() - the gpa where a part starts */
u64 part_gpa(enum part part);

/** part_size() - the size of a part in bytes */
u64 part_size(enum part part);

/**
 * work_new() - create slots and vCPUs for a VM, and let the vCPUs work
 *
 * When it returns, every vCPU has accessed all parts once.
 */
struct work *work_new(struct vm *vm, unsigned int vcpus);

/** work_goes_on() - wait until every vCPU has made @passes more; ends the program if one stalls */
void work_goes_on(struct work *work, unsigned int passes);

/** work_high() - let the vCPUs use HIGH_SLOT at @gpa, and wait until all of them do */
void work_high(struct work *work, u64 gpa);

/** work_low() - let the vCPUs stop to use HIGH_SLOT, and wait until all of them have */
void work_low(struct work *work);

/** work_right() - true if no vCPU has read a wrong value; prints the first wrong ones if not */
bool work_right(const struct work *work);

/** work_end() - stop the vCPUs, and close the VM */
void work_end(struct work *work);

#endif
