// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parse the JSON form of a dump, the output of `gstage dump --json`. Skip unknown members, and
 * report text that is not JSON. The input may be malicious.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "tables/dump.h"

/* How deeply skipped values may be nested. gstage writes at most three levels. */
#define DEPTH_MAX 32

struct json {
	char *at;
	const char *why; /* the first error, or NULL */
};

static bool wrong(struct json *j, const char *why)
{
	if (!j->why)
		j->why = why;
	return false;
}

/* Skip @c if it is the next character. */
static bool next_is(struct json *j, char c)
{
	j->at += strspn(j->at, " \t\r\n");
	if (j->why || *j->at != c)
		return false;
	j->at++;
	return true;
}

static bool expect(struct json *j, char c)
{
	return next_is(j, c) || wrong(j, "it is not JSON, or gstage did not write it");
}

/*
 * Parse a string in place. Escapes are not decoded: no string that matters has one.
 * Return: NULL if it is not a string.
 */
static const char *string(struct json *j)
{
	char *start;

	if (!expect(j, '"'))
		return NULL;
	for (start = j->at; *j->at != '"'; j->at++) {
		if ((unsigned char)*j->at < ' ') {
			wrong(j, "a string does not end");
			return NULL;
		}
		if (*j->at == '\\' && j->at[1])
			j->at++;
	}
	*j->at++ = '\0';
	return start;
}

static bool number(struct json *j, uint64_t *value)
{
	size_t len;
	char text[24];

	j->at += strspn(j->at, " \t\r\n");
	len = strspn(j->at, "0123456789");
	if (!len || len >= sizeof(text))
		return wrong(j, "a number is missing");
	memcpy(text, j->at, len);
	text[len] = '\0';
	j->at += len;
	return parse_number(text, value) || wrong(j, "a number is too large");
}

/* Addresses and PTEs are strings: JSON numbers would lose their low bits. */
static bool address(struct json *j, uint64_t *value)
{
	const char *text = string(j);

	return text && (parse_number(text, value) || wrong(j, "an address is not a number"));
}

static bool small(struct json *j, unsigned int *value)
{
	uint64_t n;

	if (!number(j, &n))
		return false;
	if (n > 1000)
		return wrong(j, "a number is too large");
	*value = n;
	return true;
}

static bool skip(struct json *j, unsigned int depth)
{
	char close;

	if (depth > DEPTH_MAX)
		return wrong(j, "it is nested too deeply");
	j->at += strspn(j->at, " \t\r\n");
	if (*j->at == '"')
		return string(j) != NULL;
	if (*j->at != '{' && *j->at != '[') {
		size_t len = strspn(j->at, "+-.0123456789Eaeflnrstu");

		j->at += len;
		return len || wrong(j, "a value is missing");
	}
	close = *j->at++ == '{' ? '}' : ']';
	if (next_is(j, close))
		return true;
	do {
		if (close == '}' && (!string(j) || !expect(j, ':')))
			return false;
		if (!skip(j, depth + 1))
			return false;
	} while (next_is(j, ','));
	return expect(j, close);
}

static bool flags(struct json *j, unsigned int *value)
{
	const char *flag;

	if (!expect(j, '['))
		return false;
	if (next_is(j, ']'))
		return true;
	do {
		flag = string(j);
		if (!flag || !dump_parse_flag(flag, value))
			return wrong(j, "a flag is unknown");
	} while (next_is(j, ','));
	return expect(j, ']');
}

static bool run(struct json *j, struct dump_run *r)
{
	static const char *const names[] = { "gpa", "end", "pa", "pte", "leaf", "level", "flags" };
	const char *name, *text;
	unsigned int seen = 0;
	bool fine;
	size_t i;

	memset(r, 0, sizeof(*r));
	if (!expect(j, '{'))
		return false;
	do {
		name = string(j);
		if (!name || !expect(j, ':'))
			return false;
		for (i = 0; i < sizeof(names) / sizeof(names[0]) && strcmp(name, names[i]); i++)
			;
		switch (i) {
		case 0:
			fine = address(j, &r->gpa);
			break;
		case 1:
			fine = address(j, &r->end);
			break;
		case 2:
			fine = address(j, &r->pa);
			break;
		case 3:
			fine = address(j, &r->pte);
			break;
		case 4:
			text = string(j);
			fine = text && (dump_parse_size(text, &r->leaf) ||
					wrong(j, "a leaf size is wrong"));
			break;
		case 5:
			fine = small(j, &r->level);
			break;
		case 6:
			fine = flags(j, &r->flags);
			break;
		default:
			fine = skip(j, 0);
		}
		if (!fine)
			return false;
		if (i < sizeof(names) / sizeof(names[0]))
			seen |= 1U << i;
	} while (next_is(j, ','));
	if (seen != (1U << sizeof(names) / sizeof(names[0])) - 1)
		return wrong(j, "a member of a run is missing");
	return expect(j, '}');
}

static bool runs(struct json *j, struct dump *dump)
{
	struct dump_run r;

	if (!expect(j, '['))
		return false;
	if (next_is(j, ']'))
		return true;
	do {
		if (!run(j, &r))
			return false;
		if (!dump_add(dump, &r))
			return wrong(j, "there is not enough memory");
	} while (next_is(j, ','));
	return expect(j, ']');
}

static bool member(struct json *j, struct dump *dump)
{
	struct dump_head *head = &dump->head;
	const char *name = string(j), *text;

	if (!name || !expect(j, ':'))
		return false;
	if (!strcmp(name, "version"))
		return small(j, &head->version);
	if (!strcmp(name, "levels"))
		return small(j, &head->levels);
	if (!strcmp(name, "gpa_bits"))
		return small(j, &head->gpa_bits);
	if (!strcmp(name, "root"))
		return address(j, &head->root);
	if (!strcmp(name, "runs"))
		return runs(j, dump);
	if (strcmp(name, "mode"))
		return skip(j, 0);
	text = string(j);
	if (text)
		snprintf(head->mode, sizeof(head->mode), "%.15s", text);
	return text;
}

const char *dump_parse_json(char *text, struct dump *dump, size_t *where)
{
	struct json j = { text, NULL };

	if (expect(&j, '{')) {
		do {
			if (!member(&j, dump))
				break;
		} while (next_is(&j, ','));
		if (!j.why && expect(&j, '}')) {
			j.at += strspn(j.at, " \t\r\n");
			if (*j.at)
				wrong(&j, "there is text after the end");
		}
	}
	*where = j.at - text;
	return j.why;
}
