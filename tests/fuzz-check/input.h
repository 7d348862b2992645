/* SPDX-License-Identifier: GPL-2.0-only */
/* Input for `gstage check`, made from the bytes of a fuzzer. */
#ifndef TESTS_FUZZ_CHECK_INPUT_H
#define TESTS_FUZZ_CHECK_INPUT_H

#include <stddef.h>
#include <stdint.h>

#define RULES   3 /* INV, SPEC, INPUT */
#define NUMBERS 16

/* How often each rule was violated. */
extern unsigned long found[RULES][NUMBERS];
extern const char *const rule_names[RULES];

/* How many inputs were read to their end, and how many were refused. */
extern unsigned long accepted, refused;

/**
 * input_run() - check one input
 *
 * The first byte is the kind of the input: 't' for a dump as text, '{' for a dump as JSON, 'i' for
 * an image of 64 KiB with XLEN 64, 'I' for one with XLEN 32. An image has a byte for hgatp.MODE, a
 * byte for the page number of the root, then entries of 10 bytes: 2 bytes for the position, 8 bytes
 * for the PTE. Bit 15 of the position makes the PTE a pointer into the image, or just after its
 * end.
 */
void input_run(const uint8_t *bytes, size_t size);

#endif
