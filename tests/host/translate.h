/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Converting between the names of the specification (spec.h) and those of the engine.
 */
#ifndef TESTS_HOST_TRANSLATE_H
#define TESTS_HOST_TRANSLATE_H

#include <gst/pte.h>

#include "spec.h"

/* Attributes that must be equal in a cached translation. Permissions may be fewer. */
#define ATTR_TYPES (GST_NC | GST_IO)

static inline gst_attr_t attr_of_perm(unsigned int perm)
{
	return (perm & SPEC_R ? GST_READ : 0) | (perm & SPEC_W ? GST_WRITE : 0) |
	       (perm & SPEC_X ? GST_EXEC : 0) | (perm & SPEC_NC ? GST_NC : 0) |
	       (perm & SPEC_IO ? GST_IO : 0);
}

static inline const char *perm_name(unsigned int perm)
{
	static const char *const names[] = { "none", "R", "W", "RW", "X", "RX", "WX", "RWX" };

	return names[perm & 7];
}

static inline const char *spec_fault_name(enum spec_fault fault)
{
	switch (fault) {
	case SPEC_NO_FAULT:
		return "a leaf";
	case SPEC_GPA_TOO_WIDE:
		return "beyond the format";
	case SPEC_BUS:
		return "in a page that is not a table";
	case SPEC_NOT_VALID:
		return "not valid";
	case SPEC_WRITE_WITHOUT_READ:
		return "writable but not readable";
	case SPEC_RESERVED:
		return "reserved";
	case SPEC_NO_LEAF:
		return "a pointer in the last level";
	case SPEC_NOT_USER:
		return "without U";
	case SPEC_MISALIGNED:
		return "a misaligned superpage";
	}
	return "?";
}

#endif /* TESTS_HOST_TRANSLATE_H */
