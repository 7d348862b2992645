// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Harts that cache everything that the privileged specification allows. See tlb.h.
 */
#include <string.h>

#include "fail.h"
#include "tlb.h"
#include "translate.h"

#define LL(x) ((unsigned long long)(x))

void tlb_init(struct tlb *tlb, const struct spec_machine *machine, struct rng *rng)
{
	memset(tlb, 0, sizeof(*tlb));
	tlb->machine = machine;
	tlb->rng = rng;
}

static void cache_pointers(struct tlb *tlb, struct tlb_pointer *slots, uint64_t gpa,
			   const struct spec_result *res)
{
	unsigned int mode = tlb->machine->mode;

	for (unsigned int level = 0; level + 1 < spec_levels(mode); level++) {
		uint64_t size = spec_span(mode, level + 1);

		if (!res->table[level] || rng_one_in(tlb->rng, 2))
			continue;
		slots[rng_below(tlb->rng, TLB_POINTERS)] = (struct tlb_pointer){
			.gpa = gpa & ~(size - 1),
			.size = size,
			.level = level,
			.table = res->table[level],
		};
	}
}

/* A random subset of the 16 pages: often all of them, or one. */
static unsigned int some_pages(struct rng *rng)
{
	switch (rng_below(rng, 4)) {
	case 0:
		return 1u << rng_below(rng, 16);
	case 1:
		return 1 + rng_below(rng, 0xffff);
	}
	return 0xffff;
}

void tlb_fill(struct tlb *tlb, uint64_t gpa)
{
	unsigned int hart = rng_below(tlb->rng, TLB_HARTS);
	struct tlb_leaf *leaves = tlb->hart[hart].leaf;
	struct tlb_pointer *pointers = tlb->hart[hart].pointer, *from = NULL;
	struct spec_result res;
	bool found;

	/* Start at the root, or at any cached pointer to a table. */
	for (unsigned int i = 0; i < TLB_POINTERS; i++)
		if (pointers[i].size && gpa - pointers[i].gpa < pointers[i].size &&
		    rng_one_in(tlb->rng, 2))
			from = &pointers[i];

	if (from)
		found = spec_resume(tlb->machine, gpa, from->level, from->table, &res);
	else
		found = spec_translate(tlb->machine, gpa, &res);

	if (!found && res.fault != SPEC_GPA_TOO_WIDE)
		CHECK("TLB", res.fault == SPEC_NOT_VALID,
		      "a hart that walks to gpa 0x%llx finds a PTE of level %u that is %s", LL(gpa),
		      res.level, spec_fault_name(res.fault));
	if (res.fault == SPEC_GPA_TOO_WIDE)
		return;
	cache_pointers(tlb, pointers, gpa, &res);
	/* Without A the hart would fault or set it first, so it caches nothing. */
	if (found && res.accessed)
		leaves[rng_below(tlb->rng, TLB_LEAVES)] = (struct tlb_leaf){
			.gpa = res.gpa,
			.size = res.size,
			.pa = res.pa,
			.perm = res.perm,
			.pages = res.napot ? some_pages(tlb->rng) : 0,
		};
}

void tlb_fence_all(struct tlb *tlb)
{
	memset(tlb->hart, 0, sizeof(tlb->hart));
}

/* Is one of the addresses start, start + step, ... below end in the leaf? */
static bool fenced(const struct tlb_leaf *leaf, uint64_t start, uint64_t end, uint64_t step)
{
	uint64_t first = start;

	if (leaf->gpa > start)
		first = start + (leaf->gpa - start + step - 1) / step * step;
	return first < end && first < leaf->gpa + leaf->size;
}

/* One page of a 64 KiB leaf, as a leaf of its own. */
static struct tlb_leaf page_of(const struct tlb_leaf *leaf, unsigned int page)
{
	uint64_t offset = page * UINT64_C(4096);

	return (struct tlb_leaf){ leaf->gpa + offset, 4096, leaf->pa + offset, leaf->perm, 0 };
}

static void fence_leaf(struct tlb_leaf *leaf, uint64_t start, uint64_t end, uint64_t step)
{
	if (!fenced(leaf, start, end, step))
		return;
	for (unsigned int page = 0; leaf->pages >> page; page++) {
		struct tlb_leaf one = page_of(leaf, page);

		if (fenced(&one, start, end, step))
			leaf->pages &= ~(1u << page);
	}
	if (!leaf->pages)
		leaf->size = 0;
}

void tlb_fence_range(struct tlb *tlb, uint64_t start, uint64_t end, uint64_t step)
{
	for (unsigned int hart = 0; hart < TLB_HARTS; hart++)
		for (unsigned int i = 0; i < TLB_LEAVES; i++)
			fence_leaf(&tlb->hart[hart].leaf[i], start, end, step);
}

void tlb_check_freed(const struct tlb *tlb, uint64_t table)
{
	for (unsigned int hart = 0; hart < TLB_HARTS; hart++)
		for (unsigned int i = 0; i < TLB_POINTERS; i++) {
			const struct tlb_pointer *ptr = &tlb->hart[hart].pointer[i];

			CHECK("TLB", !ptr->size || ptr->table != table,
			      "a table for gpa 0x%llx is freed while a hart may hold a pointer to "
			      "it",
			      LL(ptr->gpa));
		}
}

static void check_leaf(const struct tlb_leaf *leaf, const struct model *model)
{
	for (unsigned int page = 0; leaf->pages >> page; page++) {
		struct tlb_leaf one = page_of(leaf, page);

		if (leaf->pages != 0xffff && leaf->pages >> page & 1)
			check_leaf(&one, model);
	}
	if (leaf->pages && leaf->pages != 0xffff)
		return;
	CHECK("TLB",
	      model_allows(model, leaf->gpa, leaf->gpa + leaf->size, leaf->pa,
			   attr_of_perm(leaf->perm), ATTR_TYPES),
	      "a hart may still translate gpa 0x%llx (0x%llx bytes) to pa 0x%llx with %s",
	      LL(leaf->gpa), LL(leaf->size), LL(leaf->pa), perm_name(leaf->perm));
}

static void check_pointer(const struct tlb *tlb, const struct tlb_pointer *ptr)
{
	struct spec_result res;

	spec_translate(tlb->machine, ptr->gpa, &res);
	CHECK("TLB", res.table[ptr->level] == ptr->table,
	      "a hart may still walk to an unlinked table of level %u for gpa 0x%llx", ptr->level,
	      LL(ptr->gpa));
}

void tlb_check(const struct tlb *tlb, const struct model *model)
{
	for (unsigned int hart = 0; hart < TLB_HARTS; hart++) {
		for (unsigned int i = 0; i < TLB_LEAVES; i++)
			if (tlb->hart[hart].leaf[i].size)
				check_leaf(&tlb->hart[hart].leaf[i], model);
		for (unsigned int i = 0; i < TLB_POINTERS; i++)
			if (tlb->hart[hart].pointer[i].size)
				check_pointer(tlb, &tlb->hart[hart].pointer[i]);
	}
}
