// SPDX-License-Identifier: GPL-2.0-only
/*
 * A library that is preloaded below the one under test: it logs each call of the memory functions
 * that gets this far, and makes some of them fail.
 *
 *	FAKEMEM_LOG	the file to which calls are appended, one a line
 *	FAKEMEM_TAKEN	how many calls with MAP_FIXED_NOREPLACE fail first, as if another thread had
 *			taken the address
 *	FAKEMEM_FIXED	set: mremap() with MREMAP_FIXED fails with ENOMEM, and unmaps first
 *	FAKEMEM_HIGH	set: reservations of 1 GiB and more fail
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void say(const char *fmt, ...)
{
	const char *path = getenv("FAKEMEM_LOG");
	int saved = errno, fd, len;
	char text[256];
	va_list ap;

	if (!path)
		return;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, text, len) != len)
		abort();
	close(fd);
	errno = saved;
}

#define NEXT(fn, name)                                                                             \
	do {                                                                                       \
		if (!(fn))                                                                         \
			*(void **)&(fn) = dlsym(RTLD_NEXT, name);                                  \
	} while (0)

void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t offset)
{
	static void *(*next)(void *, size_t, int, int, int, off64_t);
	static atomic_int taken;

	NEXT(next, "mmap64");
	say("mmap %p %zu %d %#x %d %lld\n", addr, len, prot, flags, fd, (long long)offset);
	if (getenv("FAKEMEM_HIGH") && prot == PROT_NONE && len >= 2UL << 30) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	if (flags & MAP_FIXED_NOREPLACE && getenv("FAKEMEM_TAKEN") &&
	    atomic_fetch_add(&taken, 1) < atoi(getenv("FAKEMEM_TAKEN"))) {
		errno = EEXIST;
		return MAP_FAILED;
	}
	return next(addr, len, prot, flags, fd, offset);
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	return mmap64(addr, len, prot, flags, fd, offset);
}

void *mremap(void *old, size_t old_len, size_t len, int flags, ...)
{
	static void *(*next)(void *, size_t, size_t, int, ...);
	va_list ap;
	void *new;

	va_start(ap, flags);
	new = va_arg(ap, void *);
	va_end(ap);
	NEXT(next, "mremap");
	say("mremap %p %zu %zu %d\n", old, old_len, len, flags);
	if (flags & MREMAP_FIXED && getenv("FAKEMEM_FIXED")) {
		munmap(new, len);
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return next(old, old_len, len, flags, new);
}

int madvise(void *addr, size_t len, int advice)
{
	static int (*next)(void *, size_t, int);

	NEXT(next, "madvise");
	say("madvise %zu %d\n", len, advice);
	return next(addr, len, advice);
}

int posix_memalign(void **ptr, size_t align, size_t len)
{
	static int (*next)(void **, size_t, size_t);

	NEXT(next, "posix_memalign");
	say("posix_memalign %zu %zu\n", align, len);
	return next(ptr, align, len);
}
