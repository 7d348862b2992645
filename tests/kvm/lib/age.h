/* SPDX-License-Identifier: GPL-2.0-only */
/* Let the host age memory of ours while the test goes on: DAMON clears the A bits. */
#ifndef TESTS_KVM_AGE_H
#define TESTS_KVM_AGE_H

#include "host.h"

/** age_start() - age @count ranges of ours, some pages every 5 ms */
void age_start(void *const mem[], const size_t size[], unsigned int count);

/** age_stop() - end it. Return: how often KVM was asked to age a page */
u64 age_stop(void);

#endif
