// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keep the scheduler's calls of preempt notifiers patched in, with or without VMs.
 *
 * The kernel patches these calls in with the first VM and out with the last. QEMU has a thread
 * for each hart, and may translate the old instruction again while the kernel patches it, and
 * keep that translation. A vCPU that comes back to a hart then runs with wrong registers
 * (docs/LAB.md).
 */
#include <linux/module.h>
#include <linux/preempt.h>

static int __init lab_notifiers_init(void)
{
	preempt_notifier_inc();
	return 0;
}
module_init(lab_notifiers_init);

static void __exit lab_notifiers_exit(void)
{
	preempt_notifier_dec();
}
module_exit(lab_notifiers_exit);

MODULE_DESCRIPTION("gstage lab: preempt notifiers stay patched in");
MODULE_LICENSE("GPL");
