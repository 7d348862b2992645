/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Definitions that the selftests have only for x86. With them, some tests that 6.12 does not
 * build for riscv run there.
 */
#ifndef GSTAGE_SELFTESTS_EXTRA_H
#define GSTAGE_SELFTESTS_EXTRA_H

#include <asm/vdso/processor.h>
#include "ucall_common.h"

#define PAGE_SIZE 4096UL

/* The exit reason of a guest's call to its VMM. On x86 it is port I/O. */
#undef KVM_EXIT_IO
#define KVM_EXIT_IO UCALL_EXIT_REASON

#endif
