/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Reproducible random numbers: splitmix64, one word of state.
 */
#ifndef TESTS_HOST_RNG_H
#define TESTS_HOST_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Return: a number below @n. The bias of the modulo does not matter here. */
static inline uint64_t rng_below(struct rng *rng, uint64_t n)
{
	return n ? rng_next(rng) % n : 0;
}

static inline bool rng_one_in(struct rng *rng, unsigned int n)
{
	return rng_below(rng, n) == 0;
}

#endif /* TESTS_HOST_RNG_H */
