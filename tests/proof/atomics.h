/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Replacements for the compiler's atomic builtins, for a program with one thread. This header is
 * included before all others. With the builtins, cbmc would assume threads and look at every
 * interleaving.
 *
 * The replacements access a PTE by its index in the one array that holds all tables. That keeps
 * the proofs small: cbmc assumes that an unknown pointer may point to any byte.
 */
#ifndef PROOF_ATOMICS_H
#define PROOF_ATOMICS_H

#define prove(condition, what) __CPROVER_assert(condition, what)
#define assume(condition)      __CPROVER_assume(condition)
/* Prove a condition, then assume it. The assumption helps the solver. */
#define proven(condition, what)                                                                    \
	do {                                                                                       \
		_Bool proven_ = (condition);                                                       \
		prove(proven_, what);                                                              \
		assume(proven_);                                                                   \
	} while (0)

#include <gst/base.h>

/* A property that is false: its failure shows that the proof gets to this point. */
#ifdef PROOF_REACH
#define reached() prove(false, "reached")
#else
#define reached() ((void)0)
#endif

/* How many bits the page number of a leaf has. */
#ifndef PROOF_PPN_BITS
#define PROOF_PPN_BITS 8
#endif

/* How many levels each format has less than in the specification. */
#ifndef PROOF_FEWER
#define PROOF_FEWER 0
#endif

/* How many roots memory has room for: the present one, and for gst_reformat() the next one. */
#ifndef PROOF_ROOTS
#define PROOF_ROOTS 1
#endif
/* How many pages below roots memory has room for. */
#ifndef PROOF_TABLES
#define PROOF_TABLES 4
#endif
#define PROOF_PAGES (PROOF_ROOTS * GST_ROOT_PAGES + PROOF_TABLES)

/* All memory for tables. The root at the start is page 0. */
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

/*
 * Only PTEs are unsigned long long here: with -m32 (prove.sh), all other atomic variables are
 * smaller.
 */
#define PTE_OR_PLAIN(p, pte, plain)                                                                \
	_Generic((p), gst_pte_t *: pte, const gst_pte_t *: pte, default: plain)

#define __atomic_load_n(p, order)       PTE_OR_PLAIN(p, proof_load, plain_load)(p)
#define __atomic_store_n(p, v, order)   PTE_OR_PLAIN(p, proof_store, plain_store)(p, v)
#define __atomic_fetch_and(p, v, order) proof_and(p, v)
#define __atomic_fetch_add(p, v, order) ((void)(*(p) += (v)))
#define __atomic_compare_exchange_n(p, old, new, weak, success, failure)                           \
	PTE_OR_PLAIN(p, proof_exchange, plain_exchange)(p, old, new)

#endif /* PROOF_ATOMICS_H */
