/* SPDX-License-Identifier: GPL-2.0-only */
/* Let DAMON, a monitor of the host, clear the A bits of the test's memory while the test runs. */
#ifndef TESTS_KVM_AGE_H
#define TESTS_KVM_AGE_H

#include "host.h"

/**
 * age_start() - start to age memory of this process
 * @mem: the start of each range
 * @size: the size of each range, in bytes
 * @count: the number of ranges
 *
 * DAMON ages some pages of them every 5 ms.
 */
void age_start(void *const mem[], const size_t size[], unsigned int count);

/** age_stop() - stop to age memory. Return: how often KVM was asked to age a page */
u64 age_stop(void);

#endif
