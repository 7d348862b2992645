/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Scripts of operations. A script is a string of bytes that says what to do with a space. After
 * each step, the checks of tests/host/world.h compare the space with the model, with the walk of
 * a hart and with harts that cache, and run gst_check().
 *
 * Any bytes are a valid script. An operation is one byte followed by its operands. Their meaning
 * does not depend on their position. So if a byte is changed, removed or doubled, most of the
 * following operations stay the same.
 */
#ifndef TESTS_FUZZ_SCRIPT_H
#define TESTS_FUZZ_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

/* The low four bits of the byte of an operation. The comments are its operands. */
enum script_op {
	SCRIPT_MAP,       /* place, size, attributes, how */
	SCRIPT_MAP_SAME,  /* at the last place again: size, attributes, how */
	SCRIPT_UNMAP,     /* place, size */
	SCRIPT_WRPROTECT, /* place, size */
	SCRIPT_MASK,      /* place, two bytes of the mask */
	SCRIPT_YOUNG,     /* place, size */
	SCRIPT_TOUCH,     /* place */
	SCRIPT_SPLIT,     /* place, size, level */
	SCRIPT_COLLAPSE,  /* place, size, level */
	SCRIPT_REFORMAT,  /* format */
	SCRIPT_ITERATE,   /* place, size, pause */
	SCRIPT_FILL,      /* place, count, attributes, how */
	SCRIPT_SHARE,     /* shared entry or not */
	SCRIPT_FAIL,      /* which allocation fails */
	SCRIPT_LOOK,      /* place */
	SCRIPT_CHECK,     /* none: check everything */
	SCRIPT_OPS,
};

/* The high bits. */
#define SCRIPT_FINISH (1u << 4) /* flush afterwards */
#define SCRIPT_WHOLE                                                                               \
	(1u << 5) /* depends: GST_WHOLE_LEAVES, clear A bits, or unmap nothing first \
				 */
#define SCRIPT_AGAIN                                                                               \
	(1u << 6)              /* at the place of the last operation: there is no operand for it  \
				 */
#define SCRIPT_ALONE (1u << 7) /* exclusive entry from here on */

/* How often each operation has run in all scripts so far. */
extern unsigned long script_steps[SCRIPT_OPS];

/* The names of the operations, for output. */
extern const char *const script_names[SCRIPT_OPS];

/*
 * Run a script on a new space, then destroy the space. On a failure, call script_failed()
 * instead of returning.
 */
void script_run(const uint8_t *bytes, size_t size);

/* Each program defines this: it reports the failure and exits. */
_Noreturn void script_failed(void);

#endif /* TESTS_FUZZ_SCRIPT_H */
