/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Included before each source of the engine in this test. An operation reads an entry and
 * changes it a few instructions later, so that threads would seldom meet in between. The
 * macros here call a function before each read and before each change. That function may
 * pause or run another operation.
 */
#ifndef TESTS_THREADS_WINDOWS_H
#define TESTS_THREADS_WINDOWS_H

void mem_before_change(void);
void mem_before_look(void);

/* A macro is not expanded inside itself, so these end in the compiler's builtins. */
#define __atomic_compare_exchange_n(...)                                                           \
	(mem_before_change(), __atomic_compare_exchange_n(__VA_ARGS__))
#define __atomic_store_n(...) (mem_before_change(), __atomic_store_n(__VA_ARGS__))

#define __atomic_load_n(...) (mem_before_look(), __atomic_load_n(__VA_ARGS__))

#endif /* TESTS_THREADS_WINDOWS_H */
