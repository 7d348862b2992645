// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Interleaving two operations without threads. See interleave.h.
 */
#include <stddef.h>

#include "interleave.h"

static void (*gap)(void *arg);
static void *gap_arg;
static unsigned int points_left;

void interleave_point(void)
{
	void (*fn)(void *arg) = gap;

	if (!fn || points_left--)
		return;
	gap = NULL;
	fn(gap_arg);
}

void interleave_at(unsigned int point, void (*fn)(void *arg), void *arg)
{
	gap = fn;
	gap_arg = arg;
	points_left = point;
}

bool interleave_end(void)
{
	bool ran = !gap;

	gap = NULL;
	return ran;
}
