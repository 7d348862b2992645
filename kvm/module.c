// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: the module tells what it is, and sets up what is its own.
 */
#include <linux/module.h>

#include "gstage.h"

MODULE_VERSION(GSTAGE_VERSION);
MODULE_INFO(gstage, GSTAGE_VERSION);
MODULE_INFO(gstage_kvm_sources, GSTAGE_KVM_SOURCES);

/* The stock module's init calls this in place of kvm_init(). */
int gst_kvm_init(unsigned int vcpu_size, unsigned int vcpu_align, struct module *module);
int gst_kvm_init(unsigned int vcpu_size, unsigned int vcpu_align, struct module *module)
{
	int ret = gst_kvm_policy_init();

	if (!ret)
		ret = kvm_init(vcpu_size, vcpu_align, module);
	if (ret)
		return ret;
	gst_kvm_debugfs_init();
	kvm_info("gstage %s: G-stage formats, hgatp mode mask 0x%llx\n", GSTAGE_VERSION,
		 gst_kvm_modes());
	return 0;
}
