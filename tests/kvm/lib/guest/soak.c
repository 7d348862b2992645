// SPDX-License-Identifier: GPL-2.0-only
/* OP_SOAK: see soak.h. */
#include "soak.h"

typedef uint64_t u64;

static void look(struct soak *s, volatile u64 *place, u64 expected, u64 too)
{
	u64 value = *place;

	if (value == expected || value == too)
		return;
	if (!s->wrong) {
		s->bad_addr = (u64)place;
		s->bad_value = value;
		s->bad_expected = expected;
	}
	s->wrong++;
}

/* The value of a place after a pass. It is never 0. */
static u64 left(u64 pass, u64 gpa)
{
	return stamp(pass & 0x7fff, gpa) | 1ULL << 63;
}

void soak(struct mailbox *box)
{
	struct soak *s = (struct soak *)((char *)box + BOX_SOAK);
	const volatile u64 *list = (volatile u64 *)((char *)box + BOX_LIST);
	u64 random = 88172645463325252ULL + s->word, pass_up = 0;

	for (u64 pass = 1; !box->stop; pass++) {
		u64 up = s->up, i = 0;

		asm volatile("fence rw, rw" ::: "memory");
		for (; i < s->steady + s->fickle; i++) {
			volatile u64 *place = (u64 *)list[i] + s->word;
			u64 old = pass > 1 ? left(pass - 1, (u64)place) : 0;

			look(s, place, old, i < s->steady ? old : 0);
			*place = left(pass, (u64)place);
		}
		for (u64 j = 0; pass == 1 && j < s->logged; j++)
			*((volatile u64 *)list[i + j] + s->word) = pass;
		if (s->logged) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			*((volatile u64 *)list[i + (random >> 16) % s->logged] + s->word) = pass;
		}
		i += s->logged;
		for (u64 end = i + s->high; up && i < end; i++) {
			volatile u64 *place = (u64 *)list[i] + s->word;

			look(s, place, pass_up ? left(pass_up, (u64)place) : 0, 0);
			*place = left(pass, (u64)place);
		}
		if (up)
			pass_up = pass;
		asm volatile("fence rw, rw" ::: "memory");
		if (up)
			s->passes_up++;
		else
			s->passes_down++;
		box->passes = pass;
	}
}
