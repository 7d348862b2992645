/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * TAP out of programs with threads: what goes wrong is noted by whichever thread sees it,
 * and told when the threads have ended.
 */
#ifndef TESTS_THREADS_TAP_H
#define TESTS_THREADS_TAP_H

#include <stdbool.h>

void tap_plan(unsigned int results);

/* One result, in the order of the plan. */
void tap_result(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Note a failure; the first few are kept. Any thread may call it. */
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Has anything been noted since the last tap_notes_told()? */
bool tap_broken(void);

/* Print what was noted as comments and forget it. Return: whether there was nothing. */
bool tap_notes_told(void);

/* What main() returns. */
int tap_status(void);

#define EXPECT(cond, ...)                                                                          \
	do {                                                                                       \
		if (!(cond))                                                                       \
			tap_note("" __VA_ARGS__);                                                  \
	} while (0)

#endif /* TESTS_THREADS_TAP_H */
