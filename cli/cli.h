/* SPDX-License-Identifier: GPL-2.0-only */
/* What the source files of the command gstage(1) share. */
#ifndef GSTAGE_CLI_H
#define GSTAGE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Exit statuses.  `gstage exec` becomes the VMM, so its own failures keep out
 * of the way of the VMM's statuses, as those of env(1) and nohup(1) do.
 */
enum {
	STATUS_FAILED		= 1,
	STATUS_USAGE		= 2,
	STATUS_VIOLATIONS	= 3,	/* `gstage check` found some */
	STATUS_EXEC_FAILED	= 125,
	STATUS_NOT_EXECUTABLE	= 126,
	STATUS_NOT_FOUND	= 127,
};

/* The environment that `gstage exec` hands to the preload library. */
#define ENV_MODE	"GSTAGE_MODE"
#define ENV_VERBOSE	"GSTAGE_VERBOSE"
#define ENV_JSON	"GSTAGE_JSON"
/* Overrides where the preload library is looked for. */
#define ENV_PRELOAD	"GSTAGE_PRELOAD"

/* Overrides where debugfs is mounted. */
#define ENV_DEBUGFS	"GSTAGE_DEBUGFS"

/* elf.c */

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

/* vmm.c */

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

/* args.c */

struct argp;
struct argp_state;

/**
 * struct args - what commands have in common: --json, and words that must be given
 * @names: what the words are called, in their order; NULL after the last
 * @word: the words
 * @json: print JSON, and errors too
 *
 * The first member of what a command keeps of its arguments.
 */
struct args {
	const char *names[3], *word[2];
	bool json;
};

#define ARGS_JSON { "json", 'j', NULL, 0, "Print JSON; errors on stderr too", 0 }

/* The argp parser of commands that take no more than that, and what theirs ends with for others. */
int args_parser(int key, char *arg, struct argp_state *state);

/**
 * args_parse() - parse a command's arguments, and set up its messages
 * @argp: what it takes
 * @argc: of the command
 * @argv: of the command
 * @args: handed to @argp's parser
 *
 * Wrong usage ends the program.
 * Return: 0, or an exit status after having reported the cause.
 */
int args_parse(const struct argp *argp, int argc, char **argv, struct args *args);

/* A whole, unsigned number, decimal or after 0x. */
bool parse_number(const char *text, uint64_t *value);

/* main.c hands each command its own argv, whose [0] names it for messages. */
int cmd_modes(int argc, char **argv);
int cmd_exec(int argc, char **argv);
int cmd_set(int argc, char **argv);
int cmd_vms(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_walk(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_check(int argc, char **argv);

#endif
