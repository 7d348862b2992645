/* SPDX-License-Identifier: GPL-2.0-only */
/* Find the VMM for gstage exec, and check that the preload library works in it. */
#ifndef GSTAGE_CLI_COMMANDS_EXEC_H
#define GSTAGE_CLI_COMMANDS_EXEC_H

#include <stddef.h>

/* exec-elf.c */

enum file_kind { FILE_OTHER, FILE_SCRIPT, FILE_PROGRAM };

/**
 * struct file_info - how the kernel would load a file
 * @kind: FILE_PROGRAM: ELF of type EXEC or DYN; FILE_SCRIPT: starts with #!
 * @elf_class: ELFCLASS32 or ELFCLASS64
 * @elf_data: byte order
 * @machine: EM_*
 * @interp: PT_INTERP; empty if there is none
 */
struct file_info {
	enum file_kind kind;
	unsigned char elf_class, elf_data;
	unsigned int machine;
	char interp[256];
};

/* Read the headers of @path. Return: 0, or -1 with errno set. */
int file_examine(const char *path, struct file_info *info);

/* Write the architecture to @buf: "64-bit RISC-V". */
void file_arch(const struct file_info *info, char *buf, size_t size);

/* exec-vmm.c */

/**
 * vmm_find() - find the program as execvp() does, and check that it will load the preload
 *	library
 * @name: the name that the user gave
 * @lib: the preload library
 * @path: set to the path of the program
 * @size: the size of @path
 *
 * Return: 0, or the exit status after an error was reported.
 */
int vmm_find(const char *name, const char *lib, char *path, size_t size);

#endif
