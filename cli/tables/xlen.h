/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is built twice, with the engine's own headers for each XLEN: reading PTEs
 * and checking tables. The engine fixes XLEN when it is compiled.
 */
#ifndef GSTAGE_CLI_TABLES_XLEN_H
#define GSTAGE_CLI_TABLES_XLEN_H

#include <stdbool.h>
#include <stdint.h>

struct dump;

/**
 * struct pte_view - what a PTE says
 * @kind: what a walk takes it for
 * @flags: what is set: "V R W X U - A D", with a '-' for each that is not
 * @pbmt: none, nc, io or reserved
 * @napot: the N bit
 * @reserved: bits that are set and have no meaning
 * @pa: of the next table, or of the memory that the leaf maps
 * @size: of that memory; 0 for what is no leaf
 */
struct pte_view {
	enum { PTE_NONE, PTE_TABLE, PTE_LEAF } kind;
	char flags[16];
	const char *pbmt;
	bool napot;
	uint64_t reserved;
	uint64_t pa, size;
};

extern const char *const pte_kinds[];

/**
 * typedef finding_fn - told of each violation
 *
 * @rule is "INV" for an invariant of docs/INVARIANTS.md, "SPEC" and "INPUT" for those of
 * the other tables there.
 */
typedef void (*finding_fn)(void *arg, const char *rule, unsigned int number, uint64_t gpa,
			   unsigned int level, uint64_t pte, const char *what);

/** struct tally - what there is in tables that were checked */
struct tally {
	uint64_t tables, leaves[5], napots;
};

/**
 * struct image - memory of a host
 * @fd: the file
 * @base: the physical address of its first byte
 * @size: its bytes
 */
struct image {
	int fd;
	uint64_t base, size;
};

/** struct xlen - the functions for one XLEN */
struct xlen {
	unsigned int bits;
	void (*decode)(uint64_t pte, unsigned int level, struct pte_view *view);
	/* Return: NULL, or why it could not be done. */
	const char *(*check_image)(const struct image *image, uint64_t hgatp, finding_fn finding,
				   void *arg, struct tally *tally);
	const char *(*check_dump)(const struct dump *dump, finding_fn finding, void *arg,
				  struct tally *tally);
};

extern const struct xlen xlen_64, xlen_32;

#endif
