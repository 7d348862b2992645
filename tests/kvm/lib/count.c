// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"

static char base[4096];

/* One number from the text of gstage_stats. */
static long number(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && line[len] == ' ')
			return strtoull(line + len, NULL, 0);
	}
	bail("gstage_stats has no %s", name);
}

void count_from(const struct vm *vm)
{
	vm_text(vm, "gstage_stats", base, sizeof(base));
}

long count_of(const struct vm *vm, const char *name)
{
	return (long)vm_stat(vm, name) - number(base, name);
}

bool counted(const struct vm *vm, const char *fmt, ...)
{
	char now[sizeof(base)], text[512], *word, *next;
	bool good = true;
	va_list args;

	vm_text(vm, "gstage_stats", now, sizeof(now));
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (word = strtok_r(text, " ", &next); word; word = strtok_r(NULL, " ", &next)) {
		const char *name = word, *value = strtok_r(NULL, " ", &next);
		long more = number(now, name) - number(base, name), expected;
		bool same;

		if (!value)
			bail("counted(): there is no number after %s", name);
		expected = strtol(value + (*value == '<' || *value == '>'), NULL, 0);
		same = *value == '<' ? more <= expected :
		       *value == '>' ? more >= expected :
				       more == expected;
		if (!same)
			diag("%s: %ld, expected %s", name, more, value);
		good &= same;
	}
	memcpy(base, now, sizeof(base));
	return good;
}

u64 vm_exits(const struct vm *vm)
{
	char text[32];

	vm_text(vm, "exits", text, sizeof(text));
	return strtoull(text, NULL, 0);
}
