// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "tap.h"

struct host host = { .kvm = -1 };

static u64 seed = 0x9e3779b97f4a7c15;

static const struct format formats[] = {
	{ 8, "sv39x4", 41, 3 },
	{ 9, "sv48x4", 50, 4 },
	{ 10, "sv57x4", 59, 5 },
};

static const struct {
	const char *cpu;
	unsigned int formats;
} cpus[] = { { "sv39", 1 }, { "sv48", 2 }, { "sv57", 3 }, { "rv64", 3 } };

static void out_of_time(int sig)
{
	static const char text[] = "\nBail out! the test did not end in time\n";

	if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0)
		_exit(4);
	_exit(sig == SIGALRM ? 3 : 4);
}

/*
 * Newer kernels monitor by themselves which pages are in use (DAMON_STAT). This changes the numbers
 * that tests count, so host_init() turns it off.
 */
#define DAMON_STAT "/sys/module/damon_stat/parameters/enabled"

void host_init(unsigned int seconds)
{
	const char *module = getenv("GSTAGE_MODULE");
	const char *cpu = getenv("GSTAGE_CPU");
	const char *slower = getenv("GSTAGE_SLOWER");
	char mask[32], bits[32];

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGALRM, out_of_time);
	alarm(seconds * (slower ? atoi(slower) : 1));

	if (!module || !cpu)
		bail("GSTAGE_MODULE and GSTAGE_CPU are not set: run the test with lab/lab");
	host.gstage = !strncmp(module, "gstage", strlen("gstage"));
	for (unsigned int i = 0; i < ARRAY_SIZE(cpus); i++)
		for (unsigned int j = 0; !strcmp(cpu, cpus[i].cpu) && j < cpus[i].formats; j++)
			host.modes |= 1ULL << formats[j].mode;
	/* A test build can play a host that lacks some modes. */
	if (!read_text("/sys/module/kvm/parameters/test_modes", mask, sizeof(mask)))
		host.modes &= strtoull(mask, NULL, 0);
	/* Or one that has no VMIDs. The emulated CPU has them. */
	host.vmids = read_text("/sys/module/kvm/parameters/test_vmid_bits", bits, sizeof(bits)) ||
		     strtoul(bits, NULL, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(formats); i++)
		if (host.modes >> formats[i].mode & 1)
			host.widest = &formats[i];
	seed += host.modes;
	if (!host.widest)
		bail("GSTAGE_CPU=%s is an unknown CPU: add it to cpus[] in lib/host.c", cpu);

	if (!access(DAMON_STAT, W_OK) && write_text(DAMON_STAT, "N"))
		bail(DAMON_STAT ": cannot turn the host's own monitor off");

	host.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (host.kvm < 0)
		bail("/dev/kvm: %s", strerror(errno));
}

const struct format *next_format(const struct format *prev)
{
	if (!host.gstage)
		return prev ? NULL : host.widest;
	if (prev == host.widest)
		return NULL;
	prev = prev ? prev + 1 : formats;
	while (!(host.modes >> prev->mode & 1))
		prev++;
	return prev;
}

u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

void keep_to(unsigned int hart)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(hart, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		bail("hart %u: %s", hart, strerror(errno));
}

void nap(unsigned int turns)
{
	if (turns < 100)
		sched_yield();
	else
		usleep(50);
}

u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

void *mem_aligned(size_t size, size_t align)
{
	char *raw = mmap(NULL, size + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			 -1, 0);
	char *mem;

	if (raw == MAP_FAILED)
		bail("mmap of %zu bytes: %s", size, strerror(errno));
	mem = (char *)(((uintptr_t)raw + align - 1) & ~(align - 1));
	if (mem > raw)
		munmap(raw, mem - raw);
	munmap(mem + size, raw + align - mem);
	return mem;
}

void *mem_map(size_t size, enum backing backing)
{
	void *mem = mem_aligned(size, SZ_2M);

	/* In Linux 6.6 MAP_FIXED refuses sizes above 256 GiB for most addresses. */
	if (mprotect(mem, size, PROT_READ | PROT_WRITE) ||
	    madvise(mem, size, backing == HUGE ? MADV_HUGEPAGE : MADV_NOHUGEPAGE))
		bail("cannot map memory for a slot: %s", strerror(errno));
	if (backing == HUGE) {
		for (size_t at = 0; at < size; at += SZ_2M)
			*(volatile char *)(mem + at) = 0;
		if (mem_huge_bytes(mem, size) < (size & ~(SZ_2M - 1)))
			bail("the host has only %zu of %zu bytes in huge pages: it needs more memory",
			     mem_huge_bytes(mem, size), size);
	}
	return mem;
}

void mem_unmap(void *mem, size_t size)
{
	munmap(mem, size);
}

size_t mem_huge_bytes(const void *mem, size_t size)
{
	unsigned long start = 0, end = 0, kib;
	size_t bytes = 0;
	char line[256];
	FILE *f = fopen("/proc/self/smaps", "r");

	if (!f)
		bail("/proc/self/smaps: %s", strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			continue;
		if (sscanf(line, "AnonHugePages: %lu", &kib) == 1 &&
		    start < (uintptr_t)mem + size && end > (uintptr_t)mem)
			bytes += kib << 10;
	}
	fclose(f);
	return bytes;
}

unsigned long host_free_pages(void)
{
	unsigned long n, pages = 0;
	char line[256];
	FILE *f = fopen("/proc/zoneinfo", "r");

	if (!f)
		bail("/proc/zoneinfo: %s", strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " nr_free_pages %lu", &n) == 1 ||
		    sscanf(line, " count: %lu", &n) == 1)
			pages += n;
	fclose(f);
	return pages;
}

int read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	while (have < size - 1 && (n = read(fd, buf + have, size - 1 - have)) > 0)
		have += n;
	close(fd);
	buf[have] = 0;
	return 0;
}

int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}
