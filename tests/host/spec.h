/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The G-stage address translation as a hart does it, written from the
 * privileged specification alone: no header of the engine is included, and no
 * definition of the engine's may come in here.
 */
#ifndef TESTS_HOST_SPEC_H
#define TESTS_HOST_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct spec_machine - the hart and its memory
 * @mode: hgatp.MODE: 1 Sv32x4, 8 Sv39x4, 9 Sv48x4, 10 Sv57x4
 * @root: hgatp.PPN times 4096
 * @page: the 4 KiB page of memory at a physical address, NULL where nothing answers
 */
struct spec_machine {
	unsigned int mode;
	uint64_t root;
	const void *(*page)(uint64_t pa);
};

enum spec_fault {
	SPEC_NO_FAULT,
	SPEC_GPA_TOO_WIDE, /* a gpa bit above the format is set */
	SPEC_BUS,          /* a table is where no memory is, or the root is misaligned */
	SPEC_NOT_VALID,
	SPEC_WRITE_WITHOUT_READ,
	SPEC_RESERVED, /* a reserved bit is set */
	SPEC_NO_LEAF,  /* a pointer in the last level */
	SPEC_NOT_USER,
	SPEC_MISALIGNED, /* a superpage whose low PPN bits are set */
};

/* What a leaf allows and says. */
#define SPEC_R  1u
#define SPEC_W  2u
#define SPEC_X  4u
#define SPEC_NC 8u
#define SPEC_IO 16u

/**
 * struct spec_result - a walk
 * @fault: SPEC_NO_FAULT where a leaf was found
 * @level: of the last PTE read, 0 being the level of 4 KiB pages
 * @gpa: where the leaf starts; on a fault, where what the last PTE spans starts
 * @size: bytes of the leaf; on a fault, what the last PTE spans
 * @napot: a leaf of 64 KiB, of which the PTE at @pte_pa is one of 16
 * @pa: what @gpa maps to
 * @perm: SPEC_R and so on
 * @accessed: A
 * @dirty: D
 * @global: G, which software must leave clear and hardware ignores
 * @table: the table in which each level's PTE was read, 0 where it was not
 * @pte_pa: where the last PTE is
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

/* Levels of tables of a mode; 0 where there is no such mode. */
unsigned int spec_levels(unsigned int mode);

/* Bits of a gpa of a mode. */
unsigned int spec_gpa_bits(unsigned int mode);

/* Bytes that a PTE of a level spans. */
uint64_t spec_span(unsigned int mode, unsigned int level);

/**
 * spec_translate() - walk from the root
 *
 * Return: whether a leaf was found.
 */
bool spec_translate(const struct spec_machine *hart, uint64_t gpa, struct spec_result *res);

/**
 * spec_resume() - walk on from a table that a hart has cached a pointer to
 * @level: the level of the table's PTEs
 * @table: its physical address
 */
bool spec_resume(const struct spec_machine *hart, uint64_t gpa, unsigned int level, uint64_t table,
		 struct spec_result *res);

/**
 * struct spec_visitor - told of all that tables hold
 * @leaf: a PTE that is a leaf, as spec_translate() would find it; of a leaf of
 *	64 KiB each of the 16
 * @table: a table below the root with its number of PTEs that are not zero
 * @bad: a PTE that is not zero and leads nowhere
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
