// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <gstage/kvm.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tap.h"
#include "vcpu.h"
#include "vm.h"

#define KVM_DEBUGFS "/sys/kernel/debug/kvm"

int set_slot(int vm_fd, u32 slot, u32 flags, u64 gpa, u64 size, void *mem)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)mem,
	};

	return ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION, &region) ? errno : 0;
}

int enable_cap(int vm_fd, u32 cap, u32 flags, u64 arg0, u64 arg1, u64 arg2, u64 arg3)
{
	struct kvm_enable_cap enable = {
		.cap = cap,
		.flags = flags,
		.args = { arg0, arg1, arg2, arg3 },
	};

	return ioctl(vm_fd, KVM_ENABLE_CAP, &enable) ? errno : 0;
}

int set_mode(int vm_fd, u64 mode)
{
	return enable_cap(vm_fd, KVM_CAP_RISCV_SET_HGATP_MODE, 0, mode, 0, 0, 0);
}

void vm_slot(struct vm *vm, u32 slot, u32 flags, u64 gpa, u64 size, void *mem)
{
	int err = set_slot(vm->fd, slot, flags, gpa, size, mem);

	if (err)
		bail("cannot set slot %u at 0x%llx of 0x%llx bytes, %s: %s", slot,
		     (unsigned long long)gpa, (unsigned long long)size, vm->format->name,
		     strerror(err));
}

int vm_bare(void)
{
	int fd = ioctl(host.kvm, KVM_CREATE_VM, 0);

	if (fd < 0)
		bail("KVM_CREATE_VM: %s", strerror(errno));
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

struct vm *vm_new(const struct format *format)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	int err;

	if (!vm)
		bail("no memory");
	vm->tid = gettid();
	vm->format = format ? format : host.widest;
	vm->fd = vm_bare();
	if (format && host.gstage) {
		err = set_mode(vm->fd, format->mode);
		if (err)
			bail("cannot set the mode %s: %s", format->name, strerror(err));
	}

	vm->control = mem_map(CONTROL_SIZE, SMALL);
	if (guest_program_end - guest_program > CONTROL_CODE_SIZE)
		bail("the guest program is too large");
	memcpy(vm->control, guest_program, guest_program_end - guest_program);
	vm_slot(vm, CONTROL_SLOT, 0, CONTROL_GPA, CONTROL_SIZE, vm->control);
	return vm;
}

void vm_free(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->vcpus; i++)
		vcpu_free(vm->vcpu[i]);
	close(vm->fd);
	mem_unmap(vm->control, CONTROL_SIZE);
	free(vm);
}

void vm_text(const struct vm *vm, const char *file, char *buf, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), KVM_DEBUGFS "/%d-%d/%s", vm->tid, vm->fd, file);
	if (read_text(path, buf, size))
		bail("%s: %s", path, strerror(errno));
}

u64 vm_stat(const struct vm *vm, const char *name)
{
	char text[2048], *line, *next;
	size_t len = strlen(name);

	vm_text(vm, "gstage_stats", text, sizeof(text));
	for (line = strtok_r(text, "\n", &next); line; line = strtok_r(NULL, "\n", &next))
		if (!strncmp(line, name, len) && line[len] == ' ')
			return strtoull(line + len, NULL, 0);
	bail("gstage_stats has no %s", name);
}

u64 vm_leaves(const struct vm *vm)
{
	return vm_stat(vm, "leaves_4k") + vm_stat(vm, "leaves_2m") + vm_stat(vm, "leaves_1g") +
	       vm_stat(vm, "leaves_512g") + vm_stat(vm, "leaves_256t");
}

const char *fd_mode(int vm_fd)
{
	static __thread char text[32];
	struct vm vm = { .fd = vm_fd, .tid = gettid() };

	vm_text(&vm, "gstage_mode", text, sizeof(text));
	text[strcspn(text, "\n")] = 0;
	return text;
}

bool vm_sound(const struct vm *vm)
{
	static char text[1 << 16];
	const char *last;

	if (!host.gstage)
		return true;
	vm_text(vm, "gstage_check", text, sizeof(text));
	last = strstr(text, "violations ");
	if (last && !strcmp(last, "violations 0\n"))
		return true;
	diag("%s: gstage_check: %.300s", vm->format->name, text);
	return false;
}

u64 tables_live(void)
{
	char text[32];

	if (read_text(KVM_DEBUGFS "/gstage_tables_live", text, sizeof(text)))
		bail(KVM_DEBUGFS "/gstage_tables_live: %s", strerror(errno));
	return strtoull(text, NULL, 0);
}
