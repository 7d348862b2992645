// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: a test build plays a kernel that has a dump of the G-stage of its own. Proposals for one
 * make their files in kvm_arch_create_vm_debugfs(), and three of them have names of gstage's.
 * kvm/Kbuild renames this function, as it does in the kernel's own objects. Nobody must call it.
 */
#include <linux/debugfs.h>
#include <linux/kvm_host.h>
#include <linux/module.h>

/* How often the function was called. */
static atomic_t called;
module_param_named(test_ptdump_called, called.counter, int, 0400);

static int kernel_dump_show(struct seq_file *m, void *unused)
{
	seq_puts(m, "the dump of the kernel\n");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kernel_dump);

#ifdef GST_HAS_DEBUGFS_RESULT
int kvm_arch_create_vm_debugfs(struct kvm *kvm)
#else
void kvm_arch_create_vm_debugfs(struct kvm *kvm)
#endif
{
	static const char *const names[] = { "gstage_page_tables", "gstage_levels", "gpa_range" };

	atomic_inc(&called);
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		debugfs_create_file(names[i], 0400, kvm->debugfs_dentry, kvm, &kernel_dump_fops);
#ifdef GST_HAS_DEBUGFS_RESULT
	return 0;
#endif
}
