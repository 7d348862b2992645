/* SPDX-License-Identifier: GPL-2.0-only */
/* How long a vCPU is out of the guest, as the guest sees it. */
#ifndef BENCH_FORMATS_HOLD_H
#define BENCH_FORMATS_HOLD_H

/**
 * holds() - measure several reasons to leave the guest, and print one line for each
 *
 * The guest reads its time counter in a tight loop; a hold is a gap between two reads.
 * The fields, separated by tabs, are "hold", the reason and the number of rounds. Then come
 * the longest gap of a round, the sum of its gaps, and the call of the host (0 if it made
 * none): for each of these the median, the 9th decile and the maximum, in ns.
 *
 * Context: the host has two harts.
 */
void holds(void);

#endif
