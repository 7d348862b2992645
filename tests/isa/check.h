/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Each check compares three answers for a gpa: how the hart translates it, what gst_lookup()
 * finds, and what the test has mapped there.
 */
#ifndef ISA_CHECK_H
#define ISA_CHECK_H

#include "hart.h"
#include "mem.h"
#include "model.h"

/* The expected result of an access. */
struct expect {
	bool fault;  /* a guest page fault */
	gst_pa_t pa; /* otherwise, the physical address */
};

/* Have the hart access a gpa and compare with @expect. Return: whether it was as expected. */
bool check_hart(const struct guest *guest, enum access kind, gst_gpa_t gpa,
		const struct expect *expect);

/*
 * Compare all three for one gpa, aligned to 8. The hart is left out if the memory is outside of
 * the arena, because an access there could do anything.
 */
void check_gpa(struct guest *guest, enum access kind, gst_gpa_t gpa);

/* The same, with a random kind of access. */
void check_any(struct guest *guest, gst_gpa_t gpa);

/* Check both ends of a range, inside and outside, with all kinds of access. */
void check_edges(struct guest *guest, gst_gpa_t start, gst_gpa_t end);

/*
 * Check random gpas: mapped ones, their neighbours, and any below @size. Return: how many
 * accesses the hart made.
 */
unsigned int check_random(struct guest *guest, uint64_t size, unsigned int count);

/* Check that gst_check() finds no violation. */
void check_invariants(struct guest *guest);

/* Report the accepted bugs of the simulator as TAP comments. */
void check_notes(void);

/* How many accesses the hart has made. */
extern unsigned int check_accesses;

/* Start the random numbers with a seed. Return: the seed. */
uint64_t rng_seed(uint64_t seed);
uint64_t rng(void);
/* A random number below @n. */
uint32_t rng_below(uint32_t n);
uint64_t rng_in(uint64_t n);
/* A random gpa of a range, in the part that maps the arena if there is one. */
gst_gpa_t random_in(const struct range *range);

#endif /* ISA_CHECK_H */
