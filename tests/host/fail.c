// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * How a test fails.
 */
#include <stdio.h>

#include "fail.h"

void (*test_on_failure)(void *arg);
void *test_on_failure_arg;

void test_failed(const char *file, int line, const char *kind, const char *fmt, ...)
{
	void (*hook)(void *arg) = test_on_failure;
	va_list ap;

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
