/* SPDX-License-Identifier: GPL-2.0-only */
/* How gstage exec finds a VMM, and looks whether the preload library reaches it. */
#ifndef GSTAGE_CLI_COMMANDS_EXEC_H
#define GSTAGE_CLI_COMMANDS_EXEC_H

#include <stddef.h>

/* exec-elf.c */

enum file_kind { FILE_OTHER, FILE_SCRIPT, FILE_PROGRAM };

/**
 * struct file_info - what the loader would make of a file
 * @kind: FILE_PROGRAM: ELF, of type EXEC or DYN; FILE_SCRIPT: starts with #!
 * @elf_class: ELFCLASS32 or ELFCLASS64
 * @elf_data: byte order
 * @machine: EM_*
 * @interp: PT_INTERP, empty if there is none; only where class and byte
 *	order are those of this very program
 */
struct file_info {
	enum file_kind kind;
	unsigned char elf_class, elf_data;
	unsigned int machine;
	char interp[256];
};

/* Return: 0, or -1 with errno set if @path cannot be read. */
int file_examine(const char *path, struct file_info *info);

/* Writes, for example, "64-bit RISC-V" to @buf. */
void file_arch(const struct file_info *info, char *buf, size_t size);

/* exec-vmm.c */

/**
 * vmm_find() - find the program as execvp() does, and check that the preload
 *	library will reach it
 * @name: as the user gave it
 * @lib: the preload library
 * @path: where it is, of @size bytes
 *
 * Return: 0, or an exit status after having reported the cause.
 */
int vmm_find(const char *name, const char *lib, char *path, size_t size);

#endif
