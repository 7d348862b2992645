// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Memory for tables.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "mem.h"

struct mem mem;

void mem_init(void)
{
	const uint64_t align = 1 << 21;
	char *start = mmap(NULL, MEM_BYTES + align, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (start == MAP_FAILED) {
		perror("mmap of the memory for tables");
		exit(2);
	}
	mem.start = (char *)(((uintptr_t)start + align - 1) & ~(align - 1));
	mem.offset = (uintptr_t)mem.start - MEM_PA;
}

void mem_reset(void)
{
	if (madvise(mem.start, MEM_BYTES, MADV_DONTNEED)) {
		perror("madvise of the memory for tables");
		exit(2);
	}
	mem.next = 0;
}
