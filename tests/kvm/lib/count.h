/* SPDX-License-Identifier: GPL-2.0-only */
/* What gstage_stats counts more, or less, than before. One VM at a time. */
#ifndef TESTS_KVM_COUNT_H
#define TESTS_KVM_COUNT_H

#include "tap.h"
#include "vm.h"

/** count_from() - start to count */
void count_from(const struct vm *vm);

/**
 * counted() - have the numbers changed so since the last count_from() or counted()?
 * @fmt: pairs of a name and what came of it: "faults 16 leaves_4k -3"; "<5" is
 *	at most, ">5" at least
 *
 * Counts anew from here. Tells where not.
 */
bool counted(const struct vm *vm, const char *fmt, ...) PRINTF_LIKE;

/** count_of() - by how much one number has changed; goes on counting */
long count_of(const struct vm *vm, const char *name);

/** vm_exits() - how often its vCPUs have left guest mode: KVM's own count, the stock module's too
 */
u64 vm_exits(const struct vm *vm);

#endif
