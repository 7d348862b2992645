// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaves of 64 KiB. There is such a leaf if the host has Svnapot and the memory has 64 KiB of
 * contiguous pages. Without Svnapot the same memory has leaves of 4 KiB only.
 *
 *	napot [svnapot]		svnapot: the host has Svnapot
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "age.h"
#include "count.h"
#include "tap.h"
#include "vcpu.h"

#define GPA    SZ_1G
#define SZ_64K (16 * SZ_4K)
#define COUNT  24
#define SIZE   (COUNT * SZ_64K)
#define PAGES  (SIZE / SZ_4K)

#define MTHP "/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled"
#define TLB  "/sys/kernel/mm/hugepages/hugepages-64kB/nr_hugepages"

static bool svnapot;
static struct vm *vm;
static struct vcpu *vcpu;
static char *mem;
static const char *what;

static u64 gpa(unsigned int page)
{
	return GPA + page * SZ_4K;
}

static u64 *host_word(unsigned int page)
{
	return (u64 *)(mem + page * SZ_4K);
}

/* Memory that the host has in transparent huge pages of 64 KiB. */
static char *map_mthp(void)
{
	mem = mem_aligned(SIZE, SZ_2M);
	/* It is less than 2 MiB, so that no page is larger than 64 KiB. */
	if (mmap(mem, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) != mem)
		bail("mmap: %s", strerror(errno));
	madvise(mem, SIZE, MADV_HUGEPAGE);
	return mem;
}

static char *map_hugetlb(void)
{
	mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (16 << MAP_HUGE_SHIFT), -1, 0);
	if (mem == MAP_FAILED)
		bail("hugetlbfs of 64 KiB: %s", strerror(errno));
	return mem;
}

static void reserve(void)
{
	char text[32];

	if (write_text(TLB, "40") || read_text(TLB, text, sizeof(text)) || atoi(text) != 40)
		bail("the host cannot reserve 40 hugetlbfs pages of 64 KiB");
}

static void populate(char *(*map)(void), u32 flags)
{
	map();
	for (unsigned int page = 0; page < PAGES; page++)
		*host_word(page) = stamp(1, gpa(page));
	vm_slot(vm, 0, flags, GPA, SIZE, mem);
	count_from(vm);
}

static void drop(void)
{
	vm_slot(vm, 0, 0, GPA, 0, mem);
	munmap(mem, SIZE);
}

/*
 * Has the VM this many more leaves of 64 KiB, and this many more pages in leaves of 4 KiB? Without
 * Svnapot all of these pages are in leaves of 4 KiB.
 */
static bool mapped(long napots, long pages)
{
	if (!svnapot)
		return counted(vm, "leaves_64k 0 leaves_4k %ld", 16 * napots + pages);
	return counted(vm, "leaves_64k %ld leaves_4k %ld", napots, pages);
}

static void whole(char *(*map)(void), bool tlb)
{
	populate(map, 0);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 2);
	ok(svnapot ? counted(vm, "faults_64k %u faults_4k 0 leaves_64k %u leaves_4k 0", COUNT,
			     COUNT) :
		     counted(vm, "faults_64k 0 leaves_64k 0 leaves_4k %lu", PAGES),
	   "%s: %s", what, svnapot ? "leaves of 64 KiB, one fault each" : "no leaves of 64 KiB");
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 2) &&
		   *host_word(PAGES - 1) == stamp(2, gpa(PAGES - 1)) && counted(vm, "faults 0"),
	   "%s: the data is right", what);
	ok(vm_sound(vm), "%s: the tables are sound", what);

	/* The host drops or protects one page of a leaf. The other pages must not change. */
	if (!tlb) {
		madvise(mem + 19 * SZ_4K, SZ_4K, MADV_DONTNEED);
		ok(guest_load(vcpu, gpa(19)) == 0 && !guest_check(vcpu, gpa(16), SZ_4K, 3, 2) &&
			   !guest_check(vcpu, gpa(20), SZ_4K, 12, 2),
		   "%s: one page is dropped: it is zero, and the other pages keep their data",
		   what);
		ok(mapped(-1, 16), "%s: one page is dropped: the others have 4 KiB leaves", what);
		mprotect(mem + 37 * SZ_4K, SZ_4K, PROT_READ);
		u64 efaults = vcpu->efaults;

		guest_fill(vcpu, gpa(32), SZ_4K, 16, 3);
		ok(vcpu->efaults == efaults + 1 && *host_word(37) == stamp(2, gpa(37)) &&
			   *host_word(38) == stamp(3, gpa(38)),
		   "%s: one page is write-protected: the other pages can be written", what);
		mprotect(mem + 37 * SZ_4K, SZ_4K, PROT_READ | PROT_WRITE);
		guest_fill(vcpu, gpa(32), SZ_4K, 16, 2);
		ok(vm_sound(vm), "%s: after these changes the tables are sound", what);
	}
	count_from(vm);
	madvise(mem + 8 * SZ_64K, 8 * SZ_64K, MADV_DONTNEED);
	ok(mapped(-8, 0) && guest_load(vcpu, gpa(8 * 16 + 5)) == 0 &&
		   !guest_check(vcpu, gpa(16 * 16), SZ_4K, PAGES - 16 * 16, 2),
	   "%s: whole leaves of 64 KiB are dropped", what);
	drop();
	ok(vm_sound(vm), "%s: the slot is deleted: the tables are sound", what);
}

/* There is no leaf of 64 KiB where the slot ends inside it, or where the gpa is not aligned. */
static void askew(char *(*map)(void))
{
	populate(map, 0);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	vm_slot(vm, 0, 0, gpa(4), SIZE - 8 * SZ_4K, mem + 4 * SZ_4K);
	count_from(vm);
	guest_check(vcpu, gpa(4), SZ_4K, PAGES - 8, 1);
	ok(mapped(COUNT - 2, 24) && guest_load(vcpu, gpa(3)) == MMIO_ANSWER &&
		   guest_load(vcpu, gpa(PAGES - 4)) == MMIO_ANSWER,
	   "%s: a slot that has parts of them at its ends: 4 KiB leaves there", what);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	vm_slot(vm, 0, 0, gpa(1), SIZE, mem);
	count_from(vm);
	guest_load(vcpu, gpa(1));
	guest_fill(vcpu, gpa(1), SZ_4K, PAGES, 2);
	ok(counted(vm, "leaves_64k 0 leaves_4k %lu", PAGES) &&
		   !guest_check(vcpu, gpa(1), SZ_4K, PAGES, 2),
	   "%s: gpa and hva that differ modulo 64 KiB: no leaves of 64 KiB", what);
	drop();
}

static void logged(char *(*map)(void))
{
	static u64 log[PAGES / 64];
	struct kvm_dirty_log dirty = { .slot = 0, .dirty_bitmap = log };
	bool exact = true;

	populate(map, 0);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 2);
	mapped(COUNT, 0);
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	for (unsigned int i = 0; i < 64; i++) {
		unsigned int page = i * 37 % PAGES;

		guest_store(vcpu, gpa(page), i);
		if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &dirty))
			bail("KVM_GET_DIRTY_LOG: %s", strerror(errno));
		for (unsigned int w = 0; w < PAGES / 64; w++)
			exact &= log[w] == (w == page / 64 ? 1ull << page % 64 : 0);
	}
	ok(exact && counted(vm, "faults_4k 64 faults_64k 0"),
	   "%s: dirty logging: each first store to a page faults and is logged", what);
	for (unsigned int i = 0; i < 64; i++)
		exact &= *host_word(i * 37 % PAGES) == i;
	ok(exact && vm_sound(vm), "%s: dirty logging: each store is in its page of the host", what);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 3);
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 3) && *host_word(77) == stamp(3, gpa(77)) &&
		   vm_sound(vm),
	   "%s: after dirty logging the data is right", what);
	drop();
}

/* The guest uses the pages while the host monitors which pages are in use. */
static void aged(char *(*map)(void))
{
	size_t size = SIZE;
	u64 passes, events;

	populate(map, 0);
	vcpu_start(vcpu);
	for (unsigned int page = 0; page < PAGES; page++)
		vcpu->list[page] = gpa(page);
	vcpu->box->count = PAGES;
	vcpu->box->tag = 0;
	vcpu_do(vcpu, OP_LIST_FILL);
	vcpu_post(vcpu, OP_LIST_RENEW);
	age_start((void *const *)&mem, &size, 1);
	wait_for(vcpu->box->passes > 20, 20000);
	usleep(500000);
	events = age_stop();
	passes = vcpu->box->passes;
	vcpu_halt(vcpu);
	vcpu_stop(vcpu);
	ok(events && passes > 20 && !vcpu->box->result && vm_sound(vm),
	   "%s: %llu agings during %llu passes of the guest: the guest does not notice", what,
	   (unsigned long long)events, (unsigned long long)passes);
	drop();
}

/* The stock module knows pages of 4 KiB, 2 MiB and 1 GiB only. Each access here is EFAULT. */
static void stock(void)
{
	u64 wrong;

	map_hugetlb();
	for (unsigned int page = 0; page < PAGES; page++)
		*host_word(page) = stamp(1, gpa(page));
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	wrong = guest_check(vcpu, GPA, SZ_4K, PAGES, 1);
	ok(wrong == PAGES && vcpu->efaults == PAGES,
	   "stock: hugetlbfs pages of 64 KiB: each access is EFAULT");
}

int main(int argc, char **argv)
{
	host_init(100);
	svnapot = argc > 1 && !strcmp(argv[1], "svnapot");
	if (write_text(MTHP, "always"))
		bail("the host's kernel has no transparent huge pages of 64 KiB");
	vm = vm_new(host.widest);
	vcpu = vcpu_new(vm);
	vcpu_warm(vcpu);
	if (!host.gstage) {
		reserve();
		stock();
		return done();
	}
	what = "transparent pages of 64 KiB";
	whole(map_mthp, false);
	askew(map_mthp);
	logged(map_mthp);
	aged(map_mthp);

	/* hugetlbfs has pages of 64 KiB only if the host has Svnapot. */
	ok(!access(TLB, W_OK) == svnapot, "the kernel %s hugetlbfs pages of 64 KiB",
	   svnapot ? "has" : "has no");
	if (svnapot) {
		reserve();
		what = "hugetlbfs pages of 64 KiB";
		whole(map_hugetlb, true);
		askew(map_hugetlb);
		logged(map_hugetlb);
	}
	vm_free(vm);
	ok(!tables_live(), "no tables are left");
	return done();
}
