/* SPDX-License-Identifier: GPL-2.0-only */
/* gstage_page_tables and gstage_walk, read, checked for their form, and compared with the host. */
#ifndef TESTS_KVM_DUMP_H
#define TESTS_KVM_DUMP_H

#include "vm.h"

/* Of a PTE (privileged spec). */
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

/* What leaves have. */
#define RX  (PTE_V | PTE_R | PTE_X | PTE_U | PTE_A | PTE_D)
#define RWX (RX | PTE_W)

/** struct run - a line of a dump */
struct run {
	u64 gpa, end, leaf, pa, pte;
	unsigned int level;
};

/**
 * struct dump - a dump
 * @mode: of its header, as are @levels, @gpa_bits and @root
 * @runs: its lines
 * @count: how many
 */
struct dump {
	char mode[16];
	unsigned int levels, gpa_bits;
	u64 root;
	struct run *runs;
	unsigned int count;
};

/** vm_open() - open a file of the VM in debugfs; ends the program without it */
int vm_open(const struct vm *vm, const char *file, int flags);

/** read_all() - read to the end, @chunk bytes at a time: a string to be freed; NULL: errno says */
char *read_all(int fd, size_t chunk);

/**
 * dump_parse() - is the text a dump, to the letter?
 *
 * Lines must be in order, must not overlap, and must be merged as far as can be. Tells where
 * it is not. dump_free() what was filled in.
 */
bool dump_parse(const char *text, struct dump *dump);

/** dump_vm() - dump_parse() of a VM's dump; ends the program where that is none */
void dump_vm(const struct vm *vm, struct dump *dump);

void dump_free(struct dump *dump);

/** dump_at() - the line that has @gpa; NULL: none */
const struct run *dump_at(const struct dump *dump, u64 gpa);

/** dump_pages() - how many pages of [gpa, gpa + size) are mapped */
u64 dump_pages(const struct dump *dump, u64 gpa, u64 size);

/** dump_right() - is the page at @gpa a leaf of @leaf bytes that maps @mem with the bits @pte?
 * Tells where not. */
bool dump_right(const struct dump *dump, u64 gpa, const void *mem, u64 leaf, u64 pte);

/** host_pa() - where the host has a page of ours; 0: nowhere */
u64 host_pa(const void *mem);

/** struct step - a line of a walk */
struct step {
	unsigned int level, index;
	u64 table, pte;
	char kind[8];
};

/** walk_vm() - the walk of a gpa: how many steps, or -errno */
int walk_vm(const struct vm *vm, u64 gpa, struct step *steps);

/** walk_right() - does the walk of @gpa go from the dump's root to what its line says? */
bool walk_right(const struct vm *vm, const struct dump *dump, u64 gpa);

#endif
