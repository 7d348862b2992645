// SPDX-License-Identifier: GPL-2.0-only
/*
 * Align the memory that a VMM allocates for its guest.
 *
 * KVM can map a huge page of the host with one leaf only if the address in the VMM and the guest
 * physical address agree in their low bits. VMMs put the guest's memory at multiples of 2 MiB or
 * 1 GiB, so the library answers mmap() and its kin with such an address. It cannot know at which
 * guest physical address the VMM will register the memory. Everything else about a call is the
 * caller's: if the aligned call fails, the library makes the call as the caller did.
 *
 * This code may run in a signal handler and in any thread: it makes system calls, keeps errno,
 * and has no state that changes after start-up.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli.h"
#include "preload/preload.h"

#define SIZE_2M ((size_t)2 << 20)
#define SIZE_1G ((size_t)1 << 30)

/* Another thread may take the aligned address first. Then try another one. */
#define ATTEMPTS 64

/*
 * Only calls with none but these flags are changed. Stacks (MAP_STACK, MAP_GROWSDOWN), MAP_32BIT
 * and flags that are not known here are not.
 */
#define FLAGS_KNOWN                                                                                \
	(MAP_SHARED | MAP_PRIVATE | MAP_SHARED_VALIDATE | MAP_ANONYMOUS | MAP_NORESERVE |          \
	 MAP_POPULATE | MAP_NONBLOCK | MAP_LOCKED)

typedef void *(*mmap_fn)(void *addr, size_t len, int prot, int flags, int fd, off64_t offset);
typedef void *(*mremap_fn)(void *old, size_t old_len, size_t len, int flags, ...);
typedef int (*posix_memalign_fn)(void **ptr, size_t align, size_t len);
typedef void *(*memalign_fn)(size_t align, size_t len);

/* Written at start-up only, as in preload.c. */
static struct {
	atomic_bool ready;
	bool align, advise;
	size_t page;
	mmap_fn mmap;
	mremap_fn mremap;
	posix_memalign_fn posix_memalign;
	memalign_fn memalign, aligned_alloc;
} self;

/* Run before there are threads and signal handlers, which must not call dlsym(). */
__attribute__((constructor)) static void start(void)
{
	/* The constructor of another library may have come first. */
	if (atomic_load(&self.ready))
		return;
	self.align = getenv(ENV_ALIGN) != NULL;
	self.advise = getenv(ENV_ADVISE) != NULL;
	self.page = sysconf(_SC_PAGESIZE);
	/* ISO C does not allow a cast from void * to a function pointer. */
	*(void **)&self.mmap = dlsym(RTLD_NEXT, "mmap64");
	*(void **)&self.mremap = dlsym(RTLD_NEXT, "mremap");
	*(void **)&self.posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
	*(void **)&self.memalign = dlsym(RTLD_NEXT, "memalign");
	*(void **)&self.aligned_alloc = dlsym(RTLD_NEXT, "aligned_alloc");
	atomic_store(&self.ready, true);
}

static bool aligns(size_t len)
{
	if (!atomic_load(&self.ready))
		start();
	return self.align && len >= SIZE_2M;
}

/*
 * Ask for huge pages if the host gives them only to memory that asks (THP is "madvise"). The pages
 * at the ends of the range may belong to others: leave them out.
 */
static void advise(void *addr, size_t len)
{
	uintptr_t start = ((uintptr_t)addr + self.page - 1) & -self.page;
	uintptr_t end = ((uintptr_t)addr + len) & -self.page;

	if (self.advise && start < end)
		madvise((void *)start, end - start, MADV_HUGEPAGE);
}

/*
 * Reserve memory in which @len bytes, a multiple of the page, fit at an address that is @residue
 * modulo @align.
 * Return: the reservation of @len + @align bytes, with this address in *@place; or MAP_FAILED.
 */
static void *reserve(size_t len, size_t align, size_t residue, void **place)
{
	char *area;

	area = self.mmap(NULL, len + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			 -1, 0);
	if (area != MAP_FAILED)
		*place = area + ((residue - (uintptr_t)area) & (align - 1));
	return area;
}

/* Unmap what is reserved before and after the @len bytes at @place. */
static void trim(char *area, char *place, size_t len, size_t align)
{
	size_t head = place - area;

	if (head)
		munmap(area, head);
	if (align > head)
		munmap(place + len, align - head);
}

/* @len in whole pages, as the kernel maps it. Return: 0 if it is too large to be aligned. */
static size_t whole_pages(size_t len)
{
	return len < SIZE_MAX / 2 ? (len + self.page - 1) & -self.page : 0;
}

/*
 * May this memory be a guest's? Code is not. PROT_NONE with MAP_NORESERVE reserves addresses, such
 * as for stacks and heaps of an allocator. Of files, only memory files can have huge pages:
 * memfd, tmpfs and hugetlbfs. F_GET_SEALS works on these alone.
 */
static bool may_be_guest(int prot, int flags, int fd)
{
	if (flags & ~FLAGS_KNOWN || prot & ~(PROT_READ | PROT_WRITE) ||
	    (prot == PROT_NONE && flags & MAP_NORESERVE))
		return false;
	return flags & MAP_ANONYMOUS || fcntl(fd, F_GET_SEALS) >= 0;
}

/*
 * Find a free address, and map there. MAP_FIXED_NOREPLACE never takes the place of memory that
 * another thread has mapped meanwhile. The reservation around the place is kept until then, so that
 * reservations of other threads do not fit there.
 */
static void *map_at(size_t len, size_t align, int prot, int flags, int fd, off64_t offset)
{
	size_t residue = flags & MAP_ANONYMOUS ? 0 : offset & (align - 1);
	void *area, *place, *ret = MAP_FAILED;
	size_t whole = whole_pages(len);
	int i, err;

	for (i = 0; whole && i < ATTEMPTS; i++) {
		area = reserve(whole, align, residue, &place);
		if (area == MAP_FAILED)
			break;
		munmap(place, whole);
		ret = self.mmap(place, len, prot, flags | MAP_FIXED_NOREPLACE, fd, offset);
		err = errno;
		trim(area, place, whole, align);
		if (ret != MAP_FAILED || err != EEXIST)
			break;
	}
	return ret;
}

static void populate(void *addr, size_t len, int prot)
{
	madvise(addr, len, prot & PROT_WRITE ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
}

static void *map(void *addr, size_t len, int prot, int flags, int fd, off64_t offset)
{
	/* Advise before the memory is populated: otherwise it gets small pages. */
	bool later = self.advise && flags & MAP_POPULATE && !(flags & MAP_NONBLOCK);
	int first = later ? flags & ~MAP_POPULATE : flags, saved = errno;
	void *ret = MAP_FAILED;

	if (len >= SIZE_1G)
		ret = map_at(len, SIZE_1G, prot, first, fd, offset);
	if (ret == MAP_FAILED)
		ret = map_at(len, SIZE_2M, prot, first, fd, offset);
	if (ret == MAP_FAILED) {
		errno = saved;
		return self.mmap(addr, len, prot, flags, fd, offset);
	}
	advise(ret, len);
	if (later)
		populate(ret, len, prot);
	errno = saved;
	return ret;
}

static void *answer(void *addr, size_t len, int prot, int flags, int fd, off64_t offset)
{
	int fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE), saved = errno;
	bool guest = aligns(len) && may_be_guest(prot, flags & ~fixed, fd);
	void *ret;

	errno = saved;
	if (guest && !addr && !fixed)
		return map(addr, len, prot, flags, fd, offset);
	ret = self.mmap(addr, len, prot, flags, fd, offset);
	/* QEMU reserves addresses first, and maps memory there with MAP_FIXED. */
	if (guest && ret != MAP_FAILED) {
		saved = errno;
		advise(ret, len);
		errno = saved;
	}
	return ret;
}

EXPORT void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t offset)
{
	return answer(addr, len, prot, flags, fd, offset);
}

EXPORT void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	return answer(addr, len, prot, flags, fd, offset);
}

/*
 * Move memory to an aligned address while it grows. mremap() with MREMAP_FIXED replaces the
 * reservation in one step. If it fails, it may have removed a part of the reservation, and another
 * thread may have mapped memory there. MAP_FIXED_NOREPLACE tells: what can be reserved again is
 * free, and the rest stays as it is.
 */
static void *move(void *old, size_t old_len, size_t len, size_t align, size_t residue)
{
	void *area = MAP_FAILED, *place, *ret, *again;
	size_t whole = whole_pages(len);

	if (whole)
		area = reserve(whole, align, residue, &place);
	if (area == MAP_FAILED)
		return MAP_FAILED;
	ret = self.mremap(old, old_len, len, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	trim(area, place, whole, align);
	if (ret == MAP_FAILED) {
		again = self.mmap(place, whole, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		if (again != MAP_FAILED)
			munmap(again, whole);
	}
	return ret;
}

/*
 * Memory that was large before has an address that suits its offset in its file: keep the low
 * bits. Smaller memory is taken to begin at offset 0.
 */
static void *grow(void *old, size_t old_len, size_t len)
{
	size_t align = len >= SIZE_1G ? SIZE_1G : SIZE_2M;
	size_t residue = old_len >= SIZE_2M ? (uintptr_t)old & (SIZE_2M - 1) : 0;
	void *ret = MAP_FAILED;
	int saved = errno;

	/* It may have room to grow where it is. Other errors than ENOMEM are the caller's. */
	if (((uintptr_t)old & (SIZE_2M - 1)) == residue) {
		ret = self.mremap(old, old_len, len, 0);
		if (ret == MAP_FAILED && errno != ENOMEM)
			return ret;
	}
	if (ret == MAP_FAILED)
		ret = move(old, old_len, len, align, residue);
	if (ret == MAP_FAILED) {
		errno = saved;
		return self.mremap(old, old_len, len, MREMAP_MAYMOVE);
	}
	advise(ret, len);
	errno = saved;
	return ret;
}

EXPORT void *mremap(void *old, size_t old_len, size_t len, int flags, ...)
{
	va_list ap;
	void *new;

	/* The argument may be absent. Only the kernel reads it. */
	va_start(ap, flags);
	new = va_arg(ap, void *);
	va_end(ap);

	/* An @old_len of 0 makes a second mapping of shared memory. */
	if (aligns(len) && flags == MREMAP_MAYMOVE && old_len && old_len < len)
		return grow(old, old_len, len);
	return self.mremap(old, old_len, len, flags, new);
}

/* Does a caller want less than 2 MiB of alignment, and is it a valid value? */
static bool raises(size_t align, size_t len)
{
	return aligns(len) && align < SIZE_2M && align && !(align & (align - 1));
}

EXPORT int posix_memalign(void **ptr, size_t align, size_t len)
{
	if (raises(align, len) && !(align % sizeof(void *)) &&
	    !self.posix_memalign(ptr, SIZE_2M, len)) {
		advise(*ptr, len);
		return 0;
	}
	return self.posix_memalign(ptr, align, len);
}

static void *allocate(memalign_fn *next, size_t align, size_t len)
{
	int saved = errno;
	void *ret;

	if (raises(align, len)) {
		ret = (*next)(SIZE_2M, len);
		if (ret) {
			advise(ret, len);
			errno = saved;
			return ret;
		}
		errno = saved;
	}
	return (*next)(align, len);
}

EXPORT void *memalign(size_t align, size_t len)
{
	return allocate(&self.memalign, align, len);
}

EXPORT void *aligned_alloc(size_t align, size_t len)
{
	return allocate(&self.aligned_alloc, align, len);
}
