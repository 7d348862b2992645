// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <gstage/kvm.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "live.h"
#include "tap.h"

#define POLICY "/sys/module/kvm/parameters/gstage_mode"

int device_attr(int vm_fd, unsigned long request, u32 flags, u32 group, u64 attr, void *value)
{
	struct kvm_device_attr da = {
		.flags = flags,
		.group = group,
		.attr = attr,
		.addr = (uintptr_t)value,
	};

	return ioctl(vm_fd, request, &da) ? errno : 0;
}

const struct format *format_of(u64 mode)
{
	const struct format *f;

	for_each_format(f)
		if (f->mode == mode)
			return f;
	return NULL;
}

const struct format *format_for(const struct format *from, u64 end)
{
	while (from && format_end(from) < end)
		from = next_format(from);
	return from;
}

const struct format *get_format(int vm_fd)
{
	u64 mode = ~0ULL;
	int err = device_attr(vm_fd, KVM_GET_DEVICE_ATTR, 0, KVM_RISCV_VM_GSTAGE,
			      KVM_RISCV_VM_GSTAGE_MODE, &mode);
	const struct format *f = format_of(mode);

	if (err || !f)
		bail("KVM_GET_DEVICE_ATTR: %s, mode %llu", strerror(err), (unsigned long long)mode);
	return f;
}

int change_format(int vm_fd, u64 mode)
{
	return device_attr(vm_fd, KVM_SET_DEVICE_ATTR, 0, KVM_RISCV_VM_GSTAGE,
			   KVM_RISCV_VM_GSTAGE_MODE, &mode);
}

int write_format(pid_t tid, int vm_fd, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/gstage_mode", tid, vm_fd);
	return write_text(path, name);
}

int grow_from(int vm_fd, u64 mode)
{
	return enable_cap(vm_fd, KVM_CAP_RISCV_SET_HGATP_MODE, 0, mode, KVM_RISCV_HGATP_GROW, 0, 0);
}

struct vm *vm_growing(const struct format *from)
{
	struct vm *vm = vm_new(NULL);
	int err;

	/* The format can only be set without slots: delete the control slot for a moment. */
	vm_slot(vm, CONTROL_SLOT, 0, CONTROL_GPA, 0, vm->control);
	err = grow_from(vm->fd, from->mode);
	if (err)
		bail("%s with GROW: %s", from->name, strerror(err));
	vm_slot(vm, CONTROL_SLOT, 0, CONTROL_GPA, CONTROL_SIZE, vm->control);
	vm->format = from;
	return vm;
}

int set_policy(const char *text)
{
	return write_text(POLICY, text);
}

const char *policy(void)
{
	static char text[64];

	if (read_text(POLICY, text, sizeof(text)))
		bail(POLICY ": %s", strerror(errno));
	text[strcspn(text, "\n")] = 0;
	return text;
}
