// SPDX-License-Identifier: GPL-2.0-only
/*
 * A huge page of the host may be mapped for the guest in small leaves. It is in use if any of
 * these leaves is. The monitor is the multi-generational LRU: it asks KVM for the whole huge
 * page, and moves the page to a younger generation if it is in use.
 *
 * The stock module checks the first leaf only. With it the test asserts this defect.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"
#include "vcpu.h"

#define LRU   "/sys/kernel/debug/lru_gen"
#define GROUP "/sys/fs/cgroup/age"

/* The gpa is not aligned like the host's memory, so that there are no leaves of 2 MiB. */
#define GPA    (SZ_1G + SZ_4K)
#define CHUNKS 64
#define SIZE   (CHUNKS * SZ_2M)
#define PAGES  (SIZE / SZ_4K)

static struct vcpu *vcpu;
static unsigned int memcg;
static unsigned long youngest;

/*
 * Return: how many pages of the test's cgroup are in generation @from or younger. Also sets the
 * cgroup's number and its youngest generation.
 */
static unsigned long pages_since(unsigned long from)
{
	static char text[1 << 16];
	unsigned long pages = 0;
	bool ours = false;
	char *line, *next;

	if (read_text(LRU, text, sizeof(text)))
		bail("the host's kernel has no " LRU " (CONFIG_LRU_GEN)");
	for (line = text; line && *line; line = next) {
		unsigned long gen, age, anon;
		unsigned int id;
		char path[64];

		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (sscanf(line, "memcg %u %63s", &id, path) == 2) {
			ours = !strcmp(path, "/age");
			if (ours)
				memcg = id;
		} else if (ours && sscanf(line, " %lu %lu %lu", &gen, &age, &anon) == 3) {
			youngest = gen;
			if (gen >= from)
				pages += anon;
		}
	}
	return pages;
}

/*
 * Start a new generation. Pages that were used since the last call move to the generation that
 * was the youngest.
 */
static void new_generation(void)
{
	char text[64];
	int err;

	pages_since(0);
	snprintf(text, sizeof(text), "+ %u 0 %lu 1 1", memcg, youngest);
	err = write_text(LRU, text);
	if (err)
		bail("%s to " LRU ": %s", text, strerror(err));
}

/*
 * The guest uses one page of each huge page, in each of two generations: at first 7.0 only notes
 * that a page was used, and moves it the next time. Return: the percentage of pages that count as
 * used.
 */
static unsigned int used(unsigned int page)
{
	unsigned long last = 0;

	new_generation();
	for (unsigned int round = 0; round < 2; round++) {
		last = youngest + 1;
		if (page < SZ_2M / SZ_4K)
			guest_check(vcpu, GPA + page * SZ_4K, SZ_2M, CHUNKS, 1);
		new_generation();
	}
	return pages_since(last) * 100 / PAGES;
}

int main(void)
{
	unsigned int first, other, none;
	struct vm *vm;
	char *mem;

	host_init(100);
	if (write_text("/sys/fs/cgroup/cgroup.subtree_control", "+memory") || mkdir(GROUP, 0755) ||
	    write_text(GROUP "/cgroup.procs", "0"))
		bail("no memory cgroup");
	mem = mem_map(SIZE, HUGE);
	vm = vm_new(host.widest);
	vcpu = vcpu_new(vm);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 1);
	ok(mem_huge_bytes(mem, SIZE) == SIZE, "the host has %u huge pages, the guest %lu leaves",
	   CHUNKS, PAGES);
	/* 7.0 loses the note again if a page is in the oldest generation. So use the pages soon. */
	used(0);

	none = used(~0U);
	first = used(0);
	other = used(300);
	ok(none < 20 && first > 80,
	   "no leaf is used: %u %% count as used; the first leaf of each huge page is: %u %%", none,
	   first);
	if (host.gstage)
		ok(other > 80, "another leaf of each huge page is used: %u %% count as used",
		   other);
	else
		ok(other < 20,
		   "stock: another leaf of each huge page is used: the test finds the defect: %u %%",
		   other);
	vm_free(vm);
	write_text("/sys/fs/cgroup/cgroup.procs", "0");
	rmdir(GROUP);
	return done();
}
