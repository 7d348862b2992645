/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM on this host: the formats, the policy for new VMs, the version of the module. */
#ifndef GSTAGE_CLI_VMS_HOST_H
#define GSTAGE_CLI_VMS_HOST_H

#include <stdbool.h>
#include <stddef.h>

#define KVM_PATH "/dev/kvm"

/* What to do if there is no KVM, or if another KVM module is loaded. */
#define LOAD_KVM                                                                                   \
	"Load gstage's kvm.ko as root: \"modprobe kvm\" if gstage-dkms is "                        \
	"installed, else \"insmod kvm.ko\"."
#define RELOAD_KVM                                                                                 \
	"Stop all VMs, then load gstage's kvm.ko as root: \"modprobe -r kvm; "                     \
	"modprobe kvm\" if gstage-dkms is installed, else \"rmmod kvm; "                           \
	"insmod kvm.ko\"."

/**
 * kvm_host_mask() - ask /dev/kvm which formats this host has
 * @status: the exit status for errors
 * @mask: set to the mask of KVM_CAP_RISCV_SET_HGATP_MODE, with at least one format that this
 *	program knows
 *
 * Return: 0, or @status after an error was reported.
 */
int kvm_host_mask(int status, unsigned int *mask);

/* The same mask, without error messages. Return: 0 if it is not known. */
unsigned int kvm_ask_mask(void);

/* The module parameter: the format of VMs that do not choose one. */
#define POLICY_PATH "/sys/module/kvm/parameters/gstage_mode"

/**
 * kvm_policy() - read the format of VMs that do not choose one
 * @buf: set to max, auto or the name of a mode
 *
 * Return: false if the module has no such parameter, or if it cannot be read.
 */
bool kvm_policy(char *buf, size_t size);

/* The version of the module. The stock module has no version. */
#define VERSION_PATH "/sys/module/kvm/version"

/* Read the version of the loaded module. Return: false if it has none. */
bool kvm_module_version(char *buf, size_t size);

/* Read the first line of a file. Return: false if the file is missing or empty. */
bool host_read_line(const char *path, char *buf, size_t size);

/*
 * Read the extensions of the first hart, as /proc/cpuinfo has them after "rv": "64imafdch_zicsr".
 * @buf should have 4096 bytes. Return: false if the file does not tell.
 */
bool host_isa(char *buf, size_t size);

/*
 * The number of VMID bits of the harts, which KVM writes into the kernel log when it is loaded.
 * Return: -1 if the log does not have it any more, or if it cannot be read.
 */
int host_vmid_bits(void);

/* Write the names of the formats in @mask to @buf, separated by commas. */
void kvm_mode_names(unsigned int mask, char *buf, size_t size);

#endif
