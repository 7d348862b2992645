/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernel versions, under names of our own. This folder is
 * the only place that knows of versions; the Makefile refuses those that have no
 * header here.
 */
#ifndef GST_KVM_COMPAT_H
#define GST_KVM_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#include "v6.12.h"
#else
#error "gstage has no kvm/compat header for this kernel version"
#endif

#endif /* GST_KVM_COMPAT_H */
