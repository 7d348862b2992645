/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test build includes this ahead of the stock vmid.c, which finds out how many bits
 * hgatp.VMID has: it sees no more of them than the parameter test_vmid_bits allows.
 */
#ifndef GST_KVM_COMPAT_TEST_VMID_H
#define GST_KVM_COMPAT_TEST_VMID_H

#include <asm/csr.h>

unsigned long gst_kvm_test_vmid_mask(unsigned long mask);

static inline unsigned long gst_kvm_hgatp_vmid(void)
{
	return HGATP_VMID;
}

#undef HGATP_VMID
#define HGATP_VMID gst_kvm_test_vmid_mask(gst_kvm_hgatp_vmid())

#endif /* GST_KVM_COMPAT_TEST_VMID_H */
