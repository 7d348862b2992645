// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: the parameter gstage_mode: the format of VMs that do not choose one.
 */
#include <linux/module.h>
#include <linux/string.h>

#include "hart/hart.h"
#include "user/user.h"

static const char policy_max[] = "max";
static const char policy_auto[] = "auto";

/* policy_max, policy_auto or the name of a format. Compared by address. */
static const char *policy = policy_max;

/* Does the host support the format? Before the module has probed the host, assume that it does. */
static bool supported(const struct gst_format *fmt)
{
	return !gst_kvm_modes() || (gst_kvm_modes() & BIT_ULL(fmt->mode));
}

static int refuse(const char *name)
{
	pr_err("kvm: gstage_mode: \"%s\" is not max, auto or a mode of this host (mask 0x%llx)\n",
	       name, gst_kvm_modes());
	return -EINVAL;
}

static int policy_set(const char *value, const struct kernel_param *unused)
{
	const struct gst_format *fmt;
	char copy[16], *name;

	if (strscpy(copy, value, sizeof(copy)) < 0)
		return refuse(value);
	name = strim(copy);
	fmt = gst_format_of_name(name);
	if (!strcmp(name, policy_max))
		WRITE_ONCE(policy, policy_max);
	else if (!strcmp(name, policy_auto))
		WRITE_ONCE(policy, policy_auto);
	else if (fmt && supported(fmt))
		WRITE_ONCE(policy, fmt->name);
	else
		return refuse(name);
	return 0;
}

static int policy_get(char *buffer, const struct kernel_param *unused)
{
	return sysfs_emit(buffer, "%s\n", READ_ONCE(policy));
}

static const struct kernel_param_ops policy_ops = {
	.set = policy_set,
	.get = policy_get,
};
module_param_cb(gstage_mode, &policy_ops, NULL, 0644);
MODULE_PARM_DESC(gstage_mode, "G-stage format of VMs that do not choose one: max (default), auto "
			      "(narrowest, growing), sv39x4, sv48x4, sv57x4");

/* A name on the command line was accepted before the module probed the host: check it now. */
int gst_kvm_policy_init(void)
{
	const struct gst_format *fmt = gst_format_of_name(policy);

	return fmt && !supported(fmt) ? refuse(policy) : 0;
}

const struct gst_format *gst_kvm_policy(bool *grow)
{
	const char *name = READ_ONCE(policy);

	*grow = name == policy_auto;
	if (name == policy_auto)
		return gst_format_fitting(gst_kvm_modes(), 0);
	if (name == policy_max)
		return gst_kvm_widest();
	return gst_format_of_name(name);
}
