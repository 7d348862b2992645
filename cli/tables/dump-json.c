// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read the JSON form of a dump, the output of `gstage dump --json`, with json-c. A dump can have
 * hundreds of thousands of runs. So only one value is in memory at a time: a member of the
 * document, or a run. Unknown members are skipped. The input may be malicious.
 */
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "tables/dump.h"

/* How deeply values may be nested. gstage writes at most three levels. */
#define DEPTH_MAX 32

struct reader {
	const char *at, *end;
	struct json_tokener *tokener;
	const char *why; /* the first error, or NULL */
};

static bool wrong(struct reader *r, const char *why)
{
	if (!r->why)
		r->why = why;
	return false;
}

static void skip_space(struct reader *r)
{
	while (r->at < r->end && strchr(" \t\r\n", *r->at))
		r->at++;
}

/* Skip @c if it is the next character. */
static bool next_is(struct reader *r, char c)
{
	skip_space(r);
	if (r->why || r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool expect(struct reader *r, char c)
{
	return next_is(r, c) || wrong(r, "it is not JSON, or gstage did not write it");
}

/* Parse the next value. The caller must json_object_put() it. Return: false on errors. */
static bool parse(struct reader *r, struct json_object **value)
{
	size_t left;

	skip_space(r);
	left = r->end - r->at;
	json_tokener_reset(r->tokener);
	*value = json_tokener_parse_ex(r->tokener, r->at, left < INT_MAX ? (int)left : INT_MAX);
	r->at += json_tokener_get_parse_end(r->tokener);
	switch (json_tokener_get_error(r->tokener)) {
	case json_tokener_success:
		return true;
	case json_tokener_continue:
		return wrong(r, "it ends too early");
	case json_tokener_error_depth:
		return wrong(r, "it is nested too deeply");
	default:
		return wrong(r, json_tokener_error_desc(json_tokener_get_error(r->tokener)));
	}
}

/* Return: the string, which @value owns; NULL if it is not a string. */
static const char *string(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

/* Addresses and PTEs are strings: JSON numbers would lose their low bits. */
static bool address(struct json_object *value, uint64_t *number)
{
	const char *text = string(value);

	return text && parse_number(text, number);
}

static bool small(struct json_object *value, unsigned int *number)
{
	int64_t n = json_object_get_int64(value);

	*number = n;
	return json_object_is_type(value, json_type_int) && n >= 0 && n <= 1000;
}

static bool flags(struct json_object *value, unsigned int *mask)
{
	size_t i;

	if (!json_object_is_type(value, json_type_array))
		return false;
	for (i = 0; i < json_object_array_length(value); i++) {
		const char *flag = string(json_object_array_get_idx(value, i));

		if (!flag || !dump_parse_flag(flag, mask))
			return false;
	}
	return true;
}

/* Return: NULL, or what is wrong with the run. */
static const char *read_run(struct json_object *map, struct dump_run *run)
{
	struct json_object *gpa, *end, *pa, *pte, *leaf, *level, *list;
	const char *size;

	memset(run, 0, sizeof(*run));
	if (!json_object_is_type(map, json_type_object))
		return "a run is not an object";
	if (!json_object_object_get_ex(map, "gpa", &gpa) ||
	    !json_object_object_get_ex(map, "end", &end) ||
	    !json_object_object_get_ex(map, "pa", &pa) ||
	    !json_object_object_get_ex(map, "pte", &pte) ||
	    !json_object_object_get_ex(map, "leaf", &leaf) ||
	    !json_object_object_get_ex(map, "level", &level) ||
	    !json_object_object_get_ex(map, "flags", &list))
		return "a member of a run is missing";
	if (!address(gpa, &run->gpa) || !address(end, &run->end) || !address(pa, &run->pa) ||
	    !address(pte, &run->pte))
		return "an address is not a number";
	size = string(leaf);
	if (!size || !dump_parse_size(size, &run->leaf))
		return "a leaf size is wrong";
	if (!small(level, &run->level))
		return "a level is not a small number";
	return flags(list, &run->flags) ? NULL : "a flag is unknown";
}

static bool add_run(struct reader *r, struct dump *dump)
{
	const char *why, *start;
	struct json_object *map;
	struct dump_run run;

	skip_space(r);
	start = r->at;
	if (!parse(r, &map))
		return false;
	why = read_run(map, &run);
	json_object_put(map);
	if (why) {
		/* Tell where the run begins, not where it ends. */
		r->at = start;
		return wrong(r, why);
	}
	return dump_add(dump, &run) || wrong(r, "there is not enough memory");
}

static bool runs(struct reader *r, struct dump *dump)
{
	if (!expect(r, '['))
		return false;
	if (next_is(r, ']'))
		return true;
	do {
		if (!add_run(r, dump))
			return false;
	} while (next_is(r, ','));
	return expect(r, ']');
}

/* Return: false if @name is a member of the head and @value is wrong for it. */
static bool head_member(const char *name, struct json_object *value, struct dump_head *head)
{
	const char *text;

	if (!strcmp(name, "version"))
		return small(value, &head->version);
	if (!strcmp(name, "levels"))
		return small(value, &head->levels);
	if (!strcmp(name, "gpa_bits"))
		return small(value, &head->gpa_bits);
	if (!strcmp(name, "root"))
		return address(value, &head->root);
	if (strcmp(name, "mode"))
		return true;
	text = string(value);
	if (text)
		snprintf(head->mode, sizeof(head->mode), "%.15s", text);
	return text;
}

static bool member(struct reader *r, struct dump *dump)
{
	struct json_object *key, *value;
	const char *name, *start;
	bool fine;

	if (!parse(r, &key))
		return false;
	name = string(key);
	fine = name ? expect(r, ':') : wrong(r, "the name of a member is not a string");
	skip_space(r);
	start = r->at;
	if (fine && !strcmp(name, "runs")) {
		fine = runs(r, dump);
	} else if (fine && parse(r, &value)) {
		fine = head_member(name, value, &dump->head);
		json_object_put(value);
		if (!fine) {
			r->at = start;
			wrong(r, "a member of the head is wrong");
		}
	} else {
		fine = false;
	}
	json_object_put(key);
	return fine;
}

const char *dump_parse_json(char *text, struct dump *dump, size_t *where)
{
	struct reader r = { .at = text, .end = text + strlen(text) };

	*where = 0;
	r.tokener = json_tokener_new_ex(DEPTH_MAX);
	if (!r.tokener)
		return "there is not enough memory";
	json_tokener_set_flags(r.tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	if (expect(&r, '{')) {
		do {
			if (!member(&r, dump))
				break;
		} while (next_is(&r, ','));
		if (!r.why && expect(&r, '}')) {
			skip_space(&r);
			if (r.at != r.end)
				wrong(&r, "there is text after the end");
		}
	}
	json_tokener_free(r.tokener);
	*where = r.at - text;
	return r.why;
}
