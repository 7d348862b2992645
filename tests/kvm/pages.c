// SPDX-License-Identifier: GPL-2.0-only
/*
 * Do to the memory of another process what the host does to it.
 *
 *	pages PID pageout|collapse ADDRESS MIB [STEP]
 *		process_madvise() with MADV_PAGEOUT or MADV_COLLAPSE, of all of it or of one page in
 *		each STEP bytes
 *	pages PID punch NAME BASE
 *		free the pages at the addresses on the standard input, less BASE, of the memory file
 *		of that name, as a balloon does
 *
 * Addresses are hexadecimal. Prints how much was done.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE    4096UL
#define SIZE_2M (2UL << 20)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static void advise(int pid, int advice, unsigned long address, unsigned long size,
		   unsigned long step)
{
	unsigned long at, len = step ? PAGE : SIZE_2M, done = 0, failed = 0;
	int process = syscall(SYS_pidfd_open, pid, 0), error = 0;

	if (process < 0)
		err(1, "pidfd_open");
	for (at = address; at < address + size; at += step ? step : SIZE_2M) {
		struct iovec iov = { (void *)at, len };

		if (syscall(SYS_process_madvise, process, &iov, 1, advice, 0) == (long)len) {
			done++;
		} else {
			error = errno;
			failed++;
		}
	}
	printf("%lu done, %lu failed%s%s\n", done, failed, failed ? ": " : "",
	       failed ? strerror(error) : "");
}

/* Find the descriptor of the memory file in the process, and open the file. */
static int open_memory(int pid, const char *name)
{
	char path[64], target[256];
	ssize_t len;
	int i;

	for (i = 0; i < 1024; i++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, i);
		len = readlink(path, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		if (strstr(target, name))
			return open(path, O_RDWR | O_CLOEXEC);
	}
	return -1;
}

static void punch(int pid, const char *name, unsigned long base)
{
	int fd = open_memory(pid, name);
	unsigned long at, done = 0;

	if (fd < 0)
		errx(1, "process %d has no file %s", pid, name);
	while (scanf("%lx", &at) == 1) {
		if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at - base, PAGE))
			err(1, "fallocate %lx", at);
		done++;
	}
	printf("%lu done, 0 failed\n", done);
}

int main(int argc, char **argv)
{
	int pid = argc > 1 ? atoi(argv[1]) : 0, advice = 0;

	if (argc == 5 && !strcmp(argv[2], "punch")) {
		punch(pid, argv[3], strtoul(argv[4], NULL, 16));
		return 0;
	}
	if (argc > 2)
		advice = !strcmp(argv[2], "pageout")  ? MADV_PAGEOUT :
			 !strcmp(argv[2], "collapse") ? MADV_COLLAPSE :
							0;
	if (argc < 5 || argc > 6 || !advice)
		errx(2,
		     "usage: pages PID pageout|collapse ADDRESS MIB [STEP], or PID punch NAME BASE");
	advise(pid, advice, strtoul(argv[3], NULL, 16), strtoul(argv[4], NULL, 0) << 20,
	       argc == 6 ? strtoul(argv[5], NULL, 0) : 0);
	return 0;
}
