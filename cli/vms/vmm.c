// SPDX-License-Identifier: GPL-2.0-only
/* Find out the version of a running VMM, and whether the preload library is in it. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "vms/vmm.h"

#define PATIENCE_MS 10000

/* Any other program may do what it likes with --version. */
static bool is_known(const char *path)
{
	static const char *const names[] = { "qemu-system-", "qemu-kvm", "cloud-hypervisor",
					     "crosvm",       "lkvm",     "firecracker" };
	const char *name = strrchr(path, '/');
	size_t i;

	for (i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(name + 1, names[i], strlen(names[i])))
			return true;
	return false;
}

/*
 * Find the program of @process, and the user who runs it. Return: false if the path has another
 * file here: the program was replaced, or the process has another root.
 */
static bool find_program(int process, char *path, size_t size, struct stat *owner)
{
	struct stat here, there;
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/%d/exe", process);
	len = readlink(link, path, size - 1);
	if (len < 0)
		return false;
	path[len] = '\0';
	if (stat(path, &here) || stat(link, &there) || here.st_dev != there.st_dev ||
	    here.st_ino != there.st_ino)
		return false;
	/* The folder of a process belongs to its user. */
	*strrchr(link, '/') = '\0';
	return !stat(link, owner);
}

__attribute__((noreturn)) static void run(const char *path, const struct stat *owner, int out)
{
	char *const argv[] = { (char *)path, (char *)"--version", NULL }, *const env[] = { NULL };
	int null = open("/dev/null", O_RDWR);

	/* A session of its own: the program must not reach the terminal. */
	setsid();
	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(null, 2) < 0)
		_exit(127);
	if (!geteuid() && (setgroups(0, NULL) || setgid(owner->st_gid) || setuid(owner->st_uid)))
		_exit(127);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		_exit(127);
	execve(path, argv, env);
	_exit(127);
}

/* Read the first line, or what there is of it after PATIENCE_MS. */
static void read_first(int fd, char *buf, size_t size)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t got;

	while (len < size - 1 && poll(&poller, 1, PATIENCE_MS) == 1) {
		got = read(fd, buf + len, size - 1 - len);
		if (got <= 0 || memchr(buf + len, '\n', got)) {
			len += got > 0 ? got : 0;
			break;
		}
		len += got;
	}
	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
}

bool vmm_version(int process, char *buf, size_t size)
{
	char path[PATH_MAX], *c;
	struct stat owner;
	int fds[2];
	pid_t child;

	buf[0] = '\0';
	if (!find_program(process, path, sizeof(path), &owner) || !is_known(path) ||
	    pipe2(fds, O_CLOEXEC))
		return false;
	child = fork();
	if (!child)
		run(path, &owner, fds[1]);
	close(fds[1]);
	if (child > 0) {
		read_first(fds[0], buf, size);
		kill(child, SIGKILL);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(fds[0]);
	for (c = buf; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return buf[0];
}

/* Is there a part of the file, up to @end, that begins with @start and has @word in it? */
static bool has_part(int process, const char *file, char end, const char *start, const char *word)
{
	char path[64], *part = NULL;
	bool found = false;
	size_t size = 0;
	FILE *f;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", process, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	while (f && !found && getdelim(&part, &size, end, f) > 0)
		found = !strncmp(part, start, strlen(start)) && strstr(part, word);
	free(part);
	if (f)
		fclose(f);
	return found;
}

bool vmm_is_aligned(int process)
{
	return has_part(process, "environ", '\0', ENV_ALIGN "=", "=") &&
	       has_part(process, "maps", '\n', "", "/libgstage-preload.so");
}
