/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Races between two operations. Two threads run one of them each and start together, once a round.
 *
 * One operation may be much faster than the other, so a common start does not make a race of them.
 * race_balance() tells the library after each round which of the two came first. The library then
 * moves the start of the second operation, towards the point where both come first equally often.
 * Each start also has some random delay.
 */
#ifndef TESTS_KVM_RACE_H
#define TESTS_KVM_RACE_H

#include <stdbool.h>

/**
 * enum race_order - when the second operation starts
 * @RACE_TOGETHER: at the same time as the first, for a race
 * @RACE_FIRST_THEN_SECOND: after the first one has returned, for a round without a race
 * @RACE_SECOND_THEN_FIRST: the second one has returned before the first one starts
 */
enum race_order { RACE_TOGETHER, RACE_FIRST_THEN_SECOND, RACE_SECOND_THEN_FIRST };

/**
 * struct race - two operations that race each other
 * @first: the first operation; the calling thread runs it
 * @second: the second operation; the thread of the library runs it
 * @first_result: what @first returned in the last round
 * @second_result: what @second returned in the last round
 * @lead: how much later @second starts, in turns of race_spin(); a negative number: how much
 *	earlier. For the library, and 0 at the start
 * @step: the last change of @lead. For the library, and 0 at the start
 */
struct race {
	int (*first)(void);
	int (*second)(void);
	int first_result, second_result;
	int lead, step;
};

/**
 * race_run() - run one round
 * @race: the two operations; race_run() fills in their results
 * @order: whether they race, or run one after the other
 *
 * The first call of a program starts the second thread. Only one thread may call race_run().
 */
void race_run(struct race *race, enum race_order order);

/**
 * race_balance() - adapt the start of the second operation after a round
 * @race: the two operations
 * @first_came_first: the first operation took effect before the second one
 *
 * Do not call it if the results do not tell which operation came first. Both operations then
 * start together in every round.
 */
void race_balance(struct race *race, bool first_came_first);

/** race_spin() - stay on the hart for @turns turns of a short loop */
void race_spin(unsigned int turns);

#endif
