/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest code of our own, in place of the program of tests/kvm but with its mailbox. */
#ifndef BENCH_LIB_CODE_H
#define BENCH_LIB_CODE_H

#include "vcpu.h"

/** code_set() - let a vCPU that has not run begin at a copy of @begin to @end; a0 is its mailbox */
void code_set(struct vcpu *vcpu, const char *begin, const char *end);

/** code_ticks() - how many times a second the guest's time counter counts */
u64 code_ticks(struct vcpu *vcpu);

#endif
