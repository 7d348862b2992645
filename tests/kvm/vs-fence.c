// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fences of the VS-stage that a guest asks for by SBI. The stock code writes hgatp for them:
 * another VMID, with MODE Bare. With gstage hgatp keeps its value.
 *
 * Each call must succeed, and the guest must go on. The strict machine reports an entry into the
 * guest after a change of MODE without a fence (docs/STRICT.md), as the mistake swap_hgatp causes.
 */
#include <stdbool.h>

#include "snippet.h"
#include "tap.h"

#define CALLS 100

static const char *const names[] = {
	[RFENCE_FENCE_I] = "FENCE.I",
	[RFENCE_SFENCE_VMA] = "SFENCE.VMA",
	[RFENCE_SFENCE_VMA_ASID] = "SFENCE.VMA of an ASID",
};

static struct snippet s;

/* The guest asks for a fence on hart 0, which is itself. Return: SBI's error */
static long fence(u64 function, u64 start, u64 size, u64 asid)
{
	const u64 args[] = { 1, 0, start, size, asid };

	return snippet_sbi(&s, SBI_EXT_RFENCE, function, args, ARRAY_SIZE(args), NULL);
}

int main(void)
{
	host_init(60);
	snippet_begin(&s);
	snippet_vcpu(&s);
	for (u64 function = 0; function < ARRAY_SIZE(names); function++) {
		unsigned int good = 0;

		for (unsigned int i = 0; i < CALLS; i++)
			/* Every other call is for all addresses. */
			good += !fence(function, i * SZ_4K, i % 2 ? SZ_4K : 0, i % 8);
		ok(good == CALLS, "%s: %u of %u calls succeed", names[function], good, CALLS);
	}
	snippet_end(&s);
	return done();
}
