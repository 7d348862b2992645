/* SPDX-License-Identifier: GPL-2.0-only */
/* Results in the Test Anything Protocol. */
#ifndef TESTS_KVM_TAP_H
#define TESTS_KVM_TAP_H

#include <stdbool.h>

#define PRINTF_LIKE __attribute__((format(printf, 2, 3)))

/**
 * ok() - report one result
 * @good: whether the property holds
 * @fmt: the property, in words
 *
 * Return: @good
 */
bool ok(bool good, const char *fmt, ...) PRINTF_LIKE;

/** is() - is it the error that it should be? Tells what it is where not. */
bool is(int err, int expected);

/** diag() - a line for whoever reads the log; not a result */
void diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** bail() - the test cannot go on; ends the program */
void bail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/**
 * done() - print the plan: last, so that a program that died half-way has none
 *
 * Return: the exit status for main()
 */
int done(void);

#endif
