// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "paging.h"
#include "tap.h"

#define TABLES_SLOT 500
#define TABLES_GPA  0x20000000ULL
#define TABLES_SIZE SZ_2M

/* Sv39, Sv48 and Sv57: V; R, W and X; A and D. */
#define PTE_TABLE 1ULL
#define PTE_LEAF  0xcfULL

const struct paging pagings[4] = {
	{ "no paging", 0, 0 },
	{ "Sv39", 8, 3 },
	{ "Sv48", 9, 4 },
	{ "Sv57", 10, 5 },
};

bool paging_exists(const struct paging *paging)
{
	return !paging->mode || host.modes >> paging->mode & 1;
}

/* The tables, beginning with the root, and the number of pages in use. */
struct tables {
	u64 (*page)[512];
	unsigned int used;
	unsigned int levels;
};

/* Map one leaf: 4 KiB at level 0, 2 MiB at level 1. */
static void map(struct tables *tables, u64 gpa, unsigned int leaf_level)
{
	u64 *table = tables->page[0];

	for (unsigned int level = tables->levels - 1; level > leaf_level; level--) {
		u64 *pte = &table[gpa >> (12 + 9 * level) & 511];

		if (!*pte) {
			if ((tables->used + 1) * SZ_4K > TABLES_SIZE)
				bail("too many tables for the guest");
			*pte = (TABLES_GPA + tables->used++ * SZ_4K) >> 2 | PTE_TABLE;
		}
		table = tables->page[((*pte << 2 & ~(SZ_4K - 1)) - TABLES_GPA) / SZ_4K];
	}
	table[gpa >> (12 + 9 * leaf_level) & 511] = gpa >> 2 | PTE_LEAF;
}

void paging_set(struct vcpu *vcpu, const struct paging *paging, enum backing backing, u64 gpa,
		u64 size)
{
	struct tables tables = { .used = 1, .levels = paging->levels };

	if (!paging->mode)
		return;
	tables.page = mem_map(TABLES_SIZE, backing);
	memset(tables.page, 0, TABLES_SIZE);
	vm_slot(vcpu->vm, TABLES_SLOT, 0, TABLES_GPA, TABLES_SIZE, tables.page);
	map(&tables, CONTROL_GPA, 1);
	map(&tables, DOORBELL_GPA, 0);
	for (u64 at = 0; at < size; at += SZ_4K)
		map(&tables, gpa + at, 0);
	paging_share(vcpu, paging);
}

void paging_share(struct vcpu *vcpu, const struct paging *paging)
{
	vcpu_set_satp(vcpu, (u64)paging->mode << 60 | TABLES_GPA >> 12);
}
