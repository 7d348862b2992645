/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: what only a test build has: hosts that lack something, memory that runs out, and
 * mistakes.
 */
#ifndef GST_KVM_TESTING_H
#define GST_KVM_TESTING_H

#include <linux/kvm_host.h>

/*
 * Mistakes that a test build can make on purpose, one at a time: the parameter test_mistake. They
 * show that a test, or a strict hart, can tell. docs/LAB.md says what each leaves out.
 */
/* clang-format off */
#define GST_KVM_MISTAKES(X) \
	X(no_back_fence) X(no_turn_fence) X(no_entry_check) X(no_generation_fence) \
	X(no_purge_fence) X(no_fence_ahead) X(no_vs_fence) X(no_g_fence) X(no_range_flush) \
	X(no_all_flush) X(range_for_all) X(no_purge) X(no_forget) \
	X(no_fresh_fence) X(no_read_fence) X(no_read_mode) X(no_load_barrier) \
	X(no_bare_vsatp) X(swap_hgatp) X(no_purge_barrier) X(no_purge_wait) \
	X(no_post_barrier) X(no_flush_barrier) X(no_read_barrier) X(late_root) \
	X(wrong_vmid) X(no_rollover_fence)
/* clang-format on */

#define GST_KVM_MISTAKE(name) GST_KVM_MISTAKE_##name,
enum gst_kvm_mistake { GST_KVM_MISTAKE_none, GST_KVM_MISTAKES(GST_KVM_MISTAKE) };
#undef GST_KVM_MISTAKE

/* Is this the mistake to make? */
#define gst_kvm_mistaken(name) (gst_kvm_test_mistake() == GST_KVM_MISTAKE_##name)

#ifdef GSTAGE_TEST
enum gst_kvm_mistake gst_kvm_test_mistake(void);
u64 gst_kvm_test_modes(void);
unsigned long gst_kvm_test_attributes(void);
bool gst_kvm_test_fail(void);
bool gst_kvm_test_loses_hgatp(void);
void gst_kvm_test_lose_hgatp(void); /* hgatp.c */
unsigned int gst_kvm_test_vmid_bits(void);
bool gst_kvm_test_late(void);
bool gst_kvm_test_hides(unsigned int level);
void gst_kvm_test_trap(struct kvm_cpu_trap *trap);
void gst_kvm_test_hold_begins(void);
void gst_kvm_test_hold_ends(void);
void *gst_kvm_test_retire(void *page);
void gst_kvm_test_release(void);
#else
static inline enum gst_kvm_mistake gst_kvm_test_mistake(void)
{
	return GST_KVM_MISTAKE_none;
}

static inline unsigned long gst_kvm_test_attributes(void)
{
	return 0;
}

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

static inline bool gst_kvm_test_hides(unsigned int level)
{
	return false;
}

static inline bool gst_kvm_test_late(void)
{
	return false;
}

static inline void gst_kvm_test_hold_begins(void)
{
}

static inline void gst_kvm_test_hold_ends(void)
{
}

static inline void *gst_kvm_test_retire(void *page)
{
	return page;
}

static inline void gst_kvm_test_release(void)
{
}

static inline void gst_kvm_test_trap(struct kvm_cpu_trap *trap)
{
}
#endif

#endif /* GST_KVM_TESTING_H */
