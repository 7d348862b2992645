// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find the VMM, and check that it will load the preload library. The dynamic linker only skips a
 * library that it cannot use; the VM would then run in the host's default format.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli.h"
#include "commands/exec.h"
#include "output/output.h"

/* Can @path be executed? Return: 0 or the errno of execve(). */
static int executable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) ? errno : 0;
}

/* Search PATH as execvp() does. Go on after a file that is not executable. */
static int search(const char *name, char *path, size_t size)
{
	const char *dir = getenv("PATH");
	char standard[256];
	int ret = ENOENT;
	size_t len;

	if (strchr(name, '/')) {
		if ((size_t)snprintf(path, size, "%s", name) >= size)
			return ENAMETOOLONG;
		return executable(path);
	}
	if (!*name)
		return ENOENT;
	if (!dir) {
		confstr(_CS_PATH, standard, sizeof(standard));
		dir = standard;
	}

	for (;; dir += len + 1) {
		len = strcspn(dir, ":");
		/* An empty entry is the current folder. */
		if ((size_t)snprintf(path, size, "%.*s%s%s", (int)len, dir, len ? "/" : "./",
				     name) < size) {
			if (!executable(path))
				return 0;
			/* EACCES only if the file exists; the folder may not be readable. */
			if (!access(path, F_OK))
				ret = EACCES;
		}
		if (!dir[len])
			return ret;
	}
}

/*
 * Will the kernel start @path in secure-execution mode? The dynamic linker ignores LD_PRELOAD
 * there. Return: the reason, or NULL.
 */
static const char *secure(const char *path)
{
	struct statvfs fs;
	struct stat st;

	if (stat(path, &st) || statvfs(path, &fs))
		return NULL;
	/* The kernel ignores the privileges of the file then. */
	if (fs.f_flag & ST_NOSUID || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return NULL;

	if (st.st_mode & S_ISUID && st.st_uid != getuid())
		return "it is setuid";
	if (st.st_mode & S_ISGID && st.st_mode & S_IXGRP && st.st_gid != getgid())
		return "it is setgid";
	if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
		return "it has file capabilities";
	return NULL;
}

static int check_program(const char *path, const struct file_info *vmm, const char *lib)
{
	char vmm_arch[64], lib_arch[64];
	struct file_info own;
	const char *why;

	if (file_examine(lib, &own) || own.kind != FILE_PROGRAM)
		return fail(STATUS_EXEC_FAILED, "no-preload", "Install gstage again.",
			    "%s is not a shared library", lib);

	if (vmm->elf_class != own.elf_class || vmm->elf_data != own.elf_data ||
	    vmm->machine != own.machine) {
		file_arch(vmm, vmm_arch, sizeof(vmm_arch));
		file_arch(&own, lib_arch, sizeof(lib_arch));
		return fail(STATUS_NOT_EXECUTABLE, "wrong-architecture",
			    "Use the VMM's build for this machine.",
			    "%s is for another machine: it is %s, not %s", path, vmm_arch,
			    lib_arch);
	}

	if (!vmm->interp[0])
		return fail(STATUS_EXEC_FAILED, "static-vmm",
			    "Use a dynamically linked build, or a VMM that calls "
			    "KVM_ENABLE_CAP with KVM_CAP_RISCV_SET_HGATP_MODE itself "
			    "(<gstage/kvm.h>).",
			    "%s is statically linked: it does not load a preload "
			    "library",
			    path);

	if (strstr(vmm->interp, "ld-musl"))
		return fail(STATUS_EXEC_FAILED, "other-libc", "Use a build for glibc.",
			    "%s is linked with musl (%s), and the preload library "
			    "with glibc",
			    path, vmm->interp);

	why = secure(path);
	if (why)
		return fail(STATUS_EXEC_FAILED, "secure-execution",
			    "Run gstage itself as that user (\"sudo gstage exec "
			    "...\"), or use a copy of the VMM without that.",
			    "%s would ignore the preload library, because %s", path, why);
	return 0;
}

int vmm_find(const char *name, const char *lib, char *path, size_t size)
{
	struct file_info info;
	int err;

	err = search(name, path, size);
	if (err == ENOENT || err == ENOTDIR)
		return fail(STATUS_NOT_FOUND, "vmm-not-found",
			    strchr(name, '/') ? "Check the path." : "Install it, or give its path.",
			    "cannot find the VMM '%s'%s", name,
			    strchr(name, '/') ? "" : " in PATH");
	if (err)
		return fail(STATUS_NOT_EXECUTABLE, "vmm-not-executable",
			    err == EACCES ? "Give yourself permission to execute it (\"chmod "
					    "+x\")." :
					    NULL,
			    "cannot execute the VMM '%s': %s", name, strerror(err));

	if (file_examine(path, &info))
		return fail(STATUS_NOT_EXECUTABLE, "vmm-not-readable",
			    "gstage must read the file to check whether it loads a "
			    "preload library (\"chmod +r\").",
			    "cannot read the VMM '%s': %s", path, strerror(errno));

	switch (info.kind) {
	case FILE_PROGRAM:
		return check_program(path, &info, lib);
	case FILE_SCRIPT:
		/* The programs that it starts inherit the environment. */
		return 0;
	default:
		return fail(STATUS_NOT_EXECUTABLE, "vmm-not-a-program",
			    "Give the VMM itself, or a script that starts with "
			    "#!.",
			    "'%s' is neither an ELF program nor a script", path);
	}
}
