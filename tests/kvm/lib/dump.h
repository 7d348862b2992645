/* SPDX-License-Identifier: GPL-2.0-only */
/* Read gstage_page_tables and gstage_walk, check their format, and compare them with the host. */
#ifndef TESTS_KVM_DUMP_H
#define TESTS_KVM_DUMP_H

#include "vm.h"

/* Fields of a PTE (privileged specification). */
#define PTE_V       (1ULL << 0)
#define PTE_R       (1ULL << 1)
#define PTE_W       (1ULL << 2)
#define PTE_X       (1ULL << 3)
#define PTE_U       (1ULL << 4)
#define PTE_G       (1ULL << 5)
#define PTE_A       (1ULL << 6)
#define PTE_D       (1ULL << 7)
#define PTE_PPN(p)  ((p) >> 10 & ((1ULL << 44) - 1))
#define PTE_PBMT(p) ((p) >> 61 & 3)
#define PTE_NC      (1ULL << 61)
#define PTE_IO      (2ULL << 61)
#define PTE_N       (1ULL << 63)

/* The bits of a leaf of a read-only slot, and of a leaf of a writable slot. */
#define RX  (PTE_V | PTE_R | PTE_X | PTE_U | PTE_A | PTE_D)
#define RWX (RX | PTE_W)

/**
 * struct run - a line of a dump: adjacent leaves of one size with the same bits
 * @gpa: the start of the range
 * @end: its end
 * @leaf: the size of each leaf, in bytes
 * @pa: where the host has the start of the range
 * @pte: the PTE of the first leaf
 * @level: the level of the leaves
 */
struct run {
	u64 gpa, end, leaf, pa, pte;
	unsigned int level;
};

/**
 * struct dump - a parsed dump
 * @mode: from the header, like @levels, @gpa_bits and @root
 * @runs: the lines
 * @count: the number of lines
 */
struct dump {
	char mode[16];
	unsigned int levels, gpa_bits;
	u64 root;
	struct run *runs;
	unsigned int count;
};

/** vm_open() - open a file of the VM in debugfs; ends the program if that fails */
int vm_open(const struct vm *vm, const char *file, int flags);

/**
 * read_all() - read a file to its end
 * @fd: the file
 * @chunk: the size of each read()
 *
 * Return: a string, which the caller must free; NULL with errno set if a read() failed.
 */
char *read_all(int fd, size_t chunk);

/**
 * dump_parse() - parse the text of a dump
 *
 * The text must have exactly the documented format. Lines must be in order and must not overlap,
 * and two lines that could be one must be one. Prints the first line that is wrong. The caller
 * must call dump_free(), also after a failure.
 *
 * Return: whether the text is a dump
 */
bool dump_parse(const char *text, struct dump *dump);

/** dump_vm() - read and parse the dump of a VM; ends the program if it is not a dump */
void dump_vm(const struct vm *vm, struct dump *dump);

/** dump_free() - free what dump_parse() or dump_vm() has allocated */
void dump_free(struct dump *dump);

/** dump_at() - the line that contains @gpa; NULL if there is none */
const struct run *dump_at(const struct dump *dump, u64 gpa);

/** dump_pages() - how many pages of [gpa, gpa + size) are mapped */
u64 dump_pages(const struct dump *dump, u64 gpa, u64 size);

/**
 * dump_right() - is a page mapped as it should be?
 * @dump: the dump
 * @gpa: a gpa in the page
 * @mem: the memory that @gpa must be mapped to
 * @leaf: the size of the leaf, in bytes
 * @pte: the bits of its PTE without the PPN
 *
 * Prints what is different.
 */
bool dump_right(const struct dump *dump, u64 gpa, const void *mem, u64 leaf, u64 pte);

/** host_pa() - the physical address of memory of this process; 0 if it is not present */
u64 host_pa(const void *mem);

/**
 * struct step - a line of a walk
 * @level: the level of the table
 * @index: the index of the PTE in the table
 * @table: the physical address of the table
 * @pte: the PTE
 * @kind: "table", "leaf" or "none"
 */
struct step {
	unsigned int level, index;
	u64 table, pte;
	char kind[8];
};

/** walk_vm() - read the walk of a gpa, at most 5 steps. Return: the number of steps, or -errno */
int walk_vm(const struct vm *vm, u64 gpa, struct step *steps);

/** walk_right() - does the walk of @gpa lead from the root in the dump to the leaf in its line? */
bool walk_right(const struct vm *vm, const struct dump *dump, u64 gpa);

#endif
