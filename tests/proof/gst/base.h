/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Found before include/gst/base.h, which it includes. It writes the same geometry in another way: a
 * shift by an unknown distance costs the solver thousands of variables, a choice among five
 * constants only a few.
 */
#ifndef PROOF_GST_BASE_H
#define PROOF_GST_BASE_H

#include_next <gst/base.h>

enum {
	PROOF_SHIFT_0 = GST_LEVEL_SHIFT(0),
	PROOF_SHIFT_1 = GST_LEVEL_SHIFT(1),
	PROOF_SHIFT_2 = GST_LEVEL_SHIFT(2),
	PROOF_SHIFT_3 = GST_LEVEL_SHIFT(3),
	PROOF_SHIFT_4 = GST_LEVEL_SHIFT(4),
	PROOF_SHIFT_5 = GST_LEVEL_SHIFT(5),
};

#undef GST_LEVEL_SHIFT
#undef GST_LEVEL_SIZE

#define GST_LEVEL_SHIFT(level) proof_level_shift(level)
#define GST_LEVEL_SIZE(level)  proof_level_size(level)

static inline unsigned int proof_level_shift(unsigned int level)
{
	proven(level <= GST_LEVELS_MAX, "there is such a level");
	return level == 0 ? PROOF_SHIFT_0 :
	       level == 1 ? PROOF_SHIFT_1 :
	       level == 2 ? PROOF_SHIFT_2 :
	       level == 3 ? PROOF_SHIFT_3 :
	       level == 4 ? PROOF_SHIFT_4 :
			    PROOF_SHIFT_5;
}

static inline uint64_t proof_level_size(unsigned int level)
{
	proven(level <= GST_LEVELS_MAX, "there is such a level");
	return level == 0 ? UINT64_C(1) << PROOF_SHIFT_0 :
	       level == 1 ? UINT64_C(1) << PROOF_SHIFT_1 :
	       level == 2 ? UINT64_C(1) << PROOF_SHIFT_2 :
	       level == 3 ? UINT64_C(1) << PROOF_SHIFT_3 :
	       level == 4 ? UINT64_C(1) << PROOF_SHIFT_4 :
			    UINT64_C(1) << PROOF_SHIFT_5;
}

#endif /* PROOF_GST_BASE_H */
