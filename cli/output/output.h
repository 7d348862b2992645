/* SPDX-License-Identifier: GPL-2.0-only */
/* Errors and sizes that the command prints. */
#ifndef GSTAGE_CLI_OUTPUT_H
#define GSTAGE_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* error.c */

/**
 * error_setup() - set how fail() reports errors
 * @command: messages start with this name
 * @json: write a JSON object to stderr instead of text
 */
void error_setup(const char *command, bool json);

/* fail() calls @before first. The terminal of gstage top is restored this way. */
void error_call_before(void (*before)(void));

/**
 * fail() - report an error; the program must end after it
 * @status: the exit status
 * @code: a word that programs can test, such as "no-kvm"; it never changes
 * @remedy: what the user can do, or NULL
 * @fmt: the cause, in printf() format
 *
 * Return: @status.
 */
int fail(int status, const char *code, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The error that there is no memory. Return: its exit status. */
int fail_no_memory(void);

/* Flush stdout at the end. Return: 0, or the exit status after an error was reported. */
int output_done(void);

/* size.c */

/* Write a size such as "1.5M" to @buf. @buf must have at least 16 bytes. */
char *size_text(uint64_t bytes, char *buf);

#endif
