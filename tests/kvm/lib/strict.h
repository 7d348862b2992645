/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test tells the strict machine: HINTs, which other machines ignore. See docs/STRICT.md,
 * "Reports".
 */
#ifndef TESTS_KVM_STRICT_H
#define TESTS_KVM_STRICT_H

/** strict_watch() - the page at @p is about to be taken out of the reach of all guests
 * @p: an address in the page, which is loaded from
 */
static inline void strict_watch(const volatile char *p)
{
	(void)*p;
	asm volatile("slti zero, %0, 1" : : "r"(p) : "memory");
}

/** strict_gone() - no guest may reach the pages that are watched from now on */
static inline void strict_gone(void)
{
	asm volatile("slti zero, zero, 2" : : : "memory");
}

/** strict_back() - guests may reach all pages again that strict_gone() was called for */
static inline void strict_back(void)
{
	asm volatile("slti zero, zero, 3" : : : "memory");
}

#endif
