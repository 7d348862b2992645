/* SPDX-License-Identifier: GPL-2.0-only */
/* The host under test: its module, its formats, its clock, its memory. */
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
 * @mode: its hgatp.MODE
 * @name: as gstage writes it
 * @gpa_bits: width of the guest's physical address space
 * @levels: levels of tables
 */
struct format {
	unsigned int mode;
	const char *name;
	unsigned int gpa_bits;
	unsigned int levels;
};

/**
 * struct host - what is tested
 * @gstage: the module is ours, and not the stock one
 * @kvm: /dev/kvm
 * @widest: the format that a VM gets which does not choose
 * @modes: bit mask of hgatp.MODE: what the emulated CPU was given, and a test
 *	build's test_modes; it is not what the module says
 */
struct host {
	bool gstage;
	int kvm;
	const struct format *widest;
	u64 modes;
};

extern struct host host;

/**
 * host_init() - first call of every test
 * @seconds: after so long the program gives up
 */
void host_init(unsigned int seconds);

/**
 * next_format() - iterate over the formats that VMs can be given here
 * @prev: NULL for the first, the narrowest
 *
 * The stock module gives the widest only.
 */
const struct format *next_format(const struct format *prev);

#define for_each_format(f) for ((f) = next_format(NULL); (f); (f) = next_format(f))

/** format_end() - the first gpa that the format cannot hold */
static inline u64 format_end(const struct format *f)
{
	return 1ULL << f->gpa_bits;
}

/** now_ms() - monotonic milliseconds */
u64 now_ms(void);

/** nap() - let others run for a moment, and for longer the more @turns one has waited */
void nap(unsigned int turns);

/** keep_to() - let this thread run on one hart alone; the threads that it makes, too */
void keep_to(unsigned int hart);

/* Wait until @cond holds. False after @ms milliseconds. */
#define wait_for(cond, ms)                                   \
	({                                                   \
		u64 end_ = now_ms() + (ms);                  \
		bool held_;                                  \
		for (unsigned int turns_ = 0;; turns_++) {   \
			held_ = (cond);                      \
			if (held_ || now_ms() >= end_)       \
				break;                       \
			nap(turns_);                         \
		}                                            \
		held_;                                       \
	})

/** rnd() - pseudo-random numbers, the same in every run on one CPU */
u64 rnd(void);

enum backing { SMALL, HUGE };

/**
 * mem_map() - memory for a slot, zero, of 4 KiB or of transparent huge pages
 *
 * Aligned to 2 MiB. HUGE memory is populated, and the host is made to have as
 * many huge pages as there should be: if not, the program ends.
 */
void *mem_map(size_t size, enum backing backing);

/** mem_unmap() - opposite of mem_map() */
void mem_unmap(void *mem, size_t size);

/** mem_aligned() - reserve a range of addresses with nothing in it */
void *mem_aligned(size_t size, size_t align);

/** mem_huge_bytes() - how much of a range of ours is in huge pages of the host */
size_t mem_huge_bytes(const void *mem, size_t size);

/** host_free_pages() - the host's free pages, those on per-CPU lists too */
unsigned long host_free_pages(void);

/** read_text() - a file, as a string of at most @size - 1 characters; -1 without it */
int read_text(const char *path, char *buf, size_t size);

/** write_text() - write a string to a file: 0 or errno */
int write_text(const char *path, const char *text);

#endif
