// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: parameters of a test build (GSTAGE_TEST=1). Empty in any other.
 */
#ifdef GSTAGE_TEST
#include <linux/module.h>

#include "gstage.h"

/* The modes that the host may have, to play one that lacks some. */
static ulong test_modes = ~0UL;
module_param(test_modes, ulong, 0400);

/* n > 0: the nth allocation for G-stage tables from now on fails. */
static atomic_t fail_nth = ATOMIC_INIT(0);
module_param_named(test_fail_nth, fail_nth.counter, int, 0600);

u64 gst_kvm_test_modes(void)
{
	return test_modes;
}

bool gst_kvm_test_fail(void)
{
	return atomic_dec_if_positive(&fail_nth) == 0;
}
#endif
