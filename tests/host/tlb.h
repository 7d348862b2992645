/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Modelled harts that cache everything that the privileged specification allows: leaves of every
 * size and pointers to tables of every level. They may fill their caches at any time, and drop
 * an entry only when a fence requires it.
 *
 * A fence with an address drops the leaves that translate that address, and no pointers
 * ("Hypervisor Memory-Management Fence Instructions"). From any PTE of a 64 KiB leaf a hart may
 * cache the translations of any or all of its pages ("Svnapot"). A fence for one page drops only
 * that page.
 */
#ifndef TESTS_HOST_TLB_H
#define TESTS_HOST_TLB_H

#include "model.h"
#include "rng.h"
#include "spec.h"

#define TLB_HARTS    3
#define TLB_LEAVES   24
#define TLB_POINTERS 16

struct tlb_leaf {
	uint64_t gpa;
	uint64_t size; /* 0: the slot is free */
	uint64_t pa;
	unsigned int perm;  /* SPEC_R, ... */
	unsigned int pages; /* for a 64 KiB leaf, the pages that are cached; otherwise 0 */
};

struct tlb_pointer {
	uint64_t gpa;       /* the first gpa that the table translates */
	uint64_t size;      /* the size of the range that it translates; 0: the slot is free */
	unsigned int level; /* the level of the table's PTEs */
	uint64_t table;
};

struct tlb {
	const struct spec_machine *machine;
	struct rng *rng;
	struct {
		struct tlb_leaf leaf[TLB_LEAVES];
		struct tlb_pointer pointer[TLB_POINTERS];
	} hart[TLB_HARTS];
};

void tlb_init(struct tlb *tlb, const struct spec_machine *machine, struct rng *rng);

/* A random hart translates @gpa speculatively and caches some of what it reads. */
void tlb_fill(struct tlb *tlb, uint64_t gpa);

/* HFENCE.GVMA with rs1=x0 on every hart. */
void tlb_fence_all(struct tlb *tlb);

/* HFENCE.GVMA with rs1 = start, start + step, ... below end, on every hart. */
void tlb_fence_range(struct tlb *tlb, uint64_t start, uint64_t end, uint64_t step);

/* Fail if a hart can still walk to @table. */
void tlb_check_freed(const struct tlb *tlb, uint64_t table);

/* Fail if a hart has cached something that @model does not allow. */
void tlb_check(const struct tlb *tlb, const struct model *model);

#endif /* TESTS_HOST_TLB_H */
