/* SPDX-License-Identifier: GPL-2.0-only */
/* The ways in which a host withdraws memory from a guest that uses it. */
#ifndef TESTS_KVM_STALE_H
#define TESTS_KVM_STALE_H

#include "vcpu.h"

/* The guest's memory: four chunks of 2 MiB, two on each side of a 1 GiB boundary. */
#define CHUNKS 4
#define SPAN   (CHUNKS * SZ_2M)
#define BASE   (2 * SZ_1G - SPAN / 2)
#define MOVED  (4 * SZ_1G)

/* The tags of stamps: before the withdrawal, of stores after it, and of the pages of the file. */
#define TAG_OLD   0x0ff
#define TAG_NEW   0x1ff
#define TAG_OTHER 0x2ff

/**
 * struct stage - a VM and its memory
 * @vm: the VM
 * @mem: the memory, SPAN bytes, which the guest has at BASE
 * @away: a reserved range of SPAN bytes, for pages that are moved out of @mem
 * @backing: small or huge pages in @mem
 * @file: the file for shared memory; its second half has TAG_OTHER stamps
 * @start: the start of the range that is withdrawn, as an offset in @mem
 * @end: its end
 */
struct stage {
	struct vm *vm;
	char *mem, *away;
	enum backing backing;
	int file;
	u64 start, end;
};

/**
 * struct op - a way to withdraw a range
 * @name: for the log
 * @store: the vCPUs store, and must not reach the old pages; if not, they load
 * @shared: stage.mem is a shared mapping of the file
 * @splits: the host splits its huge pages at both ends first, and calls the MMU notifier for it
 * @slots: the range has a memslot of its own
 * @kept: the pages stay allocated, and no guest may reach them after the withdrawal
 * @after: the value that loads return after the withdrawal
 * @others: loads return the TAG_OTHER stamp instead of @after
 * @withdraw: withdraws the range
 * @settle: called when the vCPUs have ended, before the host checks the memory; may be NULL
 * @finish: called after that check; may be NULL
 * @old: for stores: returns where the host finds the old page of an offset after the withdrawal
 */
struct op {
	const char *name;
	bool store, shared, splits, slots, kept;
	u64 after;
	bool others;
	void (*withdraw)(struct stage *stage);
	void (*settle)(struct stage *stage);
	void (*finish)(struct stage *stage);
	char *(*old)(struct stage *stage, u64 offset);
};

extern const struct op ops[];
extern const unsigned int ops_count;

/* The entries of ops[] that must fail with the stock module. */
extern const struct op *const stock_ops[];
extern const unsigned int stock_ops_count;

/** stage_init() - set up a stage for a VM */
void stage_init(struct stage *stage, struct vm *vm, enum backing backing);

/** stage_set() - map fresh memory, and create slots for it; set @start and @end before */
void stage_set(struct stage *stage, const struct op *op);

/** stage_strike() - delete all slots of the stage */
void stage_strike(struct stage *stage);

/** stage_end() - free what stage_init() has allocated */
void stage_end(struct stage *stage);

#endif
