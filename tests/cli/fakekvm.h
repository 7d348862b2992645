/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface between the fake /dev/kvm and the fake VMM, beside the KVM API.
 *
 * Environment of the fake:
 *	FAKEKVM_MASK	KVM_CHECK_EXTENSION's mask; 0 is a stock module (0x700)
 *	FAKEKVM_OPEN	errno with which open() fails; "null" opens /dev/null
 *	FAKEKVM_REFUSE	errno with which KVM_ENABLE_CAP fails
 *	FAKEKVM_CREATE	errno with which KVM_CREATE_VM fails
 *	FAKEKVM_EINTR	set: KVM_ENABLE_CAP fails once with EINTR, for each VM
 *	FAKEKVM_ROOT	a folder; a file of /sys or /proc that is below it is opened
 *			in place of the host's own
 *	FAKEKVM_CPUINFO	the file that stands in for /proc/cpuinfo
 *	FAKEKVM_OLD	set: KVM_ENABLE_CAP knows no KVM_RISCV_HGATP_GROW
 *	FAKEKVM_MODULE	the version of the module; unset: it has none
 *	FAKEKVM_POLICY	what the module parameter gstage_mode says; unset: the
 *			module has no such parameter
 *	FAKEKVM_DEBUGFS	CALL:ERRNO, for files below GSTAGE_DEBUGFS: CALL is dir,
 *			mode (to open a VM's gstage_mode), read or write (of it);
 *			CALL:ERRNO:FILE, of another file: open, read or write
 *	FAKEKVM_LOG	the file to which calls are appended, one a line
 */
#ifndef TESTS_CLI_FAKEKVM_H
#define TESTS_CLI_FAKEKVM_H

#include <linux/ioctl.h>

/* On a VM: returns its hgatp.MODE. */
#define FAKE_GET_MODE _IO(0xae, 0xf0)
/* On a VM: stores the request number that the fake got; bit 31 of this number is set. */
#define FAKE_ECHO _IOWR(0xae, 0xf1, unsigned long)

#endif
