// SPDX-License-Identifier: GPL-2.0-only
#include "race.h"

#include <pthread.h>
#include <stdatomic.h>

#include "host.h"
#include "tap.h"

/* The first step of race_balance(), and the largest one, in turns of race_spin(). */
#define STEP_MIN 32
#define STEP_MAX 4096

/* The thread that runs the second operation reads these two. Set them before @go. */
static struct race *current;
static unsigned int second_delay;

/* The number of the round that may start, and of the last round whose second operation is done. */
static atomic_uint go, gone;

void race_spin(unsigned int turns)
{
	for (volatile unsigned int i = 0; i < turns; i++)
		;
}

/* Both threads poll while they wait: a thread that slept would start late. */
static void await(atomic_uint *what, unsigned int round)
{
	for (unsigned int turns = 1; *what != round; turns++)
		if (!(turns % 4096))
			nap(0);
}

static void *second_thread(void *unused)
{
	for (unsigned int round = 1;; round++) {
		await(&go, round);
		race_spin(second_delay);
		current->second_result = current->second();
		gone = round;
	}
	return unused;
}

/* A random delay, mostly short and at times long. */
static unsigned int jitter(void)
{
	return rnd() % (16U << rnd() % 8);
}

void race_run(struct race *race, enum race_order order)
{
	unsigned int round = go + 1;
	pthread_t thread;

	if (round == 1 && pthread_create(&thread, NULL, second_thread, NULL))
		bail("cannot create the second thread of a race");
	current = race;
	second_delay = jitter() + (race->lead > 0 ? race->lead : 0);
	if (order == RACE_FIRST_THEN_SECOND)
		race->first_result = race->first();
	go = round;
	if (order == RACE_SECOND_THEN_FIRST)
		await(&gone, round);
	else
		race_spin(jitter() + (race->lead < 0 ? -race->lead : 0));
	if (order != RACE_FIRST_THEN_SECOND)
		race->first_result = race->first();
	await(&gone, round);
}

/* A step has twice the size of the last one while the order stays the same. */
void race_balance(struct race *race, bool first_came_first)
{
	int step = race->step;

	if (first_came_first)
		step = step < 0 && step > -STEP_MAX ? 2 * step : -STEP_MIN;
	else
		step = step > 0 && step < STEP_MAX ? 2 * step : STEP_MIN;
	race->step = step;
	race->lead += step;
}
