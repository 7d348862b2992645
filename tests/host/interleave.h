/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Two threads without threads: an engine that is compiled with this header calls a
 * function before each of its atomic accesses, and there a test has something else
 * happen. So each order of two operations, where one runs in a gap of the other, is
 * a case that can be repeated.
 *
 * Forced into the engine's sources by the Makefile; tests include it for the second half.
 */
#ifndef TESTS_HOST_INTERLEAVE_H
#define TESTS_HOST_INTERLEAVE_H

#include <stdbool.h>

void interleave_point(void);

/* Before access number @point from now, 0 being the next, run @fn(@arg), once. */
void interleave_at(unsigned int point, void (*fn)(void *arg), void *arg);

/* No more of that. Return: whether it has run. */
bool interleave_end(void);

#ifdef INTERLEAVE_ENGINE
#define __atomic_load_n(...)     (interleave_point(), __atomic_load_n(__VA_ARGS__))
#define __atomic_store_n(...)    (interleave_point(), __atomic_store_n(__VA_ARGS__))
#define __atomic_exchange_n(...) (interleave_point(), __atomic_exchange_n(__VA_ARGS__))
#define __atomic_fetch_add(...)  (interleave_point(), __atomic_fetch_add(__VA_ARGS__))
#define __atomic_fetch_and(...)  (interleave_point(), __atomic_fetch_and(__VA_ARGS__))
#define __atomic_compare_exchange_n(...)                                                           \
	(interleave_point(), __atomic_compare_exchange_n(__VA_ARGS__))
#endif

#endif /* TESTS_HOST_INTERLEAVE_H */
