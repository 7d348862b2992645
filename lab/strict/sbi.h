/* SPDX-License-Identifier: GPL-2.0-only */
/* An SBI call, for the files that answer it. */
#ifndef STRICT_SBI_H
#define STRICT_SBI_H

#include "strict.h"

enum {
	SBI_OK = 0,
	SBI_FAILED = -1,
	SBI_NOT_SUPPORTED = -2,
	SBI_INVALID_PARAM = -3,
	SBI_INVALID_ADDRESS = -5,
	SBI_ALREADY_AVAILABLE = -6,
	SBI_ALREADY_STARTED = -7,
	SBI_ALREADY_STOPPED = -8,
};

/**
 * struct call - an SBI call
 * @ext: the extension
 * @fid: the function
 * @a: a0 to a5
 * @value: what the caller gets in a1
 */
struct call {
	u64 ext, fid;
	ux *a;
	u64 value;
};

/* Each returns the error that the caller gets in a0. */
s64 pmu_call(struct hart *h, struct call *c);

#endif
