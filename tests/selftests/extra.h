/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the x86 headers of the selftests give to tests that 6.12 does not build for riscv, and
 * that nothing else keeps from running there.
 */
#ifndef GSTAGE_SELFTESTS_EXTRA_H
#define GSTAGE_SELFTESTS_EXTRA_H

#include <asm/vdso/processor.h>
#include "ucall_common.h"

#define PAGE_SIZE 4096UL

/* How a guest calls its VMM: by port I/O on x86. */
#undef KVM_EXIT_IO
#define KVM_EXIT_IO UCALL_EXIT_REASON

#endif
