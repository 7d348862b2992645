// SPDX-License-Identifier: GPL-2.0-only
/*
 * List the VMs of this host. KVM makes a folder PID-FD in debugfs for each VM. PID is the id of
 * the thread that made the VM, in the initial PID namespace, and FD the number of its descriptor.
 */
#include <dirent.h>
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

#define DEBUGFS "/sys/kernel/debug"
/* Only gstage's module makes this file. It is in KVM's folder. */
#define MODULE_FILE "gstage_tables_live"

static const char *root(void)
{
	const char *env = getenv(ENV_DEBUGFS);

	return env && *env ? env : DEBUGFS;
}

int vm_path(const struct vm *vm, const char *file, char *path, size_t size)
{
	int len = snprintf(path, size, "%s/kvm/%d-%d/%s", root(), vm->pid, vm->fd, file);

	return len < 0 || (size_t)len >= size ? ENAMETOOLONG : 0;
}

bool vms_module_is_ours(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/kvm/" MODULE_FILE, root());
	return !access(path, F_OK);
}

/* Parse a decimal number, and advance *@s past it. */
static bool parse_id(const char **s, int *value)
{
	const char *start = *s;
	char *end;
	long n;

	if (*start < '0' || *start > '9')
		return false;
	errno = 0;
	n = strtol(start, &end, 10);
	if (errno || n > INT_MAX)
		return false;
	*value = n;
	*s = end;
	return true;
}

bool vm_parse(const char *name, struct vm *vm)
{
	memset(vm, 0, sizeof(*vm));
	vm->fd = VM_ANY_FD;
	if (!parse_id(&name, &vm->pid))
		return false;
	if (*name == '-') {
		name++;
		if (!parse_id(&name, &vm->fd))
			return false;
	}
	return !*name;
}

int vm_read_mode(int fd, struct vm *vm)
{
	ssize_t len = pread(fd, vm->mode, sizeof(vm->mode) - 1, 0);
	int err = errno;

	vm->mode[len > 0 ? len : 0] = '\0';
	vm->mode[strcspn(vm->mode, "\n")] = '\0';
	return len < 0 ? err : 0;
}

/* On errors, the mode stays empty. The list is useful without it. */
static void look_up_mode(struct vm *vm)
{
	char path[PATH_MAX];
	int fd;

	if (vm_path(vm, VM_MODE_FILE, path, sizeof(path)))
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	vm_read_mode(fd, vm);
	close(fd);
}

/* Both stay 0 if the module does not have these lines. */
static void look_up_process(struct vm *vm)
{
	struct stats stats;

	if (stats_read(vm, &stats))
		return;
	vm->process = stats_number(&stats, "process");
	vm->unlisted = stats_number(&stats, "unlisted");
	vm_read_name(vm);
}

int vms_fail_permission(int err, const char *path)
{
	/* EPERM: a locked-down kernel refuses root, too. */
	return fail(STATUS_FAILED, "no-permission",
		    err == EPERM ? "The kernel may be locked down (secure boot): "
				   "\"cat /sys/kernel/security/lockdown\"." :
				   "Run this as root (\"sudo gstage ...\").",
		    "no permission to use %s (%s)", path, strerror(err));
}

/* Is debugfs mounted? Then the folder is not empty. */
static bool debugfs_is_there(void)
{
	DIR *dir = opendir(root());
	const struct dirent *entry;
	bool found = false;

	/* Without permission to read the folder, assume that it is mounted. */
	if (!dir)
		return errno != ENOENT;
	while (!found && (entry = readdir(dir)))
		found = strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(dir);
	return found;
}

static int fail_list(int err, const char *path)
{
	switch (err) {
	case ENOENT:
		if (debugfs_is_there())
			return fail(STATUS_FAILED, "no-kvm", LOAD_KVM,
				    "no %s: the KVM module is not loaded", path);
		return fail(STATUS_FAILED, "no-debugfs",
			    "Mount it as root: \"mount -t debugfs debugfs " DEBUGFS
			    "\"; the kernel needs CONFIG_DEBUG_FS.",
			    "debugfs is not mounted on %s", root());
	case EACCES:
	case EPERM:
		return vms_fail_permission(err, path);
	default:
		return fail(STATUS_FAILED, "debugfs-read", NULL, "cannot read %s: %s", path,
			    strerror(err));
	}
}

static int compare(const void *a, const void *b)
{
	const struct vm *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->fd > y->fd) - (x->fd < y->fd);
}

/* Return: 0, or an errno. */
static int read_list(DIR *dir, struct vm **vms, size_t *count)
{
	const struct dirent *entry;
	struct vm vm, *more;

	/* Skip KVM's own files. */
	while (errno = 0, (entry = readdir(dir))) {
		if (!vm_parse(entry->d_name, &vm) || vm.fd == VM_ANY_FD)
			continue;
		more = realloc(*vms, (*count + 1) * sizeof(**vms));
		if (!more)
			return ENOMEM;
		*vms = more;
		look_up_mode(&vm);
		look_up_process(&vm);
		(*vms)[(*count)++] = vm;
	}
	return errno;
}

int vms_list(struct vm **vms, size_t *count)
{
	char path[PATH_MAX];
	DIR *dir = NULL;
	int fd, err;

	*vms = NULL;
	*count = 0;
	snprintf(path, sizeof(path), "%s/kvm", root());
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		dir = fdopendir(fd);
	if (!dir) {
		err = errno;
		if (fd >= 0)
			close(fd);
		return fail_list(err, path);
	}
	err = read_list(dir, vms, count);
	closedir(dir);
	if (err) {
		free(*vms);
		*vms = NULL;
		return fail_list(err, path);
	}
	if (*count)
		qsort(*vms, *count, sizeof(**vms), compare);
	return 0;
}

void vms_names(const struct vm *vms, size_t count, char *buf, size_t size)
{
	char one[192], process[32];
	size_t len = 0, i;

	buf[0] = '\0';
	for (i = 0; i < count; i++) {
		process[0] = '\0';
		if (vms[i].process && vms[i].process != vms[i].pid)
			snprintf(process, sizeof(process), " of process %d", vms[i].process);
		snprintf(one, sizeof(one), "%s%d-%d%s%s%s%s%s%s", i ? ", " : "", vms[i].pid,
			 vms[i].fd, vms[i].name[0] ? " " : "", vms[i].name, process,
			 vms[i].mode[0] ? " (" : "", vms[i].mode, vms[i].mode[0] ? ")" : "");
		/* Leave room for " and N more". */
		if (len + strlen(one) + 32 > size) {
			snprintf(buf + len, size - len, " and %zu more", count - i);
			return;
		}
		len += snprintf(buf + len, size - len, "%s", one);
	}
}
