/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Interleaving two operations without threads. An engine that is compiled with this header calls
 * a function before each atomic access, and a test runs another operation there. So each
 * interleaving in which one operation runs in a gap of the other can be repeated.
 *
 * The Makefile includes this header before the engine's sources. Tests include it for the
 * functions.
 */
#ifndef TESTS_HOST_INTERLEAVE_H
#define TESTS_HOST_INTERLEAVE_H

#include <stdbool.h>

void interleave_point(void);

/* Call @fn(@arg) once, before access number @point from now. 0 is the next access. */
void interleave_at(unsigned int point, void (*fn)(void *arg), void *arg);

/* Cancel interleave_at(). Return: whether @fn was called. */
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
