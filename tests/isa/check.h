/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The comparison of three: the hart, gst_lookup(), and what the test mapped.
 */
#ifndef ISA_CHECK_H
#define ISA_CHECK_H

#include "hart.h"
#include "mem.h"
#include "model.h"

/* What an access has to come to. */
struct expect {
	bool fault;  /* a guest page fault */
	gst_pa_t pa; /* where else */
};

/* One access of the hart against @expect. Return: was it as expected? */
bool check_hart(const struct guest *guest, enum access kind, gst_gpa_t gpa,
		const struct expect *expect);

/*
 * All three for one gpa, aligned to 8. The hart is left out where what is mapped there is
 * not of the arena: nobody knows what a read of it would do.
 */
void check_gpa(struct guest *guest, enum access kind, gst_gpa_t gpa);

/* A random kind of access. */
void check_any(struct guest *guest, gst_gpa_t gpa);

/* By all kinds: the ends of a range, inside and outside. */
void check_edges(struct guest *guest, gst_gpa_t start, gst_gpa_t end);

/*
 * Random gpas: in what is mapped and next to it, and anywhere in @size. Return: how
 * many the hart was asked.
 */
unsigned int check_random(struct guest *guest, uint64_t size, unsigned int count);

/* gst_check() has nothing to say. */
void check_invariants(struct guest *guest);

/* Faults of HLVX with the cause of a fetch, as notes of the simulator. */
void check_notes(void);

/* How often the hart was asked. */
extern unsigned int check_accesses;

/* Begin with a seed. Return: it. */
uint64_t rng_seed(uint64_t seed);
uint64_t rng(void);
/* Below @n. */
uint32_t rng_below(uint32_t n);
uint64_t rng_in(uint64_t n);
/* In a range, and there in the part that lies in the arena, if there is one. */
gst_gpa_t random_in(const struct range *range);

#endif /* ISA_CHECK_H */
