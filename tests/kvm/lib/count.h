/* SPDX-License-Identifier: GPL-2.0-only */
/* The changes of the numbers in gstage_stats since a point in time. For one VM at a time. */
#ifndef TESTS_KVM_COUNT_H
#define TESTS_KVM_COUNT_H

#include "tap.h"
#include "vm.h"

/** count_from() - start to count: remember the numbers as they are now */
void count_from(const struct vm *vm);

/**
 * counted() - have numbers changed as expected since the last count_from() or counted()?
 * @vm: the VM
 * @fmt: pairs of a name and its change: "faults 16 leaves_4k -3"; "<5" means at most 5,
 *	">5" means at least 5
 *
 * Prints each number that did not change as expected. Remembers the numbers as they are now,
 * so that the next call counts from here.
 */
bool counted(const struct vm *vm, const char *fmt, ...) PRINTF_LIKE;

/** count_of() - the change of one number; does not remember the numbers anew */
long count_of(const struct vm *vm, const char *name);

/**
 * vm_exits() - how often the VM's vCPUs have left guest mode
 *
 * This is a count of KVM itself, so it exists with the stock module too.
 */
u64 vm_exits(const struct vm *vm);

#endif
