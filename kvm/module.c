// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: start and end of the module, and what modinfo says of it.
 */
#include <linux/module.h>

#include "hart/hart.h"
#include "user/user.h"

MODULE_VERSION(GSTAGE_VERSION);
MODULE_INFO(gstage, GSTAGE_VERSION);
MODULE_INFO(gstage_kvm_sources, GSTAGE_KVM_SOURCES);

/*
 * The stock module's init and exit call these in place of kvm_init(), kvm_exit() and
 * kvm_riscv_aia_exit().
 */
int gst_kvm_init(unsigned int vcpu_size, unsigned int vcpu_align, struct module *module);
void gst_kvm_exit(void);
void gst_kvm_aia_exit(void);

static bool running;

/*
 * T-Head's harts have memory attributes of their own in the upper bits of PTEs (XTheadMae), and the
 * kernel sets these bits in all of its PTEs. The engine does not know them: its leaves would be
 * uncached or worse.
 */
static int check_host_ptes(void)
{
	unsigned long attributes = gst_kvm_test_attributes() ?: _PAGE_MTMASK;

	if (!(attributes & ~_PAGE_MTMASK_SVPBMT))
		return 0;
	pr_err("kvm: gstage: this host's PTEs have memory attributes 0x%lx that are not Svpbmt's (XTheadMae?): use the stock kvm.ko\n",
	       attributes);
	return -EOPNOTSUPP;
}

int gst_kvm_init(unsigned int vcpu_size, unsigned int vcpu_align, struct module *module)
{
	int ret = check_host_ptes();

	BUILD_BUG_ON(offsetof(struct gst_kvm_vcpu, vcpu));
	if (!ret)
		ret = gst_kvm_policy_init();
	if (!ret)
		ret = gst_kvm_void_root_init();
	if (ret)
		return ret;
	/* Generic KVM allocates vCPUs of this size. */
	ret = kvm_init(sizeof(struct gst_kvm_vcpu), vcpu_align, module);
	if (ret) {
		gst_kvm_void_root_exit();
		return ret;
	}
	running = true;
	gst_kvm_debugfs_init();
	kvm_info("gstage %s: G-stage formats, hgatp mode mask 0x%llx\n", GSTAGE_VERSION,
		 gst_kvm_modes());
	return 0;
}

/*
 * Stock KVM calls the two in the other order. It frees the interrupt for guest external interrupts
 * while harts still have it enabled. The interrupt then stays taken, and the module cannot be
 * loaded again before the next boot.
 */
void gst_kvm_exit(void)
{
	kvm_exit();
	kvm_riscv_aia_exit();
	gst_kvm_void_root_exit();
	gst_kvm_test_release();
}

void gst_kvm_aia_exit(void)
{
	/* After a failed init, this is the only call. */
	if (!running)
		kvm_riscv_aia_exit();
}
