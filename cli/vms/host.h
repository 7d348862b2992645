/* SPDX-License-Identifier: GPL-2.0-only */
/* The KVM of this host: its formats, its policy and its version. */
#ifndef GSTAGE_CLI_VMS_HOST_H
#define GSTAGE_CLI_VMS_HOST_H

#include <stdbool.h>
#include <stddef.h>

#define KVM_PATH	"/dev/kvm"

/* Remedies: without KVM, and with one that is not gstage's. */
#define LOAD_KVM	"Load gstage's kvm.ko as root: \"modprobe kvm\" where gstage-dkms has " \
			"installed it, or else \"insmod kvm.ko\"."
#define RELOAD_KVM	"Stop all VMs, then load gstage's kvm.ko as root: \"modprobe -r kvm; " \
			"modprobe kvm\" where gstage-dkms has installed it, or else " \
			"\"rmmod kvm; insmod kvm.ko\"."

/**
 * kvm_host_mask() - ask /dev/kvm which formats this host has
 * @status: the exit status if that fails
 * @mask: on success, KVM_CAP_RISCV_SET_HGATP_MODE's mask, with a known format
 *
 * Return: 0, or @status after having reported the cause.
 */
int kvm_host_mask(int status, unsigned int *mask);

/* The same mask for those who can do without: 0 if nobody tells. */
unsigned int kvm_ask_mask(void);

/* Where the module says what VMs get that do not choose. */
#define POLICY_PATH	"/sys/module/kvm/parameters/gstage_mode"

/**
 * kvm_policy() - read the host's policy for VMs that do not choose
 * @buf: what it is called: max, auto or a mode's name
 *
 * Return: false where the module has none, or it cannot be read.
 */
bool kvm_policy(char *buf, size_t size);

/* Where a module says its version; the stock one has none. */
#define VERSION_PATH	"/sys/module/kvm/version"

/* The version of the module that is loaded, as kvm_policy(). */
bool kvm_module_version(char *buf, size_t size);

/* Writes the names of the formats in @mask to @buf, separated by commas. */
void kvm_mode_names(unsigned int mask, char *buf, size_t size);

#endif
