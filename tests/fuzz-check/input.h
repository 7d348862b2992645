/* SPDX-License-Identifier: GPL-2.0-only */
/* What `gstage check` is given, out of the bytes that a fuzzer makes. */
#ifndef TESTS_FUZZ_CHECK_INPUT_H
#define TESTS_FUZZ_CHECK_INPUT_H

#include <stddef.h>
#include <stdint.h>

#define RULES	3		/* INV, SPEC, INPUT */
#define NUMBERS	16

/* How often each rule was found broken. */
extern unsigned long found[RULES][NUMBERS];
extern const char *const rule_names[RULES];

/* Inputs that were read, and those that were refused. */
extern unsigned long accepted, refused;

/**
 * input_run() - check one input
 *
 * The first byte says what follows: 't' a dump as text, '{' one as JSON, 'i' and 'I'
 * an image of 64 KiB, of XLEN 64 and 32: a byte of hgatp.MODE, one of its page number,
 * then entries of 10 bytes: where, and what. Bit 15 of where makes a pointer of it that
 * leads into the image or just behind it.
 */
void input_run(const uint8_t *bytes, size_t size);

#endif
