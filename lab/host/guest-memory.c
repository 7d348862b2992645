// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program of Linux guests that uses memory.
 *
 *	guest-memory loads MIB COUNT	loads from random addresses of MIB, in COUNT runs
 *	guest-memory hold MIB STEP	hold MIB, and print the guest physical address of a page
 *					in each STEP bytes, as a balloon gives pages away
 *
 * loads writes the memory first. It prints the time of a load in the fastest run and in the median
 * run. A run has 1024 loads, and begins with an empty TLB: the TLB of an emulated hart grows with
 * use, and would soon have all pages.
 *
 * hold reads lines from its standard input. For each line it reads its memory and prints how many
 * pages are as it wrote them, how many of those that it gave away are zero, and how many are wrong.
 * It ends at the line "back".
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE  4096UL
#define WORDS (PAGE / sizeof(uint64_t))
#define RUN   1024

static uint64_t *allocate(size_t size)
{
	uint64_t *mem =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		err(1, "mmap");
	return mem;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* The next address depends on what was loaded, so that loads do not overlap. */
static uint64_t load(const uint64_t *mem, size_t pages, uint64_t *state)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < RUN; i++) {
		*state = *state * 6364136223846793005 + 1442695040888963407 + (sum & 1);
		sum += mem[(*state >> 33) % pages * WORDS];
	}
	return sum;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void loads(size_t size, size_t count)
{
	uint64_t *mem = allocate(size), *other = allocate(PAGE),
		 *took = calloc(count, sizeof(*took));
	uint64_t state = 1, sum = 0, start;
	size_t pages = size / PAGE, i;

	if (!took)
		err(1, "calloc");
	for (i = 0; i < pages; i++)
		mem[i * WORDS] = i * 0x9e3779b97f4a7c15;
	for (i = 0; i < count; i++) {
		/* The kernel fences when a page becomes read-only, and then QEMU drops its TLB. */
		mprotect(other, PAGE, PROT_READ | PROT_WRITE);
		*other = i;
		mprotect(other, PAGE, PROT_READ);
		start = now_ns();
		sum += load(mem, pages, &state);
		took[i] = now_ns() - start;
	}
	qsort(took, count, sizeof(*took), compare);
	printf("guest-memory: a load from %zu MiB: fastest %.2f ns, median %.2f ns, sum %llx\n",
	       size >> 20, (double)took[0] / RUN, (double)took[count / 2] / RUN,
	       (unsigned long long)sum);
}

static uint64_t pattern(size_t page)
{
	return page * 0x9e3779b97f4a7c15 | 1;
}

static uint64_t physical(int pagemap, const void *address)
{
	uint64_t entry;

	if (pread(pagemap, &entry, sizeof(entry), (uintptr_t)address / PAGE * sizeof(entry)) !=
	    sizeof(entry))
		err(1, "pagemap");
	return (entry & ((1ULL << 55) - 1)) * PAGE;
}

static void report(const uint64_t *mem, size_t pages, size_t step)
{
	size_t right = 0, zero = 0, wrong = 0, i, w;

	for (i = 0; i < pages; i++) {
		const uint64_t *page = mem + i * WORDS, want = page[0] ? pattern(i) : 0;

		for (w = 0; w < WORDS && page[w] == want; w++)
			;
		if (w < WORDS || (!want && i % step))
			wrong++;
		else if (want)
			right++;
		else
			zero++;
	}
	printf("guest-memory: held: %zu right, %zu zero, %zu wrong\n", right, zero, wrong);
}

static void hold(size_t size, size_t step)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t *mem = allocate(size);
	size_t pages = size / PAGE, i, w;
	char line[64];

	step /= PAGE;
	if (pagemap < 0 || !step || mlock(mem, size))
		err(1, "hold");
	for (i = 0; i < pages; i++)
		for (w = 0; w < WORDS; w++)
			mem[i * WORDS + w] = pattern(i);
	for (i = 0; i < pages; i += step)
		printf("guest-memory: page %llx\n",
		       (unsigned long long)physical(pagemap, mem + i * WORDS));
	puts("guest-memory: all pages");
	while (fgets(line, sizeof(line), stdin)) {
		report(mem, pages, step);
		if (!strncmp(line, "back", 4))
			break;
	}
}

int main(int argc, char **argv)
{
	size_t size = argc == 4 ? strtoul(argv[2], NULL, 0) << 20 : 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (size && !strcmp(argv[1], "loads"))
		loads(size, strtoul(argv[3], NULL, 0));
	else if (size && !strcmp(argv[1], "hold"))
		hold(size, strtoul(argv[3], NULL, 0));
	else
		errx(2, "usage: guest-memory loads MIB COUNT | hold MIB STEP");
	return 0;
}
