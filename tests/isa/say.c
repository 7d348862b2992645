// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Printing, and results as TAP.
 */
#include <stdarg.h>

#include "platform.h"
#include "say.h"

#define DIFFERENCES_MAX 40

static unsigned int results, bad_results, differences, differences_before;

static void put(const char *s)
{
	for (; *s; s++)
		platform_putc(*s);
}

static void put_unsigned(unsigned int n)
{
	char digits[11], *p = digits + sizeof(digits) - 1;

	*p = 0;
	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	put(p);
}

static void put_hex(uint64_t n)
{
	unsigned int shift = 60;

	while (shift && !(n >> shift))
		shift -= 4;
	put("0x");
	for (;; shift -= 4) {
		platform_putc("0123456789abcdef"[n >> shift & 15]);
		if (!shift)
			return;
	}
}

static void vsay(const char *fmt, va_list args)
{
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			platform_putc(*fmt);
			continue;
		}
		switch (*++fmt) {
		case 's':
			put(va_arg(args, const char *));
			break;
		case 'u':
			put_unsigned(va_arg(args, unsigned int));
			break;
		case 'x':
			put_hex(va_arg(args, uint64_t));
			break;
		}
	}
}

void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsay(fmt, args);
	va_end(args);
}

void difference(const char *fmt, ...)
{
	va_list args;

	put("# difference: ");
	va_start(args, fmt);
	vsay(fmt, args);
	va_end(args);
	put("\n");
	if (++differences == DIFFERENCES_MAX)
		bail("too many differences: %u", differences);
}

_Noreturn void bail(const char *fmt, ...)
{
	va_list args;

	put("Bail out! ");
	va_start(args, fmt);
	vsay(fmt, args);
	va_end(args);
	put("\n");
	platform_exit(2);
}

static void finish_result(bool good, const char *prefix, const char *name, unsigned int count)
{
	bad_results += !good;
	say("%s %u - %s: ", good ? "ok" : "not ok", ++results, prefix);
	say(name, count);
	put("\n");
	differences_before = differences;
}

void result(const char *prefix, const char *name, unsigned int count)
{
	finish_result(differences == differences_before, prefix, name, count);
}

void result_if(bool good, const char *prefix, const char *name)
{
	finish_result(good && differences == differences_before, prefix, name, 0);
}

unsigned int results_end(void)
{
	say("1..%u\n", results);
	return bad_results;
}
