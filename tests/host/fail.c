// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * How a test fails. See fail.h.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fail.h"

void (*test_on_failure)(void *arg);
void *test_on_failure_arg;

static jmp_buf expecting;
static bool expected;      /* test_catches() expects a failure */
static const char *caught; /* the kind of that failure */

void test_catches(const char *kind, void (*fn)(void *arg), void *arg)
{
	expected = true;
	caught = NULL;
	if (!setjmp(expecting))
		fn(arg);
	expected = false;
	CHECK("self-test", caught, "no check failed, but '%s' should have", kind);
	CHECK("self-test", !strcmp(caught, kind), "the check '%s' failed instead of '%s'", caught,
	      kind);
}

void test_failed(const char *file, int line, const char *kind, const char *fmt, ...)
{
	void (*hook)(void *arg) = test_on_failure;
	va_list ap;

	if (expected) {
		caught = kind;
		longjmp(expecting, 1);
	}
	printf("# caught by %s: ", kind);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	test_on_failure = NULL;
	if (hook)
		hook(test_on_failure_arg);
	fflush(stdout);
	_fail(file, line);
	__builtin_unreachable();
}
