/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The two devices that the program wants: something to print to, and a way to end.
 */
#ifndef ISA_PLATFORM_H
#define ISA_PLATFORM_H

void platform_putc(char c);
_Noreturn void platform_exit(unsigned int status);

#endif /* ISA_PLATFORM_H */
