/* SPDX-License-Identifier: GPL-2.0-only */
/* The host under test: its KVM module, its formats, its clock and its memory. */
#ifndef TESTS_KVM_HOST_H
#define TESTS_KVM_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t u32;
typedef uint64_t u64;

#define SZ_4K (4UL << 10)
#define SZ_2M (2UL << 20)
#define SZ_1G (1UL << 30)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/**
 * struct format - a G-stage page-table format
 * @mode: the value of hgatp.MODE
 * @name: the name that gstage uses
 * @gpa_bits: the width of a guest physical address
 * @levels: the number of table levels
 */
struct format {
	unsigned int mode;
	const char *name;
	unsigned int gpa_bits;
	unsigned int levels;
};

/**
 * struct host - the host under test
 * @gstage: the module is gstage, and not the stock one
 * @kvm: the fd of /dev/kvm
 * @widest: the format of a VM that does not choose one
 * @modes: the modes of hgatp.MODE that the host has, as a bit mask. This follows from the
 *	emulated CPU and from test_modes of a test build, not from what the module reports
 * @vmids: hgatp.VMID has bits
 */
struct host {
	bool gstage;
	int kvm;
	const struct format *widest;
	u64 modes;
	bool vmids;
};

extern struct host host;

/**
 * host_init() - set up the test program; every test calls it first
 * @seconds: the program ends with a failure after this time. A host that is slower says how many
 *	times as long it takes: GSTAGE_SLOWER in the environment
 */
void host_init(unsigned int seconds);

/**
 * next_format() - iterate over the formats that a VM can have on this host
 * @prev: the last format; NULL for the first one, which is the narrowest
 *
 * With the stock module there is the widest format only.
 */
const struct format *next_format(const struct format *prev);

#define for_each_format(f) for ((f) = next_format(NULL); (f); (f) = next_format(f))

/** format_end() - the limit of a format: the first gpa above its address space */
static inline u64 format_end(const struct format *f)
{
	return 1ULL << f->gpa_bits;
}

/** now_ms() - milliseconds of the monotonic clock */
u64 now_ms(void);

/** nap() - let other threads run: yield the hart, or sleep once @turns is 100 or more */
void nap(unsigned int turns);

/** keep_to() - bind this thread, and threads that it creates later, to one hart */
void keep_to(unsigned int hart);

/* Wait until @cond is true. False if it is still false after @ms milliseconds. */
#define wait_for(cond, ms)                                                                         \
	({                                                                                         \
		u64 end_ = now_ms() + (ms);                                                        \
		bool held_;                                                                        \
		for (unsigned int turns_ = 0;; turns_++) {                                         \
			held_ = (cond);                                                            \
			if (held_ || now_ms() >= end_)                                             \
				break;                                                             \
			nap(turns_);                                                               \
		}                                                                                  \
		held_;                                                                             \
	})

/** rnd() - a pseudo-random number; the sequence is the same in every run on one CPU type */
u64 rnd(void);

enum backing { SMALL, HUGE };

/**
 * mem_map() - map zeroed memory for a slot
 * @size: its size
 * @backing: SMALL: pages of 4 KiB; HUGE: transparent huge pages of 2 MiB
 *
 * The memory is aligned to 2 MiB. HUGE memory is populated. The program ends if the host does
 * not give a huge page for each 2 MiB of it.
 */
void *mem_map(size_t size, enum backing backing);

/** mem_unmap() - opposite of mem_map() */
void mem_unmap(void *mem, size_t size);

/** mem_aligned() - reserve a range of addresses, which cannot be accessed yet */
void *mem_aligned(size_t size, size_t align);

/** mem_huge_bytes() - how many bytes of a range of this process are in huge pages */
size_t mem_huge_bytes(const void *mem, size_t size);

/** host_free_pages() - the number of free pages of the host, with those on per-CPU lists */
unsigned long host_free_pages(void);

/** read_text() - read a file as a string of at most @size - 1 characters: 0, or -1 and errno */
int read_text(const char *path, char *buf, size_t size);

/** write_text() - write a string to a file: 0 or errno */
int write_text(const char *path, const char *text);

#endif
