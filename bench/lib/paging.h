/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables of a guest, made by the host. */
#ifndef BENCH_LIB_PAGING_H
#define BENCH_LIB_PAGING_H

#include "vcpu.h"

/**
 * struct paging - a satp mode
 * @name: as people write it
 * @mode: satp.MODE, 0 for Bare
 * @levels: of tables, 0 for Bare
 */
struct paging {
	const char *name;
	unsigned int mode;
	unsigned int levels;
};

extern const struct paging pagings[4];

/**
 * paging_set() - let a vCPU that has not run page, each address to itself
 * @vcpu: the vCPU
 * @paging: how
 * @backing: of the tables
 * @gpa: of the data, which gets 4 KiB leaves
 * @size: of the data
 *
 * The control slot and the doorbell are mapped, too. The tables get a slot of their own.
 */
void paging_set(struct vcpu *vcpu, const struct paging *paging, enum backing backing,
		u64 gpa, u64 size);

#endif
