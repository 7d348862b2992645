/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Operation scripts: bytes that say what is done to a space, each step of which the
 * tests' world judges (tests/host/world.h): model, a hart's walk, harts that cache,
 * gst_check().
 *
 * Any bytes are a script. An operation is a byte and its operands, all of fixed
 * meaning wherever they stand, so that a changed, lost or doubled byte leaves most
 * of what follows as it was.
 */
#ifndef TESTS_FUZZ_SCRIPT_H
#define TESTS_FUZZ_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

/* The low four bits of an operation's byte. */
enum script_op {
	SCRIPT_MAP,       /* place, size, attributes, how */
	SCRIPT_MAP_SAME,  /* the same once more: size, attributes, how */
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
	SCRIPT_SHARE,     /* whether */
	SCRIPT_FAIL,      /* what */
	SCRIPT_LOOK,      /* place */
	SCRIPT_CHECK,     /* all of it */
	SCRIPT_OPS,
};

/* And the high ones. */
#define SCRIPT_FINISH (1u << 4) /* flush afterwards */
#define SCRIPT_WHOLE  (1u << 5) /* GST_WHOLE_LEAVES; or: clear; or: what lies in the way stays */
#define SCRIPT_AGAIN  (1u << 6) /* at the last operation's place: no place follows */
#define SCRIPT_ALONE  (1u << 7) /* exclusive entry from here on */

/* What has been done in all scripts so far. */
extern unsigned long script_steps[SCRIPT_OPS];

/* The names of the operations, for people. */
extern const char *const script_names[SCRIPT_OPS];

/* Run it from an empty space to none. Does not return from a failure: script_failed() is called. */
void script_run(const uint8_t *bytes, size_t size);

/* What a failure does in the end; by the program. */
_Noreturn void script_failed(void);

#endif /* TESTS_FUZZ_SCRIPT_H */
