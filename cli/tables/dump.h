/* SPDX-License-Identifier: GPL-2.0-only */
/* A dump of G-stage tables: what gstage_page_tables and `gstage dump --json` say. */
#ifndef GSTAGE_CLI_TABLES_DUMP_H
#define GSTAGE_CLI_TABLES_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define DUMP_VERSION	1

/* What the flags of a run say; the memory type is of two bits. */
enum {
	FLAG_R = 1 << 0, FLAG_W = 1 << 1, FLAG_X = 1 << 2, FLAG_U = 1 << 3,
	FLAG_A = 1 << 4, FLAG_D = 1 << 5, FLAG_G = 1 << 6, FLAG_N = 1 << 7,
	FLAG_NC = 1 << 8, FLAG_IO = 1 << 9,
};

/** struct dump_head - what a dump says of the VM as a whole; 0 where it does not */
struct dump_head {
	unsigned int version;
	char mode[16];
	unsigned int levels, gpa_bits;
	uint64_t root;
};

/**
 * struct dump_run - leaves that adjoin, are alike and map contiguous memory
 * @gpa: where the first starts
 * @end: where the last ends, exclusive
 * @pa: what @gpa maps to
 * @pte: of the first leaf, as memory holds it
 * @leaf: bytes of each leaf
 * @level: their level
 * @flags: FLAG_*
 */
struct dump_run {
	uint64_t gpa, end, pa, pte, leaf;
	unsigned int level, flags;
};

enum dump_line { DUMP_HEAD, DUMP_RUN, DUMP_BAD };

/**
 * dump_line() - read one line of the text form
 * @line: the line; is changed
 * @head: where a line of the head is noted
 * @run: filled in by a line of a run
 * @why: what is wrong with a line that is neither
 */
enum dump_line dump_line(char *line, struct dump_head *head, struct dump_run *run,
			 const char **why);

/* A size as dumps write it: 4K, 512G. */
bool dump_parse_size(const char *text, uint64_t *bytes);

/* Adds one flag, as dumps name it, to @flags. */
bool dump_parse_flag(const char *text, unsigned int *flags);

/* Writes the members of a run's JSON object to @out, without the braces. */
void dump_run_json(FILE *out, const struct dump_run *run);

/** struct dump - all of a dump, in memory */
struct dump {
	struct dump_head head;
	struct dump_run *runs;
	size_t count, room;
};

/* Return: false where memory is short. */
bool dump_add(struct dump *dump, const struct dump_run *run);

/**
 * dump_parse_text(), dump_parse_json() - read a whole dump
 * @text: what the file says, NUL-terminated; is changed
 * @dump: empty; what was read, for the caller to free() @dump->runs
 * @where: line or, of JSON, byte at which it is wrong
 *
 * Return: NULL, or what is wrong.
 */
const char *dump_parse_text(char *text, struct dump *dump, size_t *where);
const char *dump_parse_json(char *text, struct dump *dump, size_t *where);

#endif
