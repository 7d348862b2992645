/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The compiler's atomic builtins, as what they do where nobody else writes. Included before all
 * else: cbmc takes the builtins for a sign of threads, and then looks at every interleaving of one.
 *
 * PTEs are found by their place in the one array that holds all tables, which is what makes the
 * proofs small: cbmc takes a pointer that it does not know for one to any byte.
 */
#ifndef PROOF_ATOMICS_H
#define PROOF_ATOMICS_H

#define prove(condition, what) __CPROVER_assert(condition, what)
#define assume(condition)      __CPROVER_assume(condition)
/* What is proven may be taken for granted behind it: that helps the solver. */
#define proven(condition, what)                                                                    \
	do {                                                                                       \
		_Bool proven_ = (condition);                                                       \
		prove(proven_, what);                                                              \
		assume(proven_);                                                                   \
	} while (0)

#include <gst/base.h>

/* That a proof comes as far as this is seen from its failure here. */
#ifdef PROOF_REACH
#define reached() prove(false, "reached")
#else
#define reached() ((void)0)
#endif

/* What leaves may map: this many bits of page number. */
#ifndef PROOF_PPN_BITS
#define PROOF_PPN_BITS 8
#endif

/* Levels that each format has less than in the specification. */
#ifndef PROOF_FEWER
#define PROOF_FEWER 0
#endif

/* Roots that there is room for: the one in use, and for gst_reformat() the next one. */
#ifndef PROOF_ROOTS
#define PROOF_ROOTS 1
#endif
/* Pages below roots. */
#ifndef PROOF_TABLES
#define PROOF_TABLES 4
#endif
#define PROOF_PAGES (PROOF_ROOTS * GST_ROOT_PAGES + PROOF_TABLES)

/* All of memory that holds tables. The root in use at first is page 0. */
extern gst_pte_t memory[PROOF_PAGES * GST_TABLE_ENTRIES];

static inline __SIZE_TYPE__ proof_entry(const gst_pte_t *ptep)
{
	__SIZE_TYPE__ offset = __CPROVER_POINTER_OFFSET(ptep), entry = offset >> GST_PTE_LOG2;

	proven(__CPROVER_same_object(ptep, memory) && entry < PROOF_PAGES * GST_TABLE_ENTRIES &&
		       !(offset & (sizeof(gst_pte_t) - 1)),
	       "a PTE is in a table");
	return entry;
}

static inline gst_pte_t proof_load(const gst_pte_t *ptep)
{
	return memory[proof_entry(ptep)];
}

static inline void proof_store(gst_pte_t *ptep, gst_pte_t pte)
{
	memory[proof_entry(ptep)] = pte;
}

static inline gst_pte_t proof_and(gst_pte_t *ptep, gst_pte_t bits)
{
	__SIZE_TYPE__ entry = proof_entry(ptep);
	gst_pte_t old = memory[entry];

	memory[entry] = old & bits;
	return old;
}

static inline bool proof_exchange(gst_pte_t *ptep, gst_pte_t *old, gst_pte_t new)
{
	__SIZE_TYPE__ entry = proof_entry(ptep);

	if (memory[entry] != *old) {
		*old = memory[entry];
		return false;
	}
	memory[entry] = new;
	return true;
}

static inline unsigned long plain_load(const unsigned long *p)
{
	return *p;
}

static inline void plain_store(unsigned long *p, unsigned long v)
{
	*p = v;
}

static inline bool plain_exchange(unsigned long *p, unsigned long *old, unsigned long new)
{
	if (*p != *old) {
		*old = *p;
		return false;
	}
	*p = new;
	return true;
}

/* gst_pte_t is an unsigned long long here, and nothing else that is atomic is one (Makefile). */
#define PTE_OR_PLAIN(p, pte, plain)                                                                \
	_Generic((p), gst_pte_t *: pte, const gst_pte_t *: pte, default: plain)

#define __atomic_load_n(p, order)       PTE_OR_PLAIN(p, proof_load, plain_load)(p)
#define __atomic_store_n(p, v, order)   PTE_OR_PLAIN(p, proof_store, plain_store)(p, v)
#define __atomic_fetch_and(p, v, order) proof_and(p, v)
#define __atomic_fetch_add(p, v, order) ((void)(*(p) += (v)))
#define __atomic_compare_exchange_n(p, old, new, weak, success, failure)                           \
	PTE_OR_PLAIN(p, proof_exchange, plain_exchange)(p, old, new)

#endif /* PROOF_ATOMICS_H */
