// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The devices, chosen when the program is built:
 *
 * - by default, a ns16550 at UART_BASE, and SiFive's test finisher at FINISHER_BASE. A store
 *   of 0x5555 there means success, 0x3333 with a status in the upper half means failure.
 * - with PLATFORM_HTIF, the words tohost and fromhost for both. Simulators find them by their
 *   symbols.
 */
#include <stdint.h>

#include "platform.h"

#ifndef PLATFORM_HTIF

#ifndef UART_BASE
#define UART_BASE 0x10000000
#endif
#ifndef FINISHER_BASE
#define FINISHER_BASE 0x100000
#endif

#define UART_THR  0
#define UART_LSR  5
#define LSR_EMPTY 0x20

void platform_putc(char c)
{
	volatile uint8_t *uart = (volatile uint8_t *)UART_BASE;

	while (!(uart[UART_LSR] & LSR_EMPTY))
		;
	uart[UART_THR] = (uint8_t)c;
}

_Noreturn void platform_exit(unsigned int status)
{
	volatile uint32_t *finisher = (volatile uint32_t *)FINISHER_BASE;

	for (;;)
		*finisher = status ? status << 16 | 0x3333 : 0x5555;
}

#else

/* Each word has its own cache line. With XLEN 32 the order of the two halves matters. */
volatile uint64_t tohost __attribute__((section(".htif"), aligned(64)));
volatile uint64_t fromhost __attribute__((section(".htif"), aligned(64)));

static void htif(uint64_t command)
{
	volatile uint32_t *word = (volatile uint32_t *)&tohost;

	while (tohost)
		fromhost = 0;
	if (sizeof(long) == 8) {
		tohost = command;
	} else {
		word[0] = (uint32_t)command;
		word[1] = (uint32_t)(command >> 32);
	}
}

void platform_putc(char c)
{
	htif(UINT64_C(1) << 56 | UINT64_C(1) << 48 | (uint8_t)c);
}

_Noreturn void platform_exit(unsigned int status)
{
	for (;;)
		htif((uint64_t)status << 1 | 1);
}

#endif
