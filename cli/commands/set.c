// SPDX-License-Identifier: GPL-2.0-only
/* gstage set: change the G-stage format of a running VM. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "commands/args.h"
#include "commands/commands.h"
#include "formats.h"
#include "output/json.h"
#include "output/output.h"
#include "vms/host.h"
#include "vms/vms.h"

static const struct argp_option options[] = {
	ARGS_JSON,
	{ 0 },
};

static const struct argp argp = {
	.options = options,
	.parser = args_parser,
	.args_doc = "VM MODE",
	.doc = "Widen or narrow the G-stage page-table format of a running VM."
	       "\v"
	       "VM is PID-FD, as \"gstage vms\" lists it; PID, if that process has one VM; or NAME.  MODE is sv39x4, sv48x4 or sv57x4 (RV32: "
	       "sv32x4).  The VM keeps running and keeps its mappings.  gstage "
	       "refuses a mode that is too narrow for the VM's memory.\n"
	       "\n"
	       "Exit status: 0 on success; 1 if it failed; 2 for wrong usage.\n"
	       "\n"
	       "Environment: GSTAGE_DEBUGFS is the path of debugfs, if it is not "
	       "/sys/kernel/debug.\n",
};

/* Return: NULL after an error was reported. */
static const struct format *find_mode(const char *name)
{
	const struct format *f = format_by_name(name);
	char names[128];

	if (f)
		return f;
	kvm_mode_names(~0U, names, sizeof(names));
	fail(STATUS_USAGE, "unknown-mode",
	     !strcasecmp(name, MODE_NAME_MAX) || !strcasecmp(name, MODE_NAME_AUTO) ?
		     "This works only when a VM starts (\"gstage exec\"). Give a mode." :
		     "\"gstage modes\" lists the modes of this host.",
	     "unknown mode '%s': the modes are %s", name, names);
	return NULL;
}

static int fail_unsupported(const struct vm *vm, const struct format *f)
{
	unsigned int mask = kvm_ask_mask();
	char names[128];

	if (!mask || mask & (1U << f->mode))
		return fail(STATUS_FAILED, "unsupported-mode",
			    "\"gstage modes\" lists the modes of this host.",
			    "KVM refuses %s for the VM %d-%d (%s)", f->name, vm->pid, vm->fd,
			    strerror(EINVAL));
	kvm_mode_names(mask, names, sizeof(names));
	return fail(STATUS_FAILED, "unsupported-mode", "Choose one of these.",
		    "this host does not have %s; it has %s", f->name, names);
}

/* The write failed, so the VM still has its old format. */
static int fail_write(const struct vm *vm, const struct format *f, int err)
{
	switch (err) {
	case EINVAL:
		return fail_unsupported(vm, f);
	case ERANGE:
		return fail(STATUS_FAILED, "out-of-range",
			    "Unplug that memory or device, or choose a wider mode.",
			    "the VM %d-%d stays in %s: it has a memslot or a mapping "
			    "above the range of %s, which ends at %#llx",
			    vm->pid, vm->fd, vm->mode, f->name, 1ULL << f->gpa_bits);
	case ENOMEM:
		return fail(STATUS_FAILED, "no-memory", "Free memory on the host, then try again.",
			    "the VM %d-%d stays in %s: the host has no memory for a "
			    "new root table of %s",
			    vm->pid, vm->fd, vm->mode, f->name);
	case ENODEV:
	case ENOENT:
	case EIO:
		return vm_fail_gone(vm, err);
	case EACCES:
	case EPERM:
		return vms_fail_permission(err, VM_MODE_FILE);
	default:
		return fail(STATUS_FAILED, "debugfs-write", NULL, "the VM %d-%d stays in %s: %s",
			    vm->pid, vm->fd, vm->mode, strerror(err));
	}
}

/*
 * Write the new mode. On success, vm->mode is the old mode.
 * Return: 0, or the exit status after an error was reported.
 */
static int change(struct vm *vm, const struct format *f)
{
	char path[PATH_MAX], text[32];
	struct stat st;
	int fd, err;

	err = vm_path(vm, VM_MODE_FILE, path, sizeof(path));
	if (err)
		return vm_fail_file(vm, path, err);
	/* The first gstage has a read-only file here; root could open it for writing. */
	if (!stat(path, &st) && !(st.st_mode & 0222))
		return vm_fail_module(vm, "old-module",
				      "an older gstage, which "
				      "cannot change a VM's mode");
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return vm_fail_file(vm, path, errno);
	err = vm_read_mode(fd, vm);
	if (err) {
		close(fd);
		return vm_fail_file(vm, path, err);
	}

	snprintf(text, sizeof(text), "%s\n", f->name);
	/* One write() and no pwrite(): a seq_file does not support pwrite(). */
	err = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return err ? fail_write(vm, f, err) : 0;
}

static void print(const struct vm *vm, const struct format *f, bool json)
{
	struct json_object *document, *map;

	if (!json && !strcmp(vm->mode, f->name)) {
		printf("%d-%d: has %s already\n", vm->pid, vm->fd, vm->mode);
		return;
	}
	if (!json) {
		printf("%d-%d: %s -> %s\n", vm->pid, vm->fd, vm->mode, f->name);
		return;
	}
	map = json_map();
	json_set(map, "pid", json_number(vm->pid));
	json_set(map, "fd", json_number(vm->fd));
	json_set(map, "mode", json_text(f->name));
	json_set(map, "hgatp_mode", json_number(f->mode));
	json_set(map, "gpa_bits", json_number(f->gpa_bits));
	json_set(map, "previous_mode", json_text(vm->mode));
	document = json_document();
	json_set(document, "vm", map);
	json_print(stdout, document);
}

int cmd_set(int argc, char **argv)
{
	struct args args = { .names = { "VM", "MODE" } };
	const struct format *f;
	struct vm vm;
	int ret;

	ret = args_parse(&argp, argc, argv, &args);
	if (ret)
		return ret;

	f = find_mode(args.word[1]);
	if (!f)
		return STATUS_USAGE;
	ret = vm_find(args.word[0], &vm);
	if (!ret)
		ret = change(&vm, f);
	if (ret)
		return ret;

	print(&vm, f, args.json);
	if (fflush(stdout) || ferror(stdout))
		return fail(STATUS_FAILED, "output", NULL,
			    "the mode is changed, but the output cannot be written: %s",
			    strerror(errno));
	return 0;
}
