// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: files in debugfs that show and change the G-stage of a VM, beside KVM's own files.
 */
#include <linux/capability.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>
#include <asm/csr.h>

#include "hart/hart.h"
#include "user/debugfs.h"
#include "user/user.h"

static int gstage_mode_show(struct seq_file *m, void *unused)
{
	struct kvm *kvm = m->private;
	const struct gst_format *fmt = gst_space_format(gst_kvm_space(kvm));

	seq_printf(m, "%s\n", fmt ? fmt->name : "none");
	return 0;
}

static int gstage_mode_open(struct inode *inode, struct file *file)
{
	return single_open(file, gstage_mode_show, inode->i_private);
}

/* Writing the name of a mode changes the format of the running VM. */
static ssize_t gstage_mode_write(struct file *file, const char __user *text, size_t size,
				 loff_t *unused)
{
	struct kvm *kvm = file_inode(file)->i_private;
	const struct gst_format *fmt;
	char name[16] = {};
	int ret;

	if (size >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, text, size))
		return -EFAULT;
	fmt = gst_format_of_name(strim(name));
	if (!fmt || !(gst_kvm_modes() & BIT_ULL(fmt->mode)))
		return -EINVAL;
	mutex_lock(&kvm->slots_lock);
	ret = gst_kvm_reformat(kvm, fmt);
	mutex_unlock(&kvm->slots_lock);
	return ret ? ret : size;
}

static const struct file_operations gstage_mode_fops = {
	.owner = THIS_MODULE,
	.open = gstage_mode_open,
	.read = seq_read,
	.write = gstage_mode_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static void show(struct seq_file *m, const char *name, u64 value)
{
	seq_printf(m, "%s %llu\n", name, value);
}

/* Add up the counters of the VM's vCPUs. All members of struct gst_kvm_vcpu_stats are u64. */
static void sum_vcpus(struct kvm *kvm, struct gst_kvm_vcpu_stats *sum)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	*sum = (struct gst_kvm_vcpu_stats){};
	kvm_for_each_vcpu(i, vcpu, kvm) {
		const u64 *stats = (const u64 *)&to_gst_vcpu(vcpu)->stats;

		for (unsigned int n = 0; n < sizeof(*sum) / sizeof(u64); n++)
			((u64 *)sum)[n] += READ_ONCE(stats[n]);
	}
}

/*
 * The id of the process that made the VM, in the reader's PID namespace. KVM names the folder
 * by a thread, and by its id in the initial namespace.
 * Return: 0 if the process is gone, or if the reader's namespace does not have it.
 */
static pid_t process_of(const struct gst_kvm *gk)
{
	pid_t id = 0;

	rcu_read_lock();
	if (pid_task(gk->process, PIDTYPE_TGID))
		id = pid_vnr(gk->process);
	rcu_read_unlock();
	return id;
}

/*
 * KVM makes no folder for a VM if an older VM has the folder of that name: a thread made both, and
 * the new VM got the file descriptor number of the old one. The name then means either VM to a
 * user. KVM does not keep the number, so count the VMs of this thread that have no folder.
 */
static unsigned int count_unlisted(const struct gst_kvm *gk)
{
	unsigned int count = 0;
	struct kvm *kvm;

	mutex_lock(&kvm_lock);
	list_for_each_entry(kvm, &vm_list, vm_list)
		count += to_gst_kvm(kvm)->thread == gk->thread &&
			 IS_ERR_OR_NULL(kvm->debugfs_dentry);
	mutex_unlock(&kvm_lock);
	return count;
}

/*
 * hgatp has the physical address of the root. As in /proc/PID/pagemap, only a reader that opened
 * the file with CAP_SYS_ADMIN sees it.
 */
static unsigned long shown_hgatp(const struct seq_file *m, const struct gst_kvm *gk)
{
	unsigned long hgatp = READ_ONCE(gk->hgatp_read);

	return file_ns_capable(m->file, &init_user_ns, CAP_SYS_ADMIN) ? hgatp : hgatp & ~HGATP_PPN;
}

static int gstage_stats_show(struct seq_file *m, void *unused)
{
	static const char *const leaf_names[] = {
		"leaves_4k", "leaves_2m", "leaves_1g", "leaves_512g", "leaves_256t",
	};
	static const char *const fault_names[] = {
		"faults_4k", "faults_2m", "faults_1g", "faults_512g", "faults_256t",
	};
	struct kvm *kvm = m->private;
	struct gst_kvm *gk = to_gst_kvm(kvm);
	const struct gst_format *fmt;
	u64 kinds[GST_KVM_FAULT_KINDS] = {}, sizes[GST_KVM_LEAVES] = {};
	struct gst_kvm_vcpu_stats vcpus;
	struct gst_space space;

	sum_vcpus(kvm, &vcpus);
	for (unsigned int kind = 0; kind < GST_KVM_FAULT_KINDS; kind++)
		for (unsigned int leaf = 0; leaf < GST_KVM_LEAVES; leaf++) {
			kinds[kind] += vcpus.faults[kind][leaf];
			sizes[leaf] += vcpus.faults[kind][leaf];
		}
	/* Copy the counters with mmu_lock held, so that all are of one moment. */
	gst_kvm_lock(kvm);
	space = gk->space;
	gst_kvm_unlock(kvm);

	fmt = gst_space_format(&space);
	seq_printf(m, "mode %s\n", fmt ? fmt->name : "none");
	show(m, "gpa_bits", fmt ? fmt->gpa_bits : 0);
	show(m, "levels", fmt ? fmt->levels : 0);
	seq_printf(m, "hgatp 0x%016lx\n", fmt ? shown_hgatp(m, gk) : 0);
	/* The root has four pages and counts as one table. */
	show(m, "tables", space.tables + !!fmt);
	show(m, "tables_peak", space.tables_peak + 1);
	show(m, "table_bytes", space.tables * GST_PAGE_SIZE + (fmt ? GST_ROOT_SIZE : 0));
	for (unsigned int level = 0; level < GST_LEVELS_MAX; level++)
		show(m, leaf_names[level], space.leaves[level]);
	show(m, "leaves_64k", space.napots);
	show(m, "faults", kinds[GST_KVM_LOAD] + kinds[GST_KVM_STORE] + kinds[GST_KVM_EXEC]);
	show(m, "faults_load", kinds[GST_KVM_LOAD]);
	show(m, "faults_store", kinds[GST_KVM_STORE]);
	show(m, "faults_exec", kinds[GST_KVM_EXEC]);
	show(m, "faults_64k", sizes[GST_KVM_LEAF_64K]);
	for (unsigned int level = 0; level < GST_LEVELS_MAX; level++)
		show(m, fault_names[level], sizes[level]);
	show(m, "faults_exclusive", vcpus.exclusive);
	show(m, "faults_logged", vcpus.logged);
	show(m, "fault_around", vcpus.around);
	show(m, "prefaults", kinds[GST_KVM_PREFAULT]);
	show(m, "retries", vcpus.retries);
	show(m, "waits", vcpus.waits);
	show(m, "splits", atomic64_read(&gk->stats.splits));
	show(m, "collapses", atomic64_read(&gk->stats.collapses));
	show(m, "flushes_all", atomic64_read(&gk->stats.flushes_all));
	show(m, "flushes_range", atomic64_read(&gk->stats.flushes_range));
	show(m, "fences_here", vcpus.fences);
	show(m, "fences_entry", vcpus.entry_fences);
	show(m, "unmaps", atomic64_read(&gk->stats.unmaps));
	show(m, "gathered_peak", atomic64_read(&gk->stats.gathered_peak));
	show(m, "lock_pieces", atomic64_read(&gk->stats.lock_pieces));
	show(m, "lock_breaks", atomic64_read(&gk->stats.lock_breaks));
	show(m, "reformats", atomic64_read(&gk->stats.reformats));
	show(m, "hgatp_rescues", atomic64_read(&gk->stats.hgatp_rescues));
	show(m, "grow", READ_ONCE(gk->grow));
	show(m, "vcpus", atomic_read(&kvm->online_vcpus));
	show(m, "process", process_of(gk));
	show(m, "unlisted", count_unlisted(gk));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(gstage_stats);

static void report(void *arg, unsigned int inv, gst_gpa_t gpa, unsigned int level, gst_pte_t pte,
		   const char *what)
{
	seq_printf(arg, "INV-%02u gpa 0x%llx level %u pte 0x%llx: %s\n", inv, gpa, level, (u64)pte,
		   what);
}

/* Holds mmu_lock while it reads every table: for tests, not for production. */
static int gstage_check_show(struct seq_file *m, void *unused)
{
	struct kvm *kvm = m->private;
	unsigned int violations = 0;

	gst_kvm_lock(kvm);
	/* The tables of a dying VM are gone: there is nothing to check. */
	if (gst_root(gst_kvm_space(kvm)))
		violations = gst_check(gst_kvm_space(kvm), report, m);
	gst_kvm_unlock(kvm);
	seq_printf(m, "violations %u\n", violations);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(gstage_check);

static int gstage_levels_show(struct seq_file *m, void *unused)
{
	const struct gst_format *fmt = gst_space_format(gst_kvm_space(m->private));

	seq_printf(m, "%u\n", fmt ? fmt->levels : 0);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(gstage_levels);

static int gpa_range_show(struct seq_file *m, void *unused)
{
	const struct gst_format *fmt = gst_space_format(gst_kvm_space(m->private));

	seq_printf(m, "%2u\n", fmt ? fmt->gpa_bits : 0);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(gpa_range);

void gst_kvm_create_vm_debugfs(struct kvm *kvm)
{
	struct dentry *dir = kvm->debugfs_dentry;

	debugfs_create_file("gstage_mode", 0644, dir, kvm, &gstage_mode_fops);
	debugfs_create_file("gstage_stats", 0444, dir, kvm, &gstage_stats_fops);
	debugfs_create_file("gstage_levels", 0444, dir, kvm, &gstage_levels_fops);
	debugfs_create_file("gpa_range", 0444, dir, kvm, &gpa_range_fops);
	/* These show physical addresses. */
	debugfs_create_file("gstage_check", 0400, dir, kvm, &gstage_check_fops);
	debugfs_create_file("gstage_page_tables", 0400, dir, kvm, &gst_kvm_dump_fops);
	debugfs_create_file("gstage_walk", 0600, dir, kvm, &gst_kvm_walk_fops);
}

static int tables_live_get(void *unused, u64 *value)
{
	*value = gst_kvm_tables_live();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(tables_live_fops, tables_live_get, NULL, "%llu\n");

/* Table pages of all VMs: 0 when the last VM is gone. KVM removes the directory. */
void gst_kvm_debugfs_init(void)
{
	struct dentry *dir = debugfs_lookup("kvm", NULL);

	if (!dir)
		return;
	debugfs_create_file_unsafe("gstage_tables_live", 0444, dir, NULL, &tables_live_fops);
	dput(dir);
}
