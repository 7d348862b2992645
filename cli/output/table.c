// SPDX-License-Identifier: GPL-2.0-only
/* Tables with chosen columns, by libsmartcols. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli.h"
#include "output/output.h"
#include "output/table.h"

/**
 * struct table - a table that is being filled
 * @columns: all columns
 * @count: their number
 * @shown: the same columns in the library; NULL: not in the table
 * @sort: the column to sort by, or @count
 * @reverse: reverse its order
 * @line: the present row
 * @next: the column of its next cell
 * @keys: what cells are sorted by; a cell has the index of its key, plus 1
 * @used: the number of keys
 */
struct table {
	struct libscols_table *table;
	const struct table_column *columns;
	size_t count, sort;
	struct libscols_column *shown[TABLE_COLUMNS];
	bool reverse;
	struct libscols_line *line;
	size_t next;
	uint64_t *keys;
	size_t used;
};

error_t table_parser(int key, char *arg, struct argp_state *state)
{
	struct table_args *args = state->input;

	switch (key) {
	case 'n':
		args->noheadings = true;
		return 0;
	case 'o':
		args->output = arg;
		return 0;
	case 's':
		args->sort = arg;
		return 0;
	case 'r':
		args->reverse = true;
		return 0;
	case ARGP_KEY_END:
		if (args->common.json &&
		    (args->output || args->sort || args->noheadings || args->reverse))
			argp_error(state,
				   "--json prints everything in a fixed order: use it without "
				   "--output, --sort, --reverse and --noheadings");
		return args_parser(key, arg, state);
	default:
		return args_parser(key, arg, state);
	}
}

__attribute__((noreturn)) static void no_memory(void)
{
	exit(fail_no_memory());
}

/* libsmartcols returns a negative errno. The only error that can happen here is ENOMEM. */
static void check(int ret)
{
	if (ret)
		no_memory();
}

static int fail_column(const struct table *table, const char *name, size_t len)
{
	char all[512];
	size_t i, at = 0;

	for (i = 0; i < table->count && at < sizeof(all); i++)
		at += snprintf(all + at, sizeof(all) - at, "%s%s", i ? ", " : "",
			       table->columns[i].name);
	return fail(STATUS_USAGE, "unknown-column", "Give some of these, separated by commas.",
		    "there is no column '%.*s': the columns are %s", (int)len, name, all);
}

/* Return: the index of the column, or table->count. The case does not matter. */
static size_t find(const struct table *table, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < table->count; i++)
		if (strlen(table->columns[i].name) == len &&
		    !strncasecmp(table->columns[i].name, name, len))
			break;
	return i;
}

/* Compare two cells for an ascending order of the table. */
static int compare(struct libscols_cell *a, struct libscols_cell *b, void *data)
{
	const struct table *table = data;
	size_t i = (size_t)scols_cell_get_userdata(a), j = (size_t)scols_cell_get_userdata(b);
	int order;

	if (!i || !j) {
		order = scols_cmpstr_cells(a, b, NULL);
	} else {
		order = (table->keys[i - 1] > table->keys[j - 1]) -
			(table->keys[i - 1] < table->keys[j - 1]);
		if (table->columns[table->sort].flags & TABLE_NUMBER)
			order = -order;
	}
	return table->reverse ? -order : order;
}

static void show(struct table *table, size_t i, int flags)
{
	unsigned int own = table->columns[i].flags;
	struct libscols_column *column;

	if (table->shown[i])
		return;
	flags |= (own & TABLE_NUMBER ? SCOLS_FL_RIGHT : 0) |
		 (own & TABLE_CUT ? SCOLS_FL_TRUNC : 0) | (own & TABLE_LINES ? SCOLS_FL_WRAP : 0);
	column = scols_table_new_column(table->table, table->columns[i].name, 0, flags);
	if (!column)
		no_memory();
	if (own & TABLE_LINES) {
		check(scols_column_set_safechars(column, "\n"));
		check(scols_column_set_wrapfunc(column, scols_wrapnl_chunksize,
						scols_wrapnl_nextchunk, NULL));
	}
	check(scols_column_set_cmpfunc(column, compare, table));
	table->shown[i] = column;
}

/* Choose the columns. Return: 0, or the exit status after an error was reported. */
static int choose(struct table *table, const struct table_args *args)
{
	const char *name = args->output;
	size_t i, len;

	if (!name || *name == '+')
		for (i = 0; i < table->count; i++)
			if (!(table->columns[i].flags & TABLE_EXTRA))
				show(table, i, 0);
	if (name)
		name += *name == '+';
	for (; name; name = name[len] ? name + len + 1 : NULL) {
		len = strcspn(name, ",");
		i = find(table, name, len);
		if (i == table->count)
			return fail_column(table, name, len);
		show(table, i, 0);
	}
	if (!args->sort)
		return 0;
	i = find(table, args->sort, strlen(args->sort));
	if (i == table->count)
		return fail_column(table, args->sort, strlen(args->sort));
	show(table, i, SCOLS_FL_HIDDEN);
	table->sort = i;
	return 0;
}

static void release(struct table *table)
{
	scols_unref_table(table->table);
	free(table->keys);
	free(table);
}

int table_open(struct table **table, const struct table_column *columns, size_t count,
	       const struct table_args *args)
{
	struct table *t = calloc(1, sizeof(*t));
	int ret;

	/* Names of VMs may have letters of many bytes. */
	setlocale(LC_CTYPE, "");
	if (!t)
		no_memory();
	t->columns = columns;
	t->count = t->sort = count;
	t->reverse = args->reverse;
	t->table = scols_new_table();
	if (!t->table)
		no_memory();
	check(scols_table_enable_noheadings(t->table, args->noheadings));
	ret = choose(t, args);
	if (ret)
		release(t);
	else
		*table = t;
	return ret;
}

bool table_shows(const struct table *table, const char *name)
{
	return table->shown[find(table, name, strlen(name))] != NULL;
}

void table_row(struct table *table)
{
	table->line = scols_table_new_line(table->table, NULL);
	if (!table->line)
		no_memory();
	table->next = 0;
}

/* Return: the cell, or NULL if its column is not in the table. */
static struct libscols_cell *next_cell(struct table *table, const char *text)
{
	struct libscols_column *column = table->shown[table->next++];
	struct libscols_cell *cell;

	if (!column)
		return NULL;
	cell = scols_line_get_column_cell(table->line, column);
	if (!cell)
		no_memory();
	check(scols_cell_set_data(cell, text));
	return cell;
}

void table_text(struct table *table, const char *text)
{
	next_cell(table, text);
}

void table_cell(struct table *table, const char *text, uint64_t key)
{
	struct libscols_cell *cell = next_cell(table, text);
	uint64_t *more;

	if (!cell)
		return;
	more = realloc(table->keys, (table->used + 1) * sizeof(*more));
	if (!more)
		no_memory();
	table->keys = more;
	more[table->used++] = key;
	check(scols_cell_set_userdata(cell, (void *)table->used));
}

void table_number(struct table *table, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	table_cell(table, text, number);
}

/* libsmartcols prints nothing for a table without rows. Print the headings then. */
static void print_headings(struct table *table)
{
	char *text;

	table_row(table);
	check(scols_print_table_to_string(table->table, &text));
	printf("%.*s\n", (int)strcspn(text, "\n"), text);
	free(text);
}

void table_print(struct table *table)
{
	if (table->sort < table->count)
		check(scols_sort_table(table->table, table->shown[table->sort]));
	/* output_done() reports errors of stdout. */
	if (scols_table_get_nlines(table->table))
		check(scols_print_table(table->table) == -ENOMEM);
	else if (!scols_table_is_noheadings(table->table))
		print_headings(table);
	release(table);
}
