/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included ahead of the stock vcpu_exit.c, which tells of each KVM_RUN that fails in three lines.
 * User space can have KVM_RUN fail as often as it likes: the log does not show all of them.
 */
#ifndef GST_KVM_COMPAT_RATELIMIT_H
#define GST_KVM_COMPAT_RATELIMIT_H

#include <linux/kvm_host.h>

#undef kvm_err
#define kvm_err(fmt, ...) pr_err_ratelimited("kvm [%i]: " fmt, task_pid_nr(current), ##__VA_ARGS__)

#endif /* GST_KVM_COMPAT_RATELIMIT_H */
