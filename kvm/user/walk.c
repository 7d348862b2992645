// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: the walk of one gpa as text, in debugfs (docs/ABI.md): write the gpa, read the walk.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "user/debugfs.h"

/**
 * struct walk - an open gstage_walk
 * @lock: serializes threads that share the open file
 * @count: number of steps
 * @steps: what the walk found when the gpa was written
 */
struct walk {
	struct mutex lock;
	int count;
	struct gst_step steps[GST_LEVELS_MAX];
};

static int walk_show(struct seq_file *m, void *unused)
{
	struct walk *walk = m->private;

	mutex_lock(&walk->lock);
	for (int i = 0; i < walk->count; i++) {
		const struct gst_step *step = &walk->steps[i];

		seq_printf(m, "level %u index %u table 0x%llx pte 0x%llx %s\n", step->level,
			   step->index, step->table, (u64)step->pte,
			   !gst_pte_valid(step->pte)   ? "none" :
			   gst_pte_is_table(step->pte) ? "table" :
							 "leaf");
	}
	mutex_unlock(&walk->lock);
	return 0;
}

static ssize_t walk_write(struct file *file, const char __user *text, size_t size, loff_t *pos)
{
	struct walk *walk = ((struct seq_file *)file->private_data)->private;
	struct kvm *kvm = file_inode(file)->i_private;
	u64 gpa;
	int ret = kstrtou64_from_user(text, size, 0, &gpa);

	if (ret)
		return ret;

	mutex_lock(&walk->lock);
	gst_kvm_read_lock(kvm);
	ret = gst_steps(gst_kvm_space(kvm), gpa, walk->steps);
	gst_kvm_read_unlock(kvm);
	walk->count = max(ret, 0);
	mutex_unlock(&walk->lock);
	if (ret < 0)
		return ret == -GST_EINVAL ? -ENODEV : ret;

	/* The next read begins with the root. */
	*pos = 0;
	return size;
}

static int walk_open(struct inode *inode, struct file *file)
{
	struct walk *walk = kzalloc(sizeof(*walk), GFP_KERNEL);
	int ret;

	if (!walk)
		return -ENOMEM;
	mutex_init(&walk->lock);
	ret = single_open(file, walk_show, walk);
	if (ret)
		kfree(walk);
	return ret;
}

static int walk_release(struct inode *inode, struct file *file)
{
	kfree(((struct seq_file *)file->private_data)->private);
	return single_release(inode, file);
}

const struct file_operations gst_kvm_walk_fops = {
	.owner = THIS_MODULE,
	.open = walk_open,
	.read = seq_read,
	.write = walk_write,
	.llseek = seq_lseek,
	.release = walk_release,
};
