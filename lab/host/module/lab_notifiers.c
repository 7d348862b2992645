// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keep the scheduler's calls of preempt notifiers patched in, VMs or not.
 *
 * The kernel patches them in with the first VM and out with the last. QEMU, with a thread
 * for each hart, may translate the old instruction once more in the midst of that, and keep
 * it: then a vCPU that comes back to a hart has not got its registers there (docs/LAB.md).
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
