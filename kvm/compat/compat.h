/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: the differences between kernels, under names of our own.
 *
 * No other folder knows of them. fit.sh looks what the kernel's sources have, and defines
 * GST_HAS_... for it. So a kernel with a backport gets the code that its sources need.
 */
#ifndef GST_KVM_COMPAT_H
#define GST_KVM_COMPAT_H

#include <linux/kvm_host.h>

#ifdef CONFIG_KVM_MMU_LOCKLESS_AGING
#error "kvm_age_gfn() would be called without mmu_lock: freed tables need a grace period first, see docs/LOCKING.md"
#endif

#include "calls.h"
#include "pages.h"
#include "prefault.h"
#include "registers.h"

#endif /* GST_KVM_COMPAT_H */
