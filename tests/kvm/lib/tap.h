/* SPDX-License-Identifier: GPL-2.0-only */
/* Print results in the Test Anything Protocol (TAP). */
#ifndef TESTS_KVM_TAP_H
#define TESTS_KVM_TAP_H

#include <stdbool.h>

#define PRINTF_LIKE __attribute__((format(printf, 2, 3)))

/**
 * ok() - report one result
 * @good: whether the test passed
 * @fmt: what was tested, in words
 *
 * Return: @good
 */
bool ok(bool good, const char *fmt, ...) PRINTF_LIKE;

/** is() - is @err the expected errno? If not, print both. */
bool is(int err, int expected);

/** diag() - print a comment, which is not a result */
void diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** bail() - say why the test cannot go on, and end the program */
void bail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/**
 * done() - print the plan
 *
 * Call it last: if the program dies before that, there is no plan, which is a failure.
 *
 * Return: the exit status for main()
 */
int done(void);

#endif
