/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The G-stage address translation of a hart, written only from the privileged specification. It
 * must include no header and use no definition of the engine.
 */
#ifndef TESTS_HOST_SPEC_H
#define TESTS_HOST_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct spec_machine - the hart and its memory
 * @mode: hgatp.MODE: 1 is Sv32x4, 8 Sv39x4, 9 Sv48x4, 10 Sv57x4
 * @root: hgatp.PPN times 4096
 * @page: returns the 4 KiB page of memory at a physical address, or NULL if there is none
 */
struct spec_machine {
	unsigned int mode;
	uint64_t root;
	const void *(*page)(uint64_t pa);
};

enum spec_fault {
	SPEC_NO_FAULT,
	SPEC_GPA_TOO_WIDE, /* a gpa bit above the format is set */
	SPEC_BUS,          /* there is no memory at a table's address, or the root is misaligned */
	SPEC_NOT_VALID,
	SPEC_WRITE_WITHOUT_READ,
	SPEC_RESERVED, /* a reserved bit is set */
	SPEC_NO_LEAF,  /* a pointer in the last level */
	SPEC_NOT_USER,
	SPEC_MISALIGNED, /* a superpage whose low PPN bits are set */
};

/* Permissions and memory types of a leaf. */
#define SPEC_R  1u
#define SPEC_W  2u
#define SPEC_X  4u
#define SPEC_NC 8u
#define SPEC_IO 16u

/**
 * struct spec_result - the result of a walk
 * @fault: SPEC_NO_FAULT if a leaf was found
 * @level: the level of the last PTE; 0 is the level of 4 KiB pages
 * @gpa: the first gpa of the leaf; on a fault, of the range of the last PTE
 * @size: the size of the leaf in bytes; on a fault, of the range of the last PTE
 * @napot: whether it is a 64 KiB leaf; the PTE at @pte_pa is then one of its 16
 * @pa: the physical address that @gpa maps to
 * @perm: SPEC_R and so on
 * @accessed: the A bit
 * @dirty: the D bit
 * @global: the G bit, which software must leave clear and hardware ignores
 * @table: for each level the table that was read, or 0
 * @pte_pa: the physical address of the last PTE
 */
struct spec_result {
	enum spec_fault fault;
	unsigned int level;
	uint64_t gpa;
	uint64_t size;
	uint64_t pa;
	unsigned int perm;
	bool napot;
	bool accessed;
	bool dirty;
	bool global;
	uint64_t table[5];
	uint64_t pte_pa;
};

/* The number of levels of a mode, or 0 if there is no such mode. */
unsigned int spec_levels(unsigned int mode);

/* The number of gpa bits of a mode. */
unsigned int spec_gpa_bits(unsigned int mode);

/* The size in bytes of the range that a PTE of a level translates. */
uint64_t spec_span(unsigned int mode, unsigned int level);

/**
 * spec_translate() - translate a gpa from the root on
 *
 * Return: true if a leaf was found.
 */
bool spec_translate(const struct spec_machine *hart, uint64_t gpa, struct spec_result *res);

/**
 * spec_resume() - continue a walk at a table to which a hart has a cached pointer
 * @level: the level of the table's PTEs
 * @table: its physical address
 */
bool spec_resume(const struct spec_machine *hart, uint64_t gpa, unsigned int level, uint64_t table,
		 struct spec_result *res);

/**
 * struct spec_visitor - functions to call for everything in the tables
 * @leaf: called for each PTE that is a leaf, with the result of spec_translate(); for a 64 KiB
 *	leaf, for each of its 16 PTEs
 * @table: called for each table below the root, with the number of its PTEs that are not zero
 * @bad: called for each PTE that is not zero and leads nowhere
 */
struct spec_visitor {
	void *arg;
	void (*leaf)(void *arg, const struct spec_result *res);
	void (*table)(void *arg, uint64_t pa, unsigned int level, unsigned int used);
	void (*bad)(void *arg, const struct spec_result *res, uint64_t pte);
};

/* Visit everything that can be reached from the root, in the order of gpas. */
void spec_visit(const struct spec_machine *hart, const struct spec_visitor *visitor);

#endif /* TESTS_HOST_SPEC_H */
