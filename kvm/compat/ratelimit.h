/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: limit the rate of error messages. Included ahead of the stock vcpu_exit.c, which logs
 * three lines for each KVM_RUN that fails. User space can make KVM_RUN fail as often as it likes.
 */
#ifndef GST_KVM_COMPAT_RATELIMIT_H
#define GST_KVM_COMPAT_RATELIMIT_H

#include <linux/kvm_host.h>

#undef kvm_err
#define kvm_err(fmt, ...) pr_err_ratelimited("kvm [%i]: " fmt, task_pid_nr(current), ##__VA_ARGS__)

#endif /* GST_KVM_COMPAT_RATELIMIT_H */
