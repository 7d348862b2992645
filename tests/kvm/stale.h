/* SPDX-License-Identifier: GPL-2.0-only */
/* The ways in which a host takes memory from a guest that uses it. */
#ifndef TESTS_KVM_STALE_H
#define TESTS_KVM_STALE_H

#include "vcpu.h"

/* The guest's memory: four times 2 MiB, on both sides of a 1 GiB edge. */
#define CHUNKS 4
#define SPAN   (CHUNKS * SZ_2M)
#define BASE   (2 * SZ_1G - SPAN / 2)
#define MOVED  (4 * SZ_1G)

/* Stamps: of the guest's before, of its stores after, of what comes in its place. */
#define TAG_OLD	  0x0ff
#define TAG_NEW	  0x1ff
#define TAG_OTHER 0x2ff

/**
 * struct stage - where a scene is played
 * @vm: the VM
 * @mem: SPAN bytes of ours at BASE
 * @away: as much address space, for pages that are moved out of @mem
 * @backing: of @mem
 * @file: for shared memory; its second half has TAG_OTHER stamps
 * @start: the range that is withdrawn, as offsets in @mem
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
 * struct op - a way of withdrawing a range
 * @name: for the log
 * @store: the vCPUs store, and must not reach the old pages; else they load
 * @shared: @mem is mapped from the file
 * @splits: the host first splits its huge pages at both ends, and says so
 * @slots: the range has a memslot of its own
 * @after: what loads give afterwards
 * @others: loads give the TAG_OTHER stamp of the place instead
 * @withdraw: do it
 * @settle: after the scene, before the host looks at memory; may be NULL
 * @finish: after the host has looked; may be NULL
 * @old: where the host finds the old page of an offset afterwards; for stores
 */
struct op {
	const char *name;
	bool store, shared, splits, slots;
	u64 after;
	bool others;
	void (*withdraw)(struct stage *stage);
	void (*settle)(struct stage *stage);
	void (*finish)(struct stage *stage);
	char *(*old)(struct stage *stage, u64 offset);
};

extern const struct op ops[];
extern const unsigned int ops_count;

/* Of ops[]: those whose failure the stock module must show. */
extern const struct op *const stock_ops[];
extern const unsigned int stock_ops_count;

/** stage_init() - once */
void stage_init(struct stage *stage, struct vm *vm, enum backing backing);

/** stage_set() - fresh memory, and slots for the range that is to be withdrawn */
void stage_set(struct stage *stage, const struct op *op);

/** stage_strike() - no slots */
void stage_strike(struct stage *stage);

/** stage_end() - opposite of stage_init() */
void stage_end(struct stage *stage);

#endif
