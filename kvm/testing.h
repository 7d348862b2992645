/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: what only a test build has: a narrower host, one that says less, and memory that runs out.
 */
#ifndef GST_KVM_TESTING_H
#define GST_KVM_TESTING_H

#ifdef GSTAGE_TEST
u64 gst_kvm_test_modes(void);
bool gst_kvm_test_fail(void);
bool gst_kvm_test_no_htinst(void);
bool gst_kvm_test_loses_hgatp(void);
void gst_kvm_test_lose_hgatp(void); /* hgatp.c */
unsigned int gst_kvm_test_vmid_bits(void);
#else
static inline u64 gst_kvm_test_modes(void)
{
	return ~0ULL;
}

static inline bool gst_kvm_test_loses_hgatp(void)
{
	return false;
}

static inline unsigned int gst_kvm_test_vmid_bits(void)
{
	return ~0U;
}

static inline bool gst_kvm_test_fail(void)
{
	return false;
}

static inline bool gst_kvm_test_no_htinst(void)
{
	return false;
}
#endif

#endif /* GST_KVM_TESTING_H */
