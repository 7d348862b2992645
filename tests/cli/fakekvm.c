// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fake /dev/kvm, preloaded below the library under test, to test the command on any kind of host.
 * Environment variables choose the host: see fakekvm.h.
 *
 * Its files are memfds. It recognises them by their name, and they have the state of the VM. So it
 * needs no table and no lock, and still works after fork().
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kvm.h>

#include <gstage/kvm.h>

#include "fakekvm.h"

#define KVM_NAME  "fakekvm"
#define VM_NAME   "fakevm"
#define VCPU_NAME "fakevcpu"

struct vm {
	unsigned int mode;
	int grow;
	int vcpus;
	int interrupted;
};

/* Declare them here, because fcntl.h may define them as macros or inline functions. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);

static void say(const char *fmt, ...)
{
	const char *path = getenv("FAKEKVM_LOG");
	char text[256];
	va_list ap;
	int fd, len;

	if (!path)
		return;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fd = openat(AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, text, len) != len)
		abort();
	close(fd);
}

static int is(int fd, const char *name)
{
	char link[64], target[64], want[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		return 0;
	target[len] = '\0';
	snprintf(want, sizeof(want), "/memfd:%s (deleted)", name);
	return !strcmp(target, want);
}

static int number(const char *name, int otherwise)
{
	const char *value = getenv(name);

	return value ? (int)strtol(value, NULL, 0) : otherwise;
}

static int failing(int err)
{
	errno = err;
	return -1;
}

/* Files other than /dev/kvm */

static int ends(const char *path, const char *end)
{
	size_t len = strlen(path), n = strlen(end);

	return len >= n && !strcmp(path + len - n, end);
}

/* Must @call on the debugfs file @path fail? If so, sets errno. */
static int debugfs_fails(const char *call, const char *path)
{
	const char *root = getenv("GSTAGE_DEBUGFS"), *how = getenv("FAKEKVM_DEBUGFS");
	const char *file, *base = strrchr(path, '/');
	size_t len = strlen(call);

	if (!root || !how || strncmp(path, root, strlen(root)) || strncmp(how, call, len) ||
	    how[len] != ':')
		return 0;
	file = strchr(how + len + 1, ':');
	if (strcmp(base + 1, file ? file + 1 : strcmp(call, "dir") ? "gstage_mode" : "kvm"))
		return 0;
	failing(atoi(how + len + 1));
	return 1;
}

static int path_of(int fd, char *path, size_t size)
{
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, size - 1);
	if (len < 0)
		return 0;
	path[len] = '\0';
	return 1;
}

static int file_fails(const char *call, int fd)
{
	char path[4096];

	return path_of(fd, path, sizeof(path)) && debugfs_fails(call, path);
}

static int open_line(const char *variable)
{
	const char *line = getenv(variable);
	int fd;

	if (!line)
		return failing(ENOENT);
	fd = memfd_create("line", MFD_CLOEXEC);
	if (fd < 0 || dprintf(fd, "%s\n", line) < 0 || lseek(fd, 0, SEEK_SET))
		abort();
	return fd;
}

ssize_t pread(int fd, void *buf, size_t size, off_t offset)
{
	static ssize_t (*next)(int, void *, size_t, off_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "pread");
	return file_fails("read", fd) ? -1 : next(fd, buf, size, offset);
}

ssize_t read(int fd, void *buf, size_t size)
{
	static ssize_t (*next)(int, void *, size_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "read");
	/* With the call "end" only the first read() succeeds. */
	if (file_fails("read", fd) || (lseek(fd, 0, SEEK_CUR) > 0 && file_fails("end", fd)))
		return -1;
	return next(fd, buf, size);
}

ssize_t write(int fd, const void *buf, size_t size)
{
	static ssize_t (*next)(int, const void *, size_t);
	char path[4096];

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "write");
	if (file_fails("write", fd))
		return -1;
	/* A write to gstage_walk is logged. The file already has the answer. */
	if (path_of(fd, path, sizeof(path)) && ends(path, "/gstage_walk")) {
		say("walk %.*s", (int)size, (const char *)buf);
		return size;
	}
	return next(fd, buf, size);
}

/* open() */

/* A file below FAKEKVM_ROOT takes the place of the host's own. */
static int open_below_root(int *fd, const char *path)
{
	const char *root = getenv("FAKEKVM_ROOT");
	char other[4096];

	if (!root ||
	    (strncmp(path, "/sys/", 5) && strncmp(path, "/proc/", 6) && strcmp(path, "/dev/kmsg")))
		return 0;
	snprintf(other, sizeof(other), "%s%s", root, path);
	if (access(other, F_OK))
		return 0;
	*fd = openat(AT_FDCWD, other, O_RDONLY | O_CLOEXEC);
	return 1;
}

static int fake_open(int *fd, const char *path)
{
	const char *how;

	if (!strcmp(path, "/proc/cpuinfo")) {
		how = getenv("FAKEKVM_CPUINFO");
		if (!how)
			return 0;
		*fd = openat(AT_FDCWD, how, O_RDONLY | O_CLOEXEC);
		return 1;
	}
	if (!strcmp(path, "/sys/module/kvm/parameters/gstage_mode")) {
		*fd = open_line("FAKEKVM_POLICY");
		return 1;
	}
	if (!strcmp(path, "/sys/module/kvm/version")) {
		*fd = open_line("FAKEKVM_MODULE");
		return 1;
	}
	if (open_below_root(fd, path))
		return 1;
	if (debugfs_fails("dir", path) || debugfs_fails("mode", path) ||
	    debugfs_fails("open", path)) {
		*fd = -1;
		return 1;
	}
	if (strcmp(path, "/dev/kvm"))
		return 0;

	how = getenv("FAKEKVM_OPEN");
	if (!how)
		*fd = memfd_create(KVM_NAME, MFD_CLOEXEC);
	else if (!strcmp(how, "null"))
		*fd = openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC);
	else
		*fd = failing(atoi(how));
	return 1;
}

static int real_openat(int dir, const char *path, int flags, int mode)
{
	static int (*next)(int, const char *, int, ...);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "openat");
	return next(dir, path, flags, mode);
}

#define OPEN_BODY(dir)                                                                             \
	va_list ap;                                                                                \
	int fd, mode;                                                                              \
                                                                                                   \
	va_start(ap, flags);                                                                       \
	mode = va_arg(ap, int);                                                                    \
	va_end(ap);                                                                                \
	if (fake_open(&fd, path))                                                                  \
		return fd;                                                                         \
	return real_openat(dir, path, flags, mode)

int open(const char *path, int flags, ...)
{
	OPEN_BODY(AT_FDCWD);
}
int open64(const char *path, int flags, ...)
{
	OPEN_BODY(AT_FDCWD);
}
int openat(int dir, const char *path, int flags, ...)
{
	OPEN_BODY(dir);
}
int openat64(int dir, const char *path, int flags, ...)
{
	OPEN_BODY(dir);
}
int __open_2(const char *path, int flags)
{
	return open(path, flags, 0);
}
int __open64_2(const char *path, int flags)
{
	return open(path, flags, 0);
}

int close(int fd)
{
	static int (*next)(int);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "close");
	if (is(fd, VM_NAME))
		say("close_vm\n");
	return next(fd);
}

/* ioctl() */

static unsigned int host_mask(void)
{
	return number("FAKEKVM_MASK", 0x700);
}

static void load(int fd, struct vm *vm)
{
	if (pread(fd, vm, sizeof(*vm), 0) != sizeof(*vm))
		abort();
}

static void store(int fd, const struct vm *vm)
{
	if (pwrite(fd, vm, sizeof(*vm), 0) != sizeof(*vm))
		abort();
}

static int enable_cap(int fd, const struct kvm_enable_cap *cap)
{
	unsigned int mask = host_mask();
	struct vm vm;
	size_t i;

	load(fd, &vm);
	if (getenv("FAKEKVM_EINTR") && !vm.interrupted) {
		vm.interrupted = 1;
		store(fd, &vm);
		return failing(EINTR);
	}
	say("enable_cap %u flags %u args %llu %llu %llu %llu\n", cap->cap, cap->flags, cap->args[0],
	    cap->args[1], cap->args[2], cap->args[3]);
	if (getenv("FAKEKVM_REFUSE"))
		return failing(number("FAKEKVM_REFUSE", 0));

	if (!mask || cap->cap != KVM_CAP_RISCV_SET_HGATP_MODE || cap->flags)
		return failing(EINVAL);
	if (cap->args[0] >= 32 || !(mask & (1U << cap->args[0])))
		return failing(EINVAL);
	if (cap->args[1] & ~(getenv("FAKEKVM_OLD") ? 0 : KVM_RISCV_HGATP_GROW) || cap->args[2] ||
	    cap->args[3])
		return failing(EINVAL);
	for (i = 0; i < sizeof(cap->pad); i++)
		if (cap->pad[i])
			return failing(EINVAL);
	if (vm.vcpus)
		return failing(EBUSY);

	vm.mode = cap->args[0];
	vm.grow = cap->args[1] == KVM_RISCV_HGATP_GROW;
	store(fd, &vm);
	return 0;
}

/* A slot above the limit of its mode widens a VM that may grow. */
static int set_region(int fd, const struct kvm_userspace_memory_region *region)
{
	static const unsigned int bits[] = { [1] = 34, [8] = 41, 50, 59 };
	unsigned int mode, mask = host_mask();
	struct vm vm;

	load(fd, &vm);
	for (mode = vm.mode; mode <= 10; mode++) {
		if (!(mask & (1U << mode)) ||
		    (region->guest_phys_addr + region->memory_size) >> bits[mode])
			continue;
		if (mode != vm.mode && !vm.grow)
			break;
		vm.mode = mode;
		store(fd, &vm);
		return 0;
	}
	return failing(EFAULT);
}

static int kvm_ioctl(unsigned int request, long arg)
{
	struct vm vm = { 0 };
	unsigned int mask = host_mask();
	int fd;

	switch (request) {
	case KVM_GET_API_VERSION:
		return 12;
	case KVM_CHECK_EXTENSION:
		return arg == KVM_CAP_RISCV_SET_HGATP_MODE ||
				       arg == KVM_CAP_RISCV_SET_HGATP_MODE_ALT ?
			       (int)mask :
			       0;
	case KVM_CREATE_VM:
		say("create_vm %ld\n", arg);
		if (getenv("FAKEKVM_CREATE"))
			return failing(number("FAKEKVM_CREATE", 0));
		while (mask >>= 1)
			vm.mode++;
		fd = memfd_create(VM_NAME, MFD_CLOEXEC);
		if (fd >= 0)
			store(fd, &vm);
		return fd;
	default:
		return failing(EINVAL);
	}
}

static int vm_ioctl(int fd, unsigned long request, void *arg)
{
	struct vm vm;

	switch ((unsigned int)request) {
	case KVM_ENABLE_CAP:
		return enable_cap(fd, arg);
	case KVM_CREATE_VCPU:
		load(fd, &vm);
		vm.vcpus++;
		store(fd, &vm);
		return memfd_create(VCPU_NAME, MFD_CLOEXEC);
	case KVM_SET_USER_MEMORY_REGION:
		return set_region(fd, arg);
	case FAKE_GET_MODE:
		load(fd, &vm);
		return vm.mode;
	case FAKE_ECHO:
		*(unsigned long *)arg = request;
		return 0;
	default:
		return failing(EINVAL);
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int, unsigned long, ...);
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);

	if (_IOC_TYPE((unsigned int)request) == KVMIO) {
		if (is(fd, KVM_NAME))
			return kvm_ioctl(request, (long)arg);
		if (is(fd, VM_NAME))
			return vm_ioctl(fd, request, arg);
	}
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "ioctl");
	return next(fd, request, arg);
}
