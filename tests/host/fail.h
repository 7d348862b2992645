/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How a test fails: it prints one TAP comment that names the kind of check. The tests with
 * seeded bugs use it to report which check caught the bug.
 */
#ifndef TESTS_HOST_FAIL_H
#define TESTS_HOST_FAIL_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

/**
 * test_failed() - end the running test case as failed
 * @kind: the kind of check that failed: "model", "spec walker", "TLB", "gst_check", ...
 */
_Noreturn void test_failed(const char *file, int line, const char *kind, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * test_on_failure() - called once before a failed case ends, to print how to repeat it
 */
extern void (*test_on_failure)(void *arg);
extern void *test_on_failure_arg;

/**
 * test_catches() - show that a check finds a mistake
 * @kind: the kind of check that must fail
 *
 * This calls @fn(@arg), which must fail with that kind of check. The call ends there, and the test
 * case continues with the state that it left.
 */
void test_catches(const char *kind, void (*fn)(void *arg), void *arg);

#define CHECK(kind, cond, ...)                                                                     \
	do {                                                                                       \
		if (!(cond))                                                                       \
			test_failed(__FILE__, __LINE__, kind, "" __VA_ARGS__);                     \
	} while (0)

#define CHECK_EQ(kind, a, b, what)                                                                 \
	do {                                                                                       \
		uint64_t a_ = (uint64_t)(a), b_ = (uint64_t)(b);                                   \
		CHECK(kind, a_ == b_, "%s: 0x%llx instead of 0x%llx", what,                        \
		      (unsigned long long)a_, (unsigned long long)b_);                             \
	} while (0)

/* Compare a return value: 0 or a negative enum gst_error. */
#define CHECK_RET(expr, want)                                                                      \
	do {                                                                                       \
		int r_ = (expr), w_ = (want);                                                      \
		CHECK("return", r_ == w_, "%s returned %d instead of %d", #expr, r_, w_);          \
	} while (0)

#endif /* TESTS_HOST_FAIL_H */
