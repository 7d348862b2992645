/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: the differences between kernel versions, under names of our own.
 *
 * No other folder knows of versions. Each version has a header here. kvm/Makefile chooses the
 * header that fits the kernel sources, and refuses sources without one. docs/PORTING.md says what
 * such a header must contain.
 */
#ifndef GST_KVM_COMPAT_H
#define GST_KVM_COMPAT_H

#include <linux/kvm_host.h>

#include GST_KVM_COMPAT

#endif /* GST_KVM_COMPAT_H */
