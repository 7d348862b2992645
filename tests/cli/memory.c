// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VMM for the tests of alignment: allocates memory as VMMs do, and checks what it gets.
 * memory WHAT [ARG...]; the table at the end lists WHAT.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#define K         ((size_t)1 << 10)
#define M         ((size_t)1 << 20)
#define G         ((size_t)1 << 30)
#define RW        (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "memory: line %d: %s (%s)\n", __LINE__, #cond,             \
				strerror(errno));                                                  \
			exit(99);                                                                  \
		}                                                                                  \
	} while (0)

/* How far an address is from a multiple of 2 MiB. */
static size_t in_2m(const void *p)
{
	return (uintptr_t)p & (2 * M - 1);
}

/* The size of the address space, in pages. */
static long vsz(void)
{
	char buf[64] = "";
	int fd = open("/proc/self/statm", O_RDONLY);

	CHECK(fd >= 0 && read(fd, buf, sizeof(buf) - 1) > 0);
	close(fd);
	return atol(buf);
}

static int memory_file(size_t size)
{
	int fd = memfd_create("guest", MFD_CLOEXEC);

	CHECK(fd >= 0 && !ftruncate(fd, size));
	return fd;
}

/*
 * Use memory to its last byte, and unmap it. The address space is as large as before. errno is a
 * value that the next call must keep.
 */
static void use(char *p, size_t len, long before)
{
	long pages = (len + 4095) / 4096;

	CHECK(vsz() == before + pages);
	p[0] = 1;
	p[len - 1] = 2;
	CHECK(p[0] == 1 && p[len - 1] == 2);
	CHECK(!munmap(p, len));
	CHECK(vsz() == before);
	errno = 77;
}

/*
 * kinds: each kind of memory that can be a guest's is aligned, and is as large as it was asked for.
 */
static int kinds(char **args)
{
	static const size_t lens[] = { 2 * M, 2 * M + 4 * K, 5 * M + 123, 64 * M };
	static const size_t offsets[] = { 0, 4 * K, 2 * M, 3 * M + 8 * K };
	long before;
	size_t i, j;
	int fd;
	char *p;

	vsz();
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		before = vsz();
		errno = 77;
		p = mmap(NULL, lens[i], RW, ANONYMOUS, -1, 0);
		CHECK(p != MAP_FAILED && errno == 77 && !in_2m(p));
		use(p, lens[i], before);
		p = mmap64(NULL, lens[i], RW, ANONYMOUS | MAP_NORESERVE, -1, 0);
		CHECK(p != MAP_FAILED && !in_2m(p));
		use(p, lens[i], before);
		p = mmap(NULL, lens[i], RW, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		CHECK(p != MAP_FAILED && errno == 77 && !in_2m(p));
		use(p, lens[i], before);

		/* The offset in the file and the address agree. */
		for (j = 0; j < sizeof(offsets) / sizeof(offsets[0]); j++) {
			fd = memory_file(offsets[j] + lens[i]);
			errno = 77;
			p = mmap(NULL, lens[i], RW, MAP_SHARED, fd, offsets[j]);
			CHECK(p != MAP_FAILED && errno == 77);
			CHECK(in_2m(p) == offsets[j] % (2 * M));
			use(p, lens[i], before);
			close(fd);
		}
		fd = open(args[0], O_RDWR | O_CREAT | O_TRUNC, 0600);
		CHECK(fd >= 0 && !ftruncate(fd, lens[i]));
		p = mmap(NULL, lens[i], RW, MAP_SHARED, fd, 0);
		CHECK(p != MAP_FAILED && !in_2m(p));
		use(p, lens[i], before);
		close(fd);
	}
	return 0;
}

/* qemu: as QEMU allocates: it reserves the memory and a guard page, and maps it there. */
static int qemu(char **args)
{
	size_t len = 64 * M;
	char *p;

	(void)args;
	p = mmap(NULL, len + 4 * K, PROT_NONE, ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED && !in_2m(p));
	CHECK(mmap(p, len, RW, ANONYMOUS | MAP_FIXED, -1, 0) == p);
	memset(p, 1, len);
	return 0;
}

/* giga: from 1 GiB on the address is a multiple of 1 GiB, or of ARG MiB. */
static int giga(char **args)
{
	size_t align = strtoul(args[0], NULL, 0) * M;
	long before = vsz();
	int fd = memory_file(2 * G);
	char *p = mmap(NULL, G + 4 * K, PROT_NONE, ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED && !((uintptr_t)p & (align - 1)));
	CHECK(!munmap(p, G + 4 * K));
	p = mmap(NULL, G, RW, MAP_SHARED, fd, 256 * M);
	CHECK(p != MAP_FAILED && ((uintptr_t)p & (align - 1)) == 256 * M % align);
	use(p, G, before);
	return 0;
}

/*
 * The command "alone": make calls that the library must not change, and print them as fakemem.c
 * does.
 */
static int alone(char **args)
{
	static const struct {
		size_t len;
		int prot, flags;
	} calls[] = {
		{ 2 * M - 1, RW, ANONYMOUS },
		{ 4 * M, RW, ANONYMOUS | MAP_STACK },
		{ 4 * M, RW, ANONYMOUS | MAP_GROWSDOWN },
		{ 4 * M, PROT_NONE, ANONYMOUS | MAP_NORESERVE },
		{ 4 * M, RW | PROT_EXEC, ANONYMOUS },
	};
	char *p, *hole = mmap(NULL, 8 * M, PROT_NONE, ANONYMOUS | MAP_NORESERVE, -1, 0);
	int fd = open(args[0], O_RDONLY);
	size_t i;

	CHECK(hole != MAP_FAILED && fd >= 0);
	printf("mmap (nil) %zu %d %#x -1 0\n", 8 * M, PROT_NONE, ANONYMOUS | MAP_NORESERVE);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		CHECK(mmap(NULL, calls[i].len, calls[i].prot, calls[i].flags, -1, 0) != MAP_FAILED);
		printf("mmap (nil) %zu %d %#x -1 0\n", calls[i].len, calls[i].prot, calls[i].flags);
	}
	/* A file that is not in memory, at a place of its own and with a hint. */
	p = mmap(NULL, 4 * M, PROT_READ, MAP_PRIVATE, fd, 4 * K);
	CHECK(p != MAP_FAILED);
	printf("mmap (nil) %zu %d %#x %d %zu\n", 4 * M, PROT_READ, MAP_PRIVATE, fd, 4 * K);
	p = hole + 4 * K;
	CHECK(mmap(p, 4 * M, RW, ANONYMOUS | MAP_FIXED, -1, 0) == p);
	printf("mmap %p %zu %d %#x -1 0\n", (void *)p, 4 * M, RW, ANONYMOUS | MAP_FIXED);
	CHECK(!munmap(hole, 8 * M));
	CHECK(mmap(p, 4 * M, RW, ANONYMOUS, -1, 0) == p);
	printf("mmap %p %zu %d %#x -1 0\n", (void *)p, 4 * M, RW, ANONYMOUS);
	p += 4 * M;
	CHECK(mmap(p, 2 * M, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == p);
	printf("mmap %p %zu %d %#x -1 0\n", (void *)p, 2 * M, RW, ANONYMOUS | MAP_FIXED_NOREPLACE);
	return 0;
}

static void *thread_nothing(void *arg)
{
	return arg;
}

/* inner: stacks of threads, heaps and libraries do not come by the library at all. */
static int inner(char **args)
{
	pthread_attr_t attr;
	pthread_t t;
	char *p;

	(void)args;
	pthread_attr_init(&attr);
	CHECK(!pthread_attr_setstacksize(&attr, 16 * M));
	CHECK(!pthread_create(&t, &attr, thread_nothing, NULL) && !pthread_join(t, NULL));
	p = malloc(100 * M);
	CHECK(p && (p = realloc(p, 200 * M)));
	free(p);
	CHECK(dlopen("libm.so.6", RTLD_NOW));
	return 0;
}

static void told(const char *what, const void *ret)
{
	printf("%s: %s %d\n", what, ret == MAP_FAILED || !ret ? "fails" : "works", errno);
	errno = 0;
}

/* errors: prints how calls fail. It must be the same with and without alignment. */
static int errors(char **args)
{
	int fd = memory_file(4 * M), ro = open(args[0], O_RDONLY);
	void *p;

	told("too large", mmap(NULL, (size_t)1 << 56, RW, ANONYMOUS, -1, 0));
	told("largest", mmap(NULL, SIZE_MAX - 4095, RW, ANONYMOUS, -1, 0));
	told("overflow", mmap(NULL, SIZE_MAX, RW, ANONYMOUS, -1, 0));
	told("bad fd", mmap(NULL, 4 * M, RW, MAP_SHARED, 999, 0));
	told("offset", mmap(NULL, 4 * M, RW, MAP_SHARED, fd, 1));
	told("negative", mmap(NULL, 4 * M, RW, MAP_SHARED, fd, -4096));
	told("read only", mmap(NULL, 4 * M, RW, MAP_SHARED, ro, 0));
	told("no type", mmap(NULL, 4 * M, RW, MAP_ANONYMOUS, -1, 0));
	told("shared past the end", mmap(NULL, 8 * M, RW, MAP_SHARED, fd, 0));
	p = mmap(NULL, 4 * M, RW, ANONYMOUS, -1, 0);
	told("mremap, too large", mremap(p, 4 * M, (size_t)1 << 56, MREMAP_MAYMOVE));
	told("mremap, in place", mremap(p, 4 * M, (size_t)1 << 56, 0));
	told("mremap, not a page", mremap((char *)p + 1, 4 * M, 8 * M, MREMAP_MAYMOVE));
	told("mremap, flags", mremap(p, 4 * M, 8 * M, MREMAP_MAYMOVE | 64));
	munmap(p, 4 * M);
	told("mremap, nothing there", mremap(p, 4 * M, 8 * M, MREMAP_MAYMOVE));
	p = NULL;
	printf("%d\n", posix_memalign(&p, 3, 4 * M));
	printf("%d\n", posix_memalign(&p, 4, 4 * M));
	printf("%d\n", posix_memalign(&p, 0, 4 * M));
	printf("%d\n", posix_memalign(&p, 4096, SIZE_MAX / 2));
	errno = 0;
	told("aligned_alloc, 3", aligned_alloc(3, 4 * M));
	told("aligned_alloc, too large", aligned_alloc(64, SIZE_MAX / 2));
	return 0;
}

/*
 * limited: with a limit that leaves no room for a larger reservation, the memory itself still
 * comes.
 */
static int limited(char **args)
{
	struct rlimit limit = { .rlim_max = RLIM_INFINITY };

	(void)args;
	limit.rlim_cur = vsz() * 4096 + 5 * M;
	CHECK(!setrlimit(RLIMIT_AS, &limit));
	CHECK(mmap(NULL, 4 * M, RW, ANONYMOUS, -1, 0) != MAP_FAILED);
	return 0;
}

/* taken MULTIPLE: another thread takes addresses first. Is it aligned all the same? */
static int taken(char **args)
{
	long before = vsz();
	char *p = mmap(NULL, 4 * M + 4 * K, RW, ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	if (args[0])
		CHECK(!in_2m(p));
	use(p, 4 * M + 4 * K, before);
	return 0;
}

/* grow: mremap() in place, to another place, and of memory files. */
static int grow(char **args)
{
	long before = vsz();
	size_t i, from[] = { 64 * K, 2 * M, 4 * M }, to[] = { 3 * M, 64 * M, G };
	char *p, *q;
	int fd;

	(void)args;
	for (i = 0; i < 9; i++) {
		size_t len = from[i % 3], more = to[i / 3];

		p = mmap(NULL, len, RW, ANONYMOUS | MAP_NORESERVE, -1, 0);
		CHECK(p != MAP_FAILED);
		p[0] = 3;
		p[len - 1] = 4;
		if (more <= len)
			more = len + 4 * K;
		/* A neighbour above leaves no room. */
		q = mmap(p + len, 4 * K, PROT_NONE, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		errno = 77;
		p = mremap(p, len, more, MREMAP_MAYMOVE);
		CHECK(p != MAP_FAILED && errno == 77 && !in_2m(p));
		CHECK(p[0] == 3 && p[len - 1] == 4);
		if (q != MAP_FAILED)
			CHECK(!munmap(q, 4 * K));
		use(p, more, before);
	}
	/* The file and the address agree after it has moved, too. */
	fd = memory_file(64 * M);
	p = mmap(NULL, 4 * M, RW, MAP_SHARED, fd, M);
	CHECK(p != MAP_FAILED && in_2m(p) == M);
	q = mmap(p + 4 * M, 4 * K, PROT_NONE, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	p[5] = 6;
	p = mremap(p, 4 * M, 32 * M, MREMAP_MAYMOVE);
	CHECK(p != MAP_FAILED && in_2m(p) == M && p[5] == 6);
	if (q != MAP_FAILED)
		munmap(q, 4 * K);
	use(p, 32 * M, before);
	/* Fixed, shrinking and copying calls are the caller's. */
	p = mmap(NULL, 8 * M, RW, ANONYMOUS, -1, 0);
	q = mmap(NULL, 16 * M, PROT_NONE, ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(mremap(p, 8 * M, 12 * M, MREMAP_MAYMOVE | MREMAP_FIXED, q + 4 * K) == q + 4 * K);
	CHECK(mremap(q + 4 * K, 12 * M, 4 * M, MREMAP_MAYMOVE) == q + 4 * K);
	return 0;
}

/*
 * moved: mremap() to another place fails when it is fixed. It still grows, and no more is mapped.
 */
static int moved(char **args)
{
	long before = vsz();
	char *p = mmap(NULL, 2 * M, RW, ANONYMOUS, -1, 0);

	(void)args;
	/* A neighbour above leaves no room. */
	if (mmap(p + 2 * M, 4 * K, PROT_NONE, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
		before--;
	p[0] = 1;
	p = mremap(p, 2 * M, 8 * M, MREMAP_MAYMOVE);
	CHECK(p != MAP_FAILED && p[0] == 1 && vsz() == before + 2049);
	return 0;
}

/* allocators: posix_memalign() and its kin; small ones and larger alignments are as they were. */
static int allocators(char **args)
{
	void *p = NULL;
	int i;

	(void)args;
	for (i = 0; i < 50; i++) {
		CHECK(!posix_memalign(&p, 4096, 3 * M) && !in_2m(p));
		memset(p, 1, 3 * M);
		free(p);
		p = aligned_alloc(64, 33 * M);
		CHECK(p && !in_2m(p));
		free(p);
		p = memalign(4096, 2 * M);
		CHECK(p && !in_2m(p));
		free(p);
		p = memalign(4 * M, 2 * M);
		CHECK(p && !((uintptr_t)p & (4 * M - 1)));
		free(p);
	}
	CHECK(!posix_memalign(&p, 64, 2 * M - 1) && in_2m(p));
	return 0;
}

static void *thread_maps(void *arg)
{
	char mark = (uintptr_t)arg;
	size_t i, j, len;
	char *p;

	for (i = 0; i < 300; i++) {
		len = 2 * M + (i % 5) * 4 * K;
		p = mmap(NULL, len, RW, ANONYMOUS, -1, 0);
		CHECK(p != MAP_FAILED && !in_2m(p));
		for (j = 0; j < len; j += 256 * K)
			p[j] = mark;
		if (i % 3 == 0) {
			p = mremap(p, len, len + 4 * M, MREMAP_MAYMOVE);
			CHECK(p != MAP_FAILED && !in_2m(p));
			for (j = 0; j < len; j += 256 * K)
				CHECK(p[j] == mark);
			len += 4 * M;
		}
		for (j = 0; j < len; j += 256 * K)
			CHECK(p[j] == mark || !p[j]);
		CHECK(!munmap(p, len));
	}
	return NULL;
}

/* threads: eight of them map, grow and unmap. No one gets memory of another. */
static int threads(char **args)
{
	long before;
	pthread_t t[8];
	size_t i;

	(void)args;
	for (i = 0; i < 8; i++)
		CHECK(!pthread_create(&t[i], NULL, thread_maps, (void *)(i + 1)));
	for (i = 0; i < 8; i++)
		CHECK(!pthread_join(t[i], NULL));
	before = vsz();
	thread_maps((void *)9);
	CHECK(vsz() == before);
	return 0;
}

static volatile sig_atomic_t handled;

static void on_alarm(int sig)
{
	char *p = mmap(NULL, 3 * M, RW, ANONYMOUS, -1, 0);

	(void)sig;
	if (p == MAP_FAILED || in_2m(p) || munmap(p, 3 * M))
		_exit(96);
	handled++;
}

/* signals: a handler maps memory while the program maps memory. */
static int signals(char **args)
{
	struct itimerval timer = { { 0, 500 }, { 0, 500 } };

	(void)args;
	signal(SIGALRM, on_alarm);
	CHECK(!setitimer(ITIMER_REAL, &timer, NULL));
	while (handled < 100)
		thread_maps((void *)7);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(char **args);
} actions[] = {
	{ "kinds", kinds },
	{ "qemu", qemu },
	{ "giga", giga },
	{ "alone", alone },
	{ "inner", inner },
	{ "errors", errors },
	{ "limited", limited },
	{ "taken", taken },
	{ "grow", grow },
	{ "moved", moved },
	{ "allocators", allocators },
	{ "threads", threads },
	{ "signals", signals },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (argc > 1 && !strcmp(argv[1], actions[i].name))
			return actions[i].run(argv + 2);
	fprintf(stderr, "memory: what?\n");
	return 98;
}
