/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Printing, and results as TAP.
 */
#ifndef ISA_SAY_H
#define ISA_SAY_H

#include <stdbool.h>
#include <stdint.h>

/* %s a string, %u an unsigned int, %x a uint64_t in hexadecimal with 0x before it. */
void say(const char *fmt, ...);

/*
 * One line for each difference, as a TAP comment. Too many end the program:
 * what follows from the first one is of no interest.
 */
void difference(const char *fmt, ...);

/* Give up: a plan is not printed any more. */
_Noreturn void bail(const char *fmt, ...);

/*
 * The result of all checks since the last result; or of @good too. The name may
 * have one %u, for @count.
 */
void result(const char *prefix, const char *name, unsigned int count);
void result_if(bool good, const char *prefix, const char *name);

/* Print the plan, which is the end marker. Return: how many results were bad. */
unsigned int results_end(void);

#endif /* ISA_SAY_H */
