/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions that read PTEs and check tables. XLEN is a compile-time constant of the engine, so
 * this code is built twice, for XLEN 64 and 32.
 */
#ifndef GSTAGE_CLI_TABLES_XLEN_H
#define GSTAGE_CLI_TABLES_XLEN_H

#include <stdbool.h>
#include <stdint.h>

struct dump;

/**
 * struct pte_view - a decoded PTE
 * @kind: not valid, a pointer to a table, or a leaf
 * @flags: the bits that are set, such as "V R W X U - A D"; '-' is a bit that is not set
 * @pbmt: the memory type: none, nc, io or reserved
 * @napot: the N bit
 * @reserved: the reserved bits that are set
 * @pa: physical address of the next table, or of the memory that the leaf maps
 * @size: size of that memory; 0 if it is not a leaf
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
 * typedef finding_fn - called for each violation
 *
 * @rule is "INV", "SPEC" or "INPUT", and @number the number of the rule in docs/INVARIANTS.md.
 */
typedef void (*finding_fn)(void *arg, const char *rule, unsigned int number, uint64_t gpa,
			   unsigned int level, uint64_t pte, const char *what);

/** struct tally - the number of tables and leaves that were checked */
struct tally {
	uint64_t tables, leaves[5], napots;
};

/**
 * struct image - a file with an image of physical memory
 * @fd: the file
 * @base: the physical address of its first byte
 * @size: the size of the file in bytes
 */
struct image {
	int fd;
	uint64_t base, size;
};

/** struct xlen - the functions for one XLEN */
struct xlen {
	unsigned int bits;
	void (*decode)(uint64_t pte, unsigned int level, struct pte_view *view);
	/* Return: NULL, or why the check is incomplete. */
	const char *(*check_image)(const struct image *image, uint64_t hgatp, finding_fn finding,
				   void *arg, struct tally *tally);
	const char *(*check_dump)(const struct dump *dump, finding_fn finding, void *arg,
				  struct tally *tally);
};

extern const struct xlen xlen_64, xlen_32;

#endif
