/* SPDX-License-Identifier: GPL-2.0-only */
/* How long a vCPU is out of the guest, as the guest sees it. */
#ifndef BENCH_FORMATS_HOLD_H
#define BENCH_FORMATS_HOLD_H

/**
 * holds() - measure and print, for each of several reasons to leave the guest, one line
 *
 * The guest reads its time counter in a tight loop; a hold is a gap between two reads.
 * Fields, by tabs: "hold", the reason, rounds; then in ns the median, the 9th decile and
 * the greatest of: the longest gap of a round, the sum of its gaps, and the call that
 * the host made, 0 where it made none. Wants two harts.
 */
void holds(void);

#endif
