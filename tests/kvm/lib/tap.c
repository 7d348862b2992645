// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

static unsigned int results, failures;

bool ok(bool good, const char *fmt, ...)
{
	va_list args;

	results++;
	failures += !good;
	printf("%sok %u ", good ? "" : "not ", results);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	return good;
}

bool is(int err, int expected)
{
	if (err != expected)
		diag("error %d (%s), expected %d (%s)", err, strerror(err), expected,
		     strerror(expected));
	return err == expected;
}

void diag(const char *fmt, ...)
{
	va_list args;

	fputs("# ", stdout);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void bail(const char *fmt, ...)
{
	va_list args;

	fputs("Bail out! ", stdout);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	_Exit(2);
}

int done(void)
{
	printf("1..%u\n", results);
	fflush(stdout);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
