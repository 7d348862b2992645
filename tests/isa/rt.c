// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Functions that the compiler may call, because there is no C library.
 */
#include <stddef.h>

void *memset(void *to, int byte, size_t size)
{
	unsigned char *p = to;

	while (size--)
		*p++ = (unsigned char)byte;
	return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	unsigned char *p = to;
	const unsigned char *q = from;

	while (size--)
		*p++ = *q++;
	return to;
}
