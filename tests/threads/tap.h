/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * TAP for programs with threads. Any thread may note a failure. The main thread prints the
 * notes when the other threads have ended.
 */
#ifndef TESTS_THREADS_TAP_H
#define TESTS_THREADS_TAP_H

#include <stdbool.h>

void tap_plan(unsigned int results);

/* Print the next result of the plan. */
void tap_result(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Note a failure. The first few notes are kept. Any thread may call this. */
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Has anything been noted since the last tap_notes_told()? */
bool tap_broken(void);

/* Print the notes as comments and forget them. Return: true if there were none. */
bool tap_notes_told(void);

/* The exit status for main(). */
int tap_status(void);

#define EXPECT(cond, ...)                                                                          \
	do {                                                                                       \
		if (!(cond))                                                                       \
			tap_note("" __VA_ARGS__);                                                  \
	} while (0)

#endif /* TESTS_THREADS_TAP_H */
