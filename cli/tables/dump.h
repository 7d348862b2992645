/* SPDX-License-Identifier: GPL-2.0-only */
/* Dumps of G-stage tables: gstage_page_tables is the text form, `gstage dump --json` the other. */
#ifndef GSTAGE_CLI_TABLES_DUMP_H
#define GSTAGE_CLI_TABLES_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json_object;

#define DUMP_VERSION 1

/* The flags of a run. */
enum {
	FLAG_R = 1 << 0,
	FLAG_W = 1 << 1,
	FLAG_X = 1 << 2,
	FLAG_U = 1 << 3,
	FLAG_A = 1 << 4,
	FLAG_D = 1 << 5,
	FLAG_G = 1 << 6,
	FLAG_N = 1 << 7,
	FLAG_NC = 1 << 8,
	FLAG_IO = 1 << 9,
};

/** struct dump_head - the header of a dump; a member that the dump does not have is 0 */
struct dump_head {
	unsigned int version;
	char mode[16];
	unsigned int levels, gpa_bits;
	uint64_t root;
};

/**
 * struct dump_run - adjacent leaves with the same attributes that map contiguous memory
 * @gpa: the first guest physical address
 * @end: the first guest physical address after the run
 * @pa: the physical address that @gpa maps to
 * @pte: the PTE of the first leaf
 * @leaf: the size of each leaf in bytes
 * @level: the level of the leaves
 * @flags: FLAG_*
 */
struct dump_run {
	uint64_t gpa, end, pa, pte, leaf;
	unsigned int level, flags;
};

enum dump_line { DUMP_HEAD, DUMP_RUN, DUMP_BAD };

/**
 * dump_line() - parse a line of the text form
 * @line: the line; it is modified
 * @head: set by a line of the header
 * @run: set by a line that is a run
 * @why: set to the error if the result is DUMP_BAD
 */
enum dump_line dump_line(char *line, struct dump_head *head, struct dump_run *run,
			 const char **why);

/* Parse a size such as 4K or 512G. */
bool dump_parse_size(const char *text, uint64_t *bytes);

/* Parse the name of a flag, and add the flag to @flags. */
bool dump_parse_flag(const char *text, unsigned int *flags);

/* Return: the run's JSON object. */
struct json_object *dump_run_json(const struct dump_run *run);

/** struct dump - a whole dump */
struct dump {
	struct dump_head head;
	struct dump_run *runs;
	size_t count, room;
};

/* Add a run at the end. Return: false if there is no memory. */
bool dump_add(struct dump *dump, const struct dump_run *run);

/**
 * dump_parse_text(), dump_parse_json() - parse a whole dump
 * @text: the contents of the file with a NUL at the end; it is modified
 * @dump: an empty dump, which is filled; the caller must free() @dump->runs
 * @where: on errors, the number of the line (text) or byte (JSON)
 *
 * Return: NULL, or the error.
 */
const char *dump_parse_text(char *text, struct dump *dump, size_t *where);
const char *dump_parse_json(char *text, struct dump *dump, size_t *where);

#endif
