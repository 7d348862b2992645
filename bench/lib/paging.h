/* SPDX-License-Identifier: GPL-2.0-only */
/* The host makes the page tables of a guest. */
#ifndef BENCH_LIB_PAGING_H
#define BENCH_LIB_PAGING_H

#include "vcpu.h"

/**
 * struct paging - a satp mode
 * @name: the name for people
 * @mode: satp.MODE; 0 is Bare
 * @levels: the number of levels; 0 for Bare
 */
struct paging {
	const char *name;
	unsigned int mode;
	unsigned int levels;
};

extern const struct paging pagings[4];

/**
 * paging_exists() - can guests have this mode? The lab's CPUs have the same modes in both stages
 */
bool paging_exists(const struct paging *paging);

/**
 * paging_set() - make identity page tables for a vCPU, and turn on its paging
 * @vcpu: a vCPU that has not run yet
 * @paging: the mode
 * @backing: host memory for the tables
 * @gpa: start of the data, which gets 4 KiB leaves
 * @size: size of the data
 *
 * The control slot and the doorbell are mapped, too. The tables get a slot of their own.
 */
void paging_set(struct vcpu *vcpu, const struct paging *paging, enum backing backing, u64 gpa,
		u64 size);

/** paging_share() - let another vCPU of the VM use the tables that paging_set() has made */
void paging_share(struct vcpu *vcpu, const struct paging *paging);

#endif
