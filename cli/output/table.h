/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables with chosen columns, by libsmartcols, the library of lsblk(8) and findmnt(8). */
#ifndef GSTAGE_CLI_TABLE_H
#define GSTAGE_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commands/args.h"

#define TABLE_COLUMNS 24

/** enum table_flags - properties of a column */
enum table_flags {
	TABLE_NUMBER = 1 << 0, /* right-aligned; sorted in descending order */
	TABLE_ID = 1 << 1,     /* sorted by number, in ascending order */
	TABLE_CUT = 1 << 2,    /* cut off if the terminal is too narrow */
	TABLE_LINES = 1 << 3,  /* its cells may have several lines */
	TABLE_EXTRA = 1 << 4,  /* printed only if the user asks for it */
};

/** struct table_column - a column: its heading, by which users name it, and TABLE_* */
struct table_column {
	const char *name;
	unsigned int flags;
};

/**
 * struct table_args - the arguments of commands that print a table
 * @common: must be the first member
 * @output: the list of --output, or NULL
 * @sort: the column of --sort, or NULL
 * @noheadings: no headings, and nothing but rows
 * @reverse: reverse the order of --sort
 */
struct table_args {
	struct args common;
	const char *output, *sort;
	bool noheadings, reverse;
};

#define TABLE_NOHEADINGS { "noheadings", 'n', NULL, 0, "Print only rows", 0 }
#define TABLE_OUTPUT                                                                               \
	{ "output", 'o', "LIST", 0, "Print these columns, separated by commas; +LIST adds some", 0 }
#define TABLE_SORT    { "sort", 's', "COLUMN", 0, "Sort by this column", 0 }
#define TABLE_REVERSE { "reverse", 'r', NULL, 0, "Reverse the order of --sort", 0 }

/* The argp parser for these options, and for those of args_parser(). */
int table_parser(int key, char *arg, struct argp_state *state);

struct table;

/**
 * table_open() - begin a table
 * @table: set to the table
 * @columns: all columns; they must stay until table_print()
 * @count: the number of columns, at most TABLE_COLUMNS
 * @args: which columns to print
 *
 * Return: 0, or the exit status after an error was reported.
 */
int table_open(struct table **table, const struct table_column *columns, size_t count,
	       const struct table_args *args);

/* Did the user ask for the column @name, or is it printed anyway? */
bool table_shows(const struct table *table, const char *name);

/* Add a row. The cells that follow belong to it. */
void table_row(struct table *table);

/* Add the next cell of the row. @key is what to sort a number or an id by. */
void table_text(struct table *table, const char *text);
void table_cell(struct table *table, const char *text, uint64_t key);
void table_number(struct table *table, uint64_t number);

/* Sort and print the table, and free it. */
void table_print(struct table *table);

#endif
