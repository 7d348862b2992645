/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Printing, and results as TAP.
 */
#ifndef ISA_SAY_H
#define ISA_SAY_H

#include <stdbool.h>
#include <stdint.h>

/* Print. The formats are %s for a string, %u for an unsigned int, %x for a uint64_t (with 0x). */
void say(const char *fmt, ...);

/*
 * Print a difference as a TAP comment. After too many differences the program ends, because
 * later ones usually follow from the first.
 */
void difference(const char *fmt, ...);

/* Give up. No plan is printed then. */
_Noreturn void bail(const char *fmt, ...);

/*
 * Print a result: ok if there was no difference since the last result. result_if() needs @good,
 * too. The name may have one %u, for @count.
 */
void result(const char *prefix, const char *name, unsigned int count);
void result_if(bool good, const char *prefix, const char *name);

/*
 * Print the plan, which also shows that the program ran to its end. Return: how many results
 * failed.
 */
unsigned int results_end(void);

#endif /* ISA_SAY_H */
