/* SPDX-License-Identifier: GPL-2.0-only */
/* What the command prints: errors, JSON, sizes. */
#ifndef GSTAGE_CLI_OUTPUT_H
#define GSTAGE_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* error.c */

/**
 * error_setup() - how fail() reports from now on
 * @command: the name that starts each message
 * @json: write one JSON object to stderr instead of lines for a person
 */
void error_setup(const char *command, bool json);

/* Have @before called before an error is reported: who has the terminal gives it back. */
void error_call_before(void (*before)(void));

/**
 * fail() - report the one error that ends this run
 * @status: the exit status
 * @code: a stable word for programs, such as "no-kvm"
 * @remedy: what the reader can do about it, or NULL
 * @fmt: the cause, as printf() formats it
 *
 * Return: @status, for the caller to hand on.
 */
int fail(int status, const char *code, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* json.c */

/* Writes @s to @f as a JSON string; bytes that are not UTF-8 become U+FFFD. */
void json_string(FILE *f, const char *s);

/* To end with. Return: 0, or an exit status after having reported that stdout failed. */
int output_done(void);

/* size.c */

/* Writes, for example, "1.5M" to @buf, which is of at least 16 bytes. */
char *size_text(uint64_t bytes, char *buf);

#endif
