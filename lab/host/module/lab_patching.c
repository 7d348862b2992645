// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does the emulated host execute the code that its kernel has patched?
 *
 * In each round a task patches preempt notifiers in, as a VM does, and yields to other tasks of its
 * hart. Tasks on other harts do the same meanwhile. Then it compares the number of calls with its
 * context switches. With patch=0 it does not patch. The module does all of this while it is loaded,
 * and prints the result to the kernel's log.
 */
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#define YIELDS     8 /* in each round */
#define NEIGHBOURS 2 /* on each hart; only a task that comes from another hart shows the fault */

static unsigned int rounds = 10000;
module_param(rounds, uint, 0);
static bool patch = true;
module_param(patch, bool, 0);

static struct task_struct *neighbours[NR_CPUS][NEIGHBOURS];
static unsigned long calls_in, calls_out;

static void count_in(struct preempt_notifier *notifier, int cpu)
{
	calls_in++;
}

static void count_out(struct preempt_notifier *notifier, struct task_struct *next)
{
	calls_out++;
}

static struct preempt_ops ops = {
	.sched_in = count_in,
	.sched_out = count_out,
};

static int yield_on(void *unused)
{
	while (!kthread_should_stop())
		yield();
	return 0;
}

static unsigned long switches(void)
{
	return current->nvcsw + current->nivcsw;
}

/*
 * Return: the number of context switches of a round. @missed counts rounds in which calls were
 * missed.
 */
static unsigned long play_round(unsigned long *missed)
{
	struct preempt_notifier notifier;
	unsigned long count;

	if (patch)
		preempt_notifier_inc();
	preempt_notifier_init(&notifier, &ops);
	preempt_disable();
	preempt_notifier_register(&notifier);
	calls_in = calls_out = 0;
	count = switches();
	preempt_enable();

	for (unsigned int i = 0; i < YIELDS; i++)
		yield();

	preempt_disable();
	count = switches() - count;
	if (calls_in != count || calls_out != count)
		++*missed;
	preempt_notifier_unregister(&notifier);
	preempt_enable();
	if (patch)
		preempt_notifier_dec();
	return count;
}

static void start_neighbour(unsigned int cpu, unsigned int i)
{
	struct task_struct *task = kthread_create_on_cpu(yield_on, NULL, cpu, "lab_patching/%u");

	if (IS_ERR(task))
		return;
	neighbours[cpu][i] = task;
	wake_up_process(task);
}

static void stop_neighbour(unsigned int cpu, unsigned int i)
{
	if (neighbours[cpu][i])
		kthread_stop(neighbours[cpu][i]);
}

static int __init lab_patching_init(void)
{
	unsigned long count = 0, missed = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		for (unsigned int i = 0; i < NEIGHBOURS; i++)
			start_neighbour(cpu, i);
	for (unsigned int i = 0; i < rounds; i++)
		count += play_round(&missed);
	for_each_possible_cpu(cpu)
		for (unsigned int i = 0; i < NEIGHBOURS; i++)
			stop_neighbour(cpu, i);
	pr_info("lab_patching: %u rounds, %lu switches, calls missed in %lu rounds\n", rounds,
		count, missed);
	return 0;
}
module_init(lab_patching_init);

MODULE_DESCRIPTION("gstage lab: does the host execute the code that its kernel has patched?");
MODULE_LICENSE("GPL");
