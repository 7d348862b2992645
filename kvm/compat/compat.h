/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernel versions, under names of our own. This folder is the only
 * place that knows of versions: a header for each, which kvm/Makefile chooses by the
 * sources that it is given and refuses those that have none. docs/PORTING.md says what
 * such a header has to have.
 */
#ifndef GST_KVM_COMPAT_H
#define GST_KVM_COMPAT_H

#include <linux/kvm_host.h>

#include GST_KVM_COMPAT

#endif /* GST_KVM_COMPAT_H */
