// SPDX-License-Identifier: GPL-2.0-only
/* Find the VM that the user names, open its files, and explain errors. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "output/output.h"
#include "vms/host.h"
#include "vms/vms.h"

/* No VM matches: tell which VMs there are. */
static int fail_unknown(const char *name, const struct vm *vms, size_t count)
{
	char names[512];

	if (!count)
		return fail(STATUS_FAILED, "unknown-vm",
			    "Start the VM first. A VM that has ended is not listed.",
			    "there is no VM %s, and no other VM", name);
	vms_names(vms, count, names, sizeof(names));
	return fail(STATUS_FAILED, "unknown-vm", "Choose one of these.",
		    "there is no VM %s; there %s %s", name, count > 1 ? "are" : "is", names);
}

/* The user named a process with several VMs, or a name or descriptor that several VMs have. */
static int fail_ambiguous(const char *name, bool pid_alone, const struct vm *vms, size_t count)
{
	char names[512];

	vms_names(vms, count, names, sizeof(names));
	return fail(STATUS_FAILED, "ambiguous-vm", "Choose one of these.",
		    pid_alone ? "process %s has %zu VMs: %s" : "%s may be any of %zu VMs: %s", name,
		    count, names);
}

/* KVM made no folder for another VM, because that name was taken. */
static int fail_unlisted(const struct vm *vm)
{
	return fail(
		STATUS_FAILED, "ambiguous-vm",
		"debugfs cannot reach the other VM: restart its VMM, and choose the format when the "
		"VM starts (\"gstage exec\").",
		"the name %d-%d may mean another VM: KVM has no folder for %u VM%s of the same "
		"thread, because an older VM had the name",
		vm->pid, vm->fd, vm->unlisted, vm->unlisted == 1 ? "" : "s");
}

/* Does the user mean this VM by its process, or by the name of its folder? */
static bool names_process(const struct vm *asked, const struct vm *vm)
{
	return vm->process == asked->pid && (asked->fd == VM_ANY_FD || asked->fd == vm->fd);
}

static bool names_folder(const struct vm *asked, const struct vm *vm)
{
	return vm->pid == asked->pid && (asked->fd == VM_ANY_FD || asked->fd == vm->fd);
}

/* The names of VMs are for people, and may look like a number. Numbers are tried first. */
static bool has_name(const struct vm *asked, const struct vm *vm)
{
	return !strcmp(asked->name, vm_name(vm));
}

/* Move the VMs that match to the front, in their order. Return: how many there are. */
static size_t select_vms(struct vm *vms, size_t all, const struct vm *asked,
			 bool (*matches)(const struct vm *asked, const struct vm *vm))
{
	size_t count = 0, i;
	struct vm one;

	for (i = 0; i < all; i++) {
		if (!matches(asked, &vms[i]))
			continue;
		one = vms[i];
		vms[i] = vms[count];
		vms[count++] = one;
	}
	return count;
}

int vm_find(const char *name, struct vm *vm)
{
	bool number, pid_alone = false;
	struct vm asked, *vms;
	size_t all, count = 0;
	int ret;

	if (!*name || strlen(name) >= sizeof(asked.name))
		return fail(STATUS_USAGE, "usage", "\"gstage vms\" lists the VMs.",
			    "'%s' is not a VM: give PID-FD, PID alone, or a name", name);
	number = vm_parse(name, &asked);
	ret = vms_list(&vms, &all);
	if (ret)
		return ret;

	/* The id in a folder's name may be a thread. Try processes first. */
	if (number)
		count = select_vms(vms, all, &asked, names_process);
	if (number && !count)
		count = select_vms(vms, all, &asked, names_folder);
	if (count) {
		pid_alone = asked.fd == VM_ANY_FD;
	} else {
		snprintf(asked.name, sizeof(asked.name), "%s", name);
		count = select_vms(vms, all, &asked, has_name);
	}
	if (!count)
		ret = fail_unknown(name, vms, all);
	else if (count > 1)
		ret = fail_ambiguous(name, pid_alone, vms, count);
	else if (vms[0].unlisted)
		ret = fail_unlisted(&vms[0]);
	else
		*vm = vms[0];
	free(vms);
	return ret;
}

int vm_fail_gone(const struct vm *vm, int err)
{
	return fail(STATUS_FAILED, "vm-gone",
		    "Its process has ended or closed it. Give a running VM.",
		    "the VM %d-%d no longer exists (%s)", vm->pid, vm->fd, strerror(err));
}

int vm_fail_module(const struct vm *vm, const char *code, const char *why)
{
	return fail(STATUS_FAILED, code, RELOAD_KVM,
		    "cannot use the VM %d-%d: the loaded KVM module is %s", vm->pid, vm->fd, why);
}

static bool has_mode(const struct vm *vm)
{
	char path[PATH_MAX];

	return !vm_path(vm, VM_MODE_FILE, path, sizeof(path)) && !access(path, F_OK);
}

static bool is_mode_file(const char *path)
{
	const char *name = strrchr(path, '/');

	return !strcmp(name ? name + 1 : path, VM_MODE_FILE);
}

int vm_fail_file(const struct vm *vm, const char *path, int err)
{
	switch (err) {
	case ENOENT:
		if (!vms_module_is_ours())
			return vm_fail_module(vm, "stock-module", "not gstage's");
		/* KVM removes the files of an ending VM before the folder. */
		if (!is_mode_file(path) && has_mode(vm))
			return vm_fail_module(vm, "old-module",
					      "an older "
					      "gstage, which does not have that "
					      "file");
		return vm_fail_gone(vm, err);
	case ENODEV:
	case EIO:
		return vm_fail_gone(vm, err);
	case EACCES:
	case EPERM:
		return vms_fail_permission(err, path);
	default:
		return fail(STATUS_FAILED, "debugfs-open", NULL, "cannot open %s: %s", path,
			    strerror(err));
	}
}

int vm_open(const struct vm *vm, const char *file, int flags, int *fd)
{
	char path[PATH_MAX];
	int err = vm_path(vm, file, path, sizeof(path));

	if (err)
		return vm_fail_file(vm, path, err);
	*fd = open(path, flags | O_CLOEXEC);
	return *fd < 0 ? vm_fail_file(vm, path, errno) : 0;
}

int vm_read(const struct vm *vm, int fd, char **text)
{
	size_t size = 4096, len = 0;
	char *buf = NULL, *more;
	ssize_t got;
	int err;

	do {
		/* Leave room for at least one byte, and for the NUL. */
		if (!buf || size - len < 2) {
			size = buf ? size * 2 : size;
			more = realloc(buf, size);
			if (!more) {
				free(buf);
				return fail_no_memory();
			}
			buf = more;
		}
		got = pread(fd, buf + len, size - len - 1, len);
		if (got < 0 && errno != EINTR) {
			err = errno;
			free(buf);
			return vm_fail_file(vm, "its files", err);
		}
		len += got > 0 ? got : 0;
	} while (got);
	buf[len] = '\0';
	*text = buf;
	return 0;
}
