/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Included before each source of the engine here: what lies between the reading of an entry
 * and its change lasts a few instructions, and few tests would ever see anything come
 * in between. So something may come before each of the two, or a pause before the change.
 */
#ifndef TESTS_THREADS_WINDOWS_H
#define TESTS_THREADS_WINDOWS_H

void mem_before_change(void);
void mem_before_look(void);

/* A macro is not expanded within itself: these end in the compiler's own. */
#define __atomic_compare_exchange_n(...)                                                           \
	(mem_before_change(), __atomic_compare_exchange_n(__VA_ARGS__))
#define __atomic_store_n(...) (mem_before_change(), __atomic_store_n(__VA_ARGS__))

#define __atomic_load_n(...) (mem_before_look(), __atomic_load_n(__VA_ARGS__))

#endif /* TESTS_THREADS_WINDOWS_H */
