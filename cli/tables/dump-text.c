// SPDX-License-Identifier: GPL-2.0-only
/* Parse the text form of a dump, the format of gstage_page_tables (docs/ABI.md). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "output/json.h"
#include "tables/dump.h"

static const struct {
	const char *name;
	unsigned int flag;
} flags[] = {
	{ "R", FLAG_R },        { "W", FLAG_W },        { "X", FLAG_X }, { "U", FLAG_U },
	{ "A", FLAG_A },        { "D", FLAG_D },        { "G", FLAG_G }, { "N", FLAG_N },
	{ "pbmt=nc", FLAG_NC }, { "pbmt=io", FLAG_IO },
};

bool dump_parse_flag(const char *text, unsigned int *value)
{
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (strcmp(text, flags[i].name))
			continue;
		*value |= flags[i].flag;
		return true;
	}
	return false;
}

bool dump_parse_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGTPE";
	const char *unit;
	char *end;

	if (*text < '1' || *text > '9')
		return false;
	*bytes = strtoull(text, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (!unit || end[1] || end - text > 4)
		return false;
	*bytes <<= 10 * (unit - units + 1);
	return true;
}

/* Parse "# name value". Ignore unknown names: they are from a later version. */
static enum dump_line head_line(char *line, struct dump_head *head, const char **why)
{
	char *save, *name = strtok_r(line + 1, " ", &save), *value = strtok_r(NULL, " ", &save);
	uint64_t number = 0;
	bool is_number;

	if (!name || !value)
		return DUMP_HEAD;
	is_number = parse_number(value, &number);
	if (!strcmp(name, "mode")) {
		snprintf(head->mode, sizeof(head->mode), "%s", value);
		return DUMP_HEAD;
	}
	if (!strcmp(name, "root") && is_number)
		head->root = number;
	else if (!strcmp(name, "gstage-dump") && is_number && number <= 1000)
		head->version = number;
	else if (!strcmp(name, "levels") && is_number && number <= 64)
		head->levels = number;
	else if (!strcmp(name, "gpa_bits") && is_number && number <= 64)
		head->gpa_bits = number;
	else if (!strcmp(name, "root") || !strcmp(name, "gstage-dump") || !strcmp(name, "levels") ||
		 !strcmp(name, "gpa_bits")) {
		*why = "the value of a header line is not a number";
		return DUMP_BAD;
	}
	return DUMP_HEAD;
}

/* Parse a name and a number: "pa 0x80000000". */
static bool named_number(char **save, const char *name, uint64_t *value)
{
	const char *word = strtok_r(NULL, " ", save), *number = strtok_r(NULL, " ", save);

	return word && number && !strcmp(word, name) && parse_number(number, value);
}

static enum dump_line bad(const char **why, const char *what)
{
	*why = what;
	return DUMP_BAD;
}

static enum dump_line run_line(char *line, struct dump_run *run, const char **why)
{
	char *save, *range = strtok_r(line, " ", &save), *dash, *word;
	uint64_t level;

	memset(run, 0, sizeof(*run));
	dash = range ? strchr(range, '-') : NULL;
	if (!dash)
		return bad(why, "it does not begin with a range of addresses");
	*dash = '\0';
	if (!parse_number(range, &run->gpa) || !parse_number(dash + 1, &run->end))
		return bad(why, "its range is not two numbers");
	/* Skip the size of the run: it is only for people. */
	if (!strtok_r(NULL, " ", &save))
		return bad(why, "it ends after the range");
	word = strtok_r(NULL, " ", &save);
	if (!word || !parse_number(word, &level) || level > 64)
		return bad(why, "its level is not a number");
	run->level = level;
	word = strtok_r(NULL, " ", &save);
	if (!word || !dump_parse_size(word, &run->leaf))
		return bad(why, "its leaf size is wrong");
	if (!named_number(&save, "pa", &run->pa))
		return bad(why, "pa is missing");
	if (!named_number(&save, "pte", &run->pte))
		return bad(why, "pte is missing");
	while ((word = strtok_r(NULL, " ", &save)))
		if (strcmp(word, "-") && !dump_parse_flag(word, &run->flags))
			return bad(why, "it has an unknown flag");
	return DUMP_RUN;
}

enum dump_line dump_line(char *line, struct dump_head *head, struct dump_run *run, const char **why)
{
	if (!line[strspn(line, " \t\r")])
		return DUMP_HEAD;
	if (line[0] == '#')
		return head_line(line, head, why);
	return run_line(line, run, why);
}

struct json_object *dump_run_json(const struct dump_run *run)
{
	static const unsigned int level_shift[] = { 10, 20, 30, 40, 50, 60 };
	struct json_object *map = json_map(), *list = json_list();
	size_t i, unit = 0;
	char leaf[32];

	while (unit < 5 && run->leaf >> level_shift[unit] >= 1024)
		unit++;
	snprintf(leaf, sizeof(leaf), "%" PRIu64 "%c", run->leaf >> level_shift[unit],
		 "KMGTPE"[unit]);
	json_set(map, "gpa", json_hex(run->gpa));
	json_set(map, "end", json_hex(run->end));
	json_set(map, "level", json_number(run->level));
	json_set(map, "leaf", json_text(leaf));
	json_set(map, "pa", json_hex(run->pa));
	json_set(map, "pte", json_hex(run->pte));
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (run->flags & flags[i].flag)
			json_append(list, json_text(flags[i].name));
	json_set(map, "flags", list);
	return map;
}

bool dump_add(struct dump *dump, const struct dump_run *run)
{
	struct dump_run *more;
	size_t room;

	if (dump->count == dump->room) {
		room = dump->room ? dump->room * 2 : 64;
		more = realloc(dump->runs, room * sizeof(*more));
		if (!more)
			return false;
		dump->runs = more;
		dump->room = room;
	}
	dump->runs[dump->count++] = *run;
	return true;
}

const char *dump_parse_text(char *text, struct dump *dump, size_t *where)
{
	struct dump_run run;
	const char *why;
	char *next;

	for (*where = 1; text; text = next, ++*where) {
		next = strchr(text, '\n');
		if (next)
			*next++ = '\0';
		switch (dump_line(text, &dump->head, &run, &why)) {
		case DUMP_HEAD:
			break;
		case DUMP_RUN:
			if (!dump_add(dump, &run))
				return "there is not enough memory";
			break;
		case DUMP_BAD:
			return why;
		}
	}
	return NULL;
}
