/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the memory of a VM is in its VMM, and what holds its leaves back. */
#ifndef GSTAGE_CLI_VMS_REGIONS_H
#define GSTAGE_CLI_VMS_REGIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dump;

/* The sizes of leaves that a region counts: 4 KiB, 64 KiB, 2 MiB, and larger ones. */
enum { REGION_4K, REGION_64K, REGION_2M, REGION_1G, REGION_SIZES };

/**
 * struct region - mapped memory of a VM that is in one mapping (VMA) of the VMM, with one distance
 *	between guest physical and virtual addresses
 * @gpa: the lowest guest physical address that a leaf maps
 * @hva: its virtual address in the VMM
 * @end: the end of the highest page that a leaf maps
 * @bytes: what leaves of each size map
 * @small: pages in leaves of less than 2 MiB
 * @huge: how many of these the host has in a huge page
 * @ksm: how many of these KSM shares
 * @locked: pages that the host has in a huge page, and that small leaves map without W
 * @swapped: bytes of the mapping that are in swap
 * @vma_start: the mapping
 * @vma_end: its end
 * @file: the mapping has a file
 * @writable: the VMM can write to the mapping
 * @barred: the kernel does not give the mapping huge pages, whatever the settings of THP are
 * @advised: MADV_HUGEPAGE
 * @refused: MADV_NOHUGEPAGE
 * @device: the mapping has no ordinary memory
 */
struct region {
	uint64_t gpa, hva, end;
	uint64_t bytes[REGION_SIZES];
	uint64_t small, huge, ksm, locked, swapped;
	uint64_t vma_start, vma_end;
	bool file, writable, barred, advised, refused, device;
};

/**
 * regions_read() - find the memory of a dump in the process of the VMM
 * @process: the process
 * @dump: the dump; its runs are sorted by physical address afterwards
 * @regions: set to an array, sorted by gpa; the caller must free() it
 * @count: the number of regions
 *
 * Return: 0 or an errno.
 */
int regions_read(int process, struct dump *dump, struct region **regions, size_t *count);

#endif
