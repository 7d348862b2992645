// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measure what a VM's format costs, and what a change of format costs. This is for gstage's
 * module: the stock module has one format, which never changes.
 *
 *	formats miss	nested TLB misses, by guest paging and format
 *	formats change	widening and narrowing, by mapped size
 *	formats hold	how long a change keeps a vCPU out of the guest, compared with other exits
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "hold.h"
#include "live.h"
#include "miss.h"
#include "tap.h"
#include "vcpu.h"

#define PAGES    1024
#define TRIES    400
#define CHUNK    (128UL << 20)
#define SLOT_GPA 0x40000000ULL
#define CHANGES  51

/*
 * Run each guest in all formats by turns, so that a slow moment of the machine affects all of
 * them. A leaf of 2 MiB saves one read in each walk of the G-stage.
 */
static void misses(enum backing backing)
{
	unsigned int skipped = backing == HUGE ? 1 : 0;
	const struct format *f;
	struct miss miss[16];

	for (unsigned int p = 0; p < ARRAY_SIZE(pagings); p++) {
		if (!paging_exists(&pagings[p]))
			continue;
		for_each_format(f)
			miss_start(&miss[f->mode], f, &pagings[p], backing, PAGES);
		for (unsigned int i = 0; i < TRIES; i++)
			for_each_format(f)
				miss_try(&miss[f->mode]);
		for_each_format(f)
			printf("miss\t%s\t%s\t%s\t%u\t%.1f\n", skipped ? "2 MiB" : "4 KiB",
			       pagings[p].name, f->name,
			       (pagings[p].levels + 1) * (f->levels + 1 - skipped) - 1,
			       miss_end(&miss[f->mode]));
	}
}

static void set_live(struct vm *vm, u64 mode)
{
	int err = change_format(vm->fd, mode);

	if (err)
		bail("mode %u: %s", (unsigned int)mode, strerror(err));
}

/*
 * Make a slot that maps the same memory many times, side by side: only the size that the G-stage
 * maps matters. The memory is a memfd of huge pages, because that can be mapped many times.
 */
static char *repeated(u64 size, u64 chunk)
{
	char *mem = mem_aligned(size, SZ_1G);
	int fd = memfd_create("bench", MFD_CLOEXEC | MFD_HUGETLB);

	if (fd < 0 || ftruncate(fd, chunk))
		bail("no memory in huge pages: %s", strerror(errno));
	for (u64 at = 0; at < size; at += chunk)
		if (mmap(mem + at, chunk, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
		    MAP_FAILED)
			bail("huge pages cannot be mapped: %s", strerror(errno));
	close(fd);
	return mem;
}

/* Print the median of many changes, made while the vCPU is not in the guest. */
static void change(u64 size)
{
	const struct format *narrow = next_format(NULL), *wide = host.widest;
	u64 chunk = size < CHUNK ? size : CHUNK;
	char *mem = repeated(size, chunk);
	struct vm *vm = vm_new(narrow);
	u64 up[CHANGES], down[CHANGES];
	struct vcpu *vcpu;

	vm_slot(vm, 0, 0, SLOT_GPA, size, mem);
	vcpu = vcpu_new(vm);
	guest_fill(vcpu, SLOT_GPA, SZ_2M, size / SZ_2M, 1);
	for (unsigned int i = 0; i < CHANGES; i++) {
		u64 start = now_ns(), middle;

		set_live(vm, wide->mode);
		middle = now_ns();
		set_live(vm, narrow->mode);
		up[i] = middle - start;
		down[i] = now_ns() - middle;
	}
	printf("change\t%lu\t%lu\t%lu\t%.1f\t%.1f\n", (unsigned long)(size >> 20),
	       (unsigned long)vm_leaves(vm), (unsigned long)vm_stat(vm, "tables"),
	       median_u64(up, CHANGES) / 1e3, median_u64(down, CHANGES) / 1e3);
	vm_free(vm);
	mem_unmap(mem, size);
}

static void changes(void)
{
	static const u64 mib[] = { 16, 128, 1024, 8192, 65536 };

	if (write_text("/proc/sys/vm/nr_hugepages", "64"))
		bail("no huge pages");
	for (unsigned int i = 0; i < ARRAY_SIZE(mib); i++)
		change(mib[i] << 20);
}

int main(int argc, char **argv)
{
	host_init(600);
	if (argc == 2 && !strcmp(argv[1], "miss")) {
		misses(SMALL);
		misses(HUGE);
	} else if (argc == 2 && !strcmp(argv[1], "change")) {
		changes();
	} else if (argc == 2 && !strcmp(argv[1], "hold")) {
		holds();
	} else {
		bail("miss, change or hold");
	}
	return 0;
}
