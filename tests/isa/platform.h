/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The two devices that the program needs: a console, and a way to end the simulation.
 */
#ifndef ISA_PLATFORM_H
#define ISA_PLATFORM_H

void platform_putc(char c);
_Noreturn void platform_exit(unsigned int status);

#endif /* ISA_PLATFORM_H */
