// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: parameters of a test build (GSTAGE_TEST=1). Empty in any other.
 */
#ifdef GSTAGE_TEST
#include <linux/kernel_stat.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/timekeeping.h>

#include "fault/exit.h"
#include "hart/hart.h"

/* Mask of the modes that the host may have: plays a host that lacks some. */
static ulong test_modes = ~0UL;
module_param(test_modes, ulong, 0400);

/* n > 0: the nth allocation for G-stage tables from now on fails. 0: none does. */
static atomic_t fail_nth = ATOMIC_INIT(0);
module_param_named(test_fail_nth, fail_nth.counter, int, 0600);

/* The bits of hgatp.VMID that the host may have: few make VMIDs roll over soon. */
static uint test_vmid_bits = ~0u;
module_param(test_vmid_bits, uint, 0400);

/* The mask of memory attributes in PTEs that the host may have: plays a host with other ones. */
static ulong test_attributes;
module_param(test_attributes, ulong, 0400);

/* htinst is always 0: plays harts that leave it to KVM to read the instruction that faulted. */
static bool test_no_htinst;
module_param(test_no_htinst, bool, 0400);

/* Harts set A and D bits of the guest's page tables by themselves, and fault for it. */
static bool test_walk_store;
module_param(test_walk_store, bool, 0400);

/* Beside others a fault is always too late. */
static bool test_late;
module_param(test_late, bool, 0400);

/*
 * A mask of levels: the kernel's function that reads an entry of the host at such a level answers
 * that there is none. Plays a host whose entries must be read by that function.
 */
static uint test_hide_host;
module_param(test_hide_host, uint, 0600);

/* The mistake to make, by name. */
static enum gst_kvm_mistake mistake;

#define NAME(name) #name,
static const char *const mistakes[] = { "none", GST_KVM_MISTAKES(NAME) };
#undef NAME

static int mistake_set(const char *value, const struct kernel_param *unused)
{
	int i = sysfs_match_string(mistakes, value);

	if (i < 0)
		return i;
	WRITE_ONCE(mistake, i);
	return 0;
}

static int mistake_get(char *buffer, const struct kernel_param *unused)
{
	return sysfs_emit(buffer, "%s\n", mistakes[READ_ONCE(mistake)]);
}

static const struct kernel_param_ops mistake_ops = { .set = mistake_set, .get = mistake_get };
module_param_cb(test_mistake, &mistake_ops, NULL, 0600);

enum gst_kvm_mistake gst_kvm_test_mistake(void)
{
	return READ_ONCE(mistake);
}

/* Each write overwrites hgatp of every hart once, with MODE Bare. */
static bool loses_hgatp;

static int lose_hgatp(const char *unused, const struct kernel_param *param)
{
	WRITE_ONCE(loses_hgatp, true);
	gst_kvm_test_lose_hgatp();
	return 0;
}

static const struct kernel_param_ops lose_hgatp_ops = { .set = lose_hgatp };
module_param_cb(test_lose_hgatp, &lose_hgatp_ops, NULL, 0200);

bool gst_kvm_test_loses_hgatp(void)
{
	return READ_ONCE(loses_hgatp);
}

unsigned int gst_kvm_test_vmid_bits(void)
{
	return test_vmid_bits;
}

unsigned long gst_kvm_test_attributes(void)
{
	return test_attributes;
}

u64 gst_kvm_test_modes(void)
{
	return test_modes;
}

void gst_kvm_test_trap(struct kvm_cpu_trap *trap)
{
	if (test_walk_store && gst_kvm_walk_fault(trap))
		trap->htinst |= GST_HTINST_WRITE;
	/* A pseudoinstruction is never left out. */
	if (test_no_htinst && !gst_kvm_walk_fault(trap))
		trap->htinst = 0;
}

bool gst_kvm_test_hides(unsigned int level)
{
	return READ_ONCE(test_hide_host) & BIT(level);
}

bool gst_kvm_test_late(void)
{
	return test_late;
}

/*
 * The longest time that mmu_lock was held between two looks at who waits for it, in ns: in
 * instructions, where the lab counts those (--icount). A short hold in which the hart took an
 * interrupt is left out; of a long one the interrupt is a small part. Write 0 to measure anew.
 */
static ulong longest_hold;
module_param_named(test_longest_hold, longest_hold, ulong, 0600);

#define SHORT_HOLD 1000000

struct hold {
	u64 start;
	unsigned long interrupts;
};
static DEFINE_PER_CPU(struct hold, hold);

/* Preemption is off, since a lock is held. */
void gst_kvm_test_hold_begins(void)
{
	this_cpu_write(hold.interrupts, kstat_cpu_irqs_sum(smp_processor_id()));
	this_cpu_write(hold.start, ktime_get_mono_fast_ns());
}

void gst_kvm_test_hold_ends(void)
{
	u64 length = ktime_get_mono_fast_ns() - this_cpu_read(hold.start);

	if (length < SHORT_HOLD &&
	    this_cpu_read(hold.interrupts) != kstat_cpu_irqs_sum(smp_processor_id()))
		return;
	if (length > READ_ONCE(longest_hold))
		WRITE_ONCE(longest_hold, length);
}

/*
 * Tables that were freed lately. A strict hart (docs/STRICT.md) is told that no guest reaches them
 * any more, by HINTs that other harts ignore. So they are kept for a while: the page of a table
 * that is freed at once may soon be a guest's.
 */
#define RETIRED      256
#define OUT_OF_REACH 4
#define IN_REACH     5

static void *retired[RETIRED];
static unsigned int retired_at;
static DEFINE_SPINLOCK(retired_lock);

static void hint(void *page, unsigned int which)
{
	if (which == OUT_OF_REACH)
		asm volatile("slti zero, %0, 4" : : "r"(__pa(page)) : "memory");
	else
		asm volatile("slti zero, %0, 5" : : "r"(__pa(page)) : "memory");
}

/* Return: the page that is to be freed in place of this one; NULL: none. */
void *gst_kvm_test_retire(void *page)
{
	void **place;

	hint(page, OUT_OF_REACH);
	spin_lock(&retired_lock);
	place = &retired[retired_at++ % RETIRED];
	swap(page, *place);
	spin_unlock(&retired_lock);
	if (page)
		hint(page, IN_REACH);
	return page;
}

/* The module is unloaded. */
void gst_kvm_test_release(void)
{
	for (unsigned int i = 0; i < RETIRED; i++) {
		if (!retired[i])
			continue;
		hint(retired[i], IN_REACH);
		free_page((unsigned long)retired[i]);
	}
}

bool gst_kvm_test_fail(void)
{
	return atomic_dec_if_positive(&fail_nth) == 0;
}
#endif
