// SPDX-License-Identifier: GPL-2.0-only
/*
 * The size of leaves. A leaf is as large as the host's page and the slot allow. It is split when
 * this is necessary. The test also covers read-only slots.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"
#include "vcpu.h"

#define GPA   SZ_1G
#define SIZE  (4 * SZ_2M)
#define PAGES (SIZE / SZ_4K)
/* The pages that one fault maps if the host has them: the default of gstage_fault_around. */
#define WINDOW 16

static struct vm *vm;
static struct vcpu *vcpu;
static const char *name;

/* The numbers of leaves and faults at the last look. */
static struct count {
	u64 small, large, faults;
} base;

static struct count look(void)
{
	/* With Svnapot, 16 pages may have one leaf of 64 KiB. */
	u64 small = vm_stat(vm, "leaves_4k") + 16 * vm_stat(vm, "leaves_64k");

	return (struct count){ small, vm_stat(vm, "leaves_2m"), vm_stat(vm, "faults") };
}

/* Have the numbers changed by this much since the last look? @faults is -1 for any number. */
static bool grew(long small, long large, long faults)
{
	struct count now = look();
	long ds = now.small - base.small, dl = now.large - base.large;
	long df = now.faults - base.faults;

	base = now;
	/* The guest's own accesses to its mailbox may fault too, when the host moves pages. */
	if (ds == small && dl == large && (faults < 0 || df == faults))
		return true;
	diag("%ld 4 KiB leaves, %ld 2 MiB leaves, %ld faults; expected %ld, %ld, %ld", ds, dl, df,
	     small, large, faults);
	return false;
}

/* Create a slot, and let the guest store to all its pages. */
static void fill(u64 gpa, char *mem, u64 size)
{
	vm_slot(vm, 0, 0, gpa, size, mem);
	base = look();
	guest_fill(vcpu, gpa, SZ_4K, size / SZ_4K, 1);
}

static void drop(u64 gpa, char *mem)
{
	vm_slot(vm, 0, 0, gpa, 0, mem);
}

static void huge(void)
{
	char *mem = mem_map(SIZE, HUGE);
	u64 log[PAGES / 64];
	struct kvm_dirty_log dirty = { .slot = 0, .dirty_bitmap = log };

	fill(GPA, mem, SIZE);
	ok(grew(0, SIZE / SZ_2M, SIZE / SZ_2M),
	   "%s: transparent huge pages have 2 MiB leaves, one fault each", name);
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 1) && grew(0, 0, 0),
	   "%s: transparent huge pages: no fault after that", name);

	/* The host may unmap the whole huge page to split it. */
	madvise(mem + SZ_2M + 5 * SZ_4K, SZ_4K, MADV_DONTNEED);
	ok(guest_load(vcpu, GPA + SZ_2M + 5 * SZ_4K) == 0 &&
		   !guest_check(vcpu, GPA, SZ_4K, 512 + 5, 1) &&
		   !guest_check(vcpu, GPA + SZ_2M + 6 * SZ_4K, SZ_4K, PAGES - 512 - 6, 1) &&
		   grew(512, -1, -1),
	   "%s: a page of a huge page is dropped: 4 KiB leaves in this one only", name);
	ok(vm_sound(vm), "%s: a page of a huge page is dropped: the tables are sound", name);
	madvise(mem, SIZE, MADV_DONTNEED);
	ok(grew(-512, 1 - (long)(SIZE / SZ_2M), -1), "%s: all pages are dropped: no leaves", name);
	/* Use small pages in one chunk of 2 MiB. */
	madvise(mem + SZ_2M, SZ_2M, MADV_NOHUGEPAGE);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 2);
	ok(grew(512, SIZE / SZ_2M - 1, -1),
	   "%s: the guest uses them again: 2 MiB leaves where the host has huge pages", name);
	if (madvise(mem + SZ_2M, SZ_2M, MADV_HUGEPAGE) ||
	    madvise(mem + SZ_2M, SZ_2M, MADV_COLLAPSE))
		bail("MADV_COLLAPSE: %s", strerror(errno));
	ok(grew(-512, 0, 0) && !guest_check(vcpu, GPA, SZ_4K, PAGES, 2) && grew(0, 1, 1),
	   "%s: MADV_COLLAPSE: a 2 MiB leaf with the same data", name);

	/* Dirty logging needs small leaves. It splits the large ones when it starts. */
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	ok(grew(PAGES, -(long)(SIZE / SZ_2M), 0),
	   "%s: dirty logging splits 2 MiB leaves without a fault", name);
	guest_store(vcpu, GPA + SZ_2M + 7 * SZ_4K, 7);
	ok(grew(0, 0, 1), "%s: dirty logging: the first store to a page faults once", name);
	ok(guest_load(vcpu, GPA + SZ_2M + 7 * SZ_4K) == 7 &&
		   !guest_check(vcpu, GPA, SZ_4K, 512 + 7, 2) &&
		   !guest_check(vcpu, GPA + SZ_2M + 8 * SZ_4K, SZ_4K, PAGES - 512 - 8, 2) &&
		   grew(0, 0, 0),
	   "%s: dirty logging: the other pages stay mapped", name);
	if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &dirty))
		bail("KVM_GET_DIRTY_LOG: %s", strerror(errno));
	ok(log[8] == 1 << 7, "%s: dirty logging: this one page is dirty", name);
	ok(vm_sound(vm), "%s: dirty logging: the tables are sound", name);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	ok(grew(-(long)PAGES, SIZE / SZ_2M, 0), "%s: logging stops: the 2 MiB leaves come back",
	   name);
	guest_store(vcpu, GPA + SZ_2M + 7 * SZ_4K, stamp(2, GPA + SZ_2M + 7 * SZ_4K));
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 2) && grew(0, 0, 0) && vm_sound(vm),
	   "%s: logging stops: these leaves are writable and have their data", name);
	drop(GPA, mem);
	mem_unmap(mem, SIZE);
}

/* Slots whose gpa is not aligned like their memory, and slots that have parts of huge pages. */
static void askew(void)
{
	char *mem = mem_map(SIZE + SZ_2M, HUGE);

	fill(GPA + SZ_4K, mem, SIZE);
	ok(grew(PAGES, 0, PAGES / WINDOW + 1),
	   "%s: gpa and hva that differ modulo 2 MiB: 4 KiB leaves, a fault for each 64 KiB", name);
	ok(!guest_check(vcpu, GPA + SZ_4K, SZ_4K, PAGES, 1) && vm_sound(vm),
	   "%s: gpa and hva that differ modulo 2 MiB: the data is right", name);
	drop(GPA + SZ_4K, mem);

	fill(GPA + 3 * SZ_4K, mem + 3 * SZ_4K, SIZE);
	ok(grew(512, SIZE / SZ_2M - 1, -1),
	   "%s: a slot that has parts of huge pages at its ends: 4 KiB leaves only there", name);
	ok(!guest_check(vcpu, GPA + 3 * SZ_4K, SZ_4K, PAGES, 1) &&
		   guest_load(vcpu, GPA + 2 * SZ_4K) == MMIO_ANSWER &&
		   guest_load(vcpu, GPA + 3 * SZ_4K + SIZE) == MMIO_ANSWER,
	   "%s: such a slot: nothing outside of the slot is mapped", name);
	ok(vm_sound(vm), "%s: such a slot: the tables are sound", name);
	drop(GPA + 3 * SZ_4K, mem);

	fill(GPA, mem, SZ_2M - SZ_4K);
	ok(grew(511, 0, 512 / WINDOW), "%s: a slot smaller than a huge page: 4 KiB leaves", name);
	drop(GPA, mem);
	mem_unmap(mem, SIZE + SZ_2M);
}

static void small(void)
{
	char *mem = mem_map(SIZE, SMALL);

	fill(GPA, mem, SIZE);
	ok(grew(PAGES, 0, PAGES), "%s: small pages have 4 KiB leaves, one fault each", name);
	madvise(mem + SZ_2M, SZ_4K, MADV_DONTNEED);
	ok(grew(-1, 0, 0), "%s: one small page is dropped: one leaf less", name);
	drop(GPA, mem);
	ok(grew(1 - (long)PAGES, 0, 0), "%s: the slot is deleted: no leaves", name);
	mem_unmap(mem, SIZE);
}

static void hugetlb(void)
{
	char *mem, text[32];
	int err = write_text("/proc/sys/vm/nr_hugepages", "4\n");

	if (err || read_text("/proc/sys/vm/nr_hugepages", text, sizeof(text)) || text[0] != '4')
		bail("the host cannot reserve 4 huge pages");
	mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB,
		   -1, 0);
	if (mem == MAP_FAILED)
		bail("MAP_HUGETLB: %s", strerror(errno));
	fill(GPA, mem, SIZE);
	ok(grew(0, SIZE / SZ_2M, SIZE / SZ_2M), "%s: hugetlbfs pages have 2 MiB leaves", name);
	ok(*(u64 *)(mem + SIZE - SZ_4K) == stamp(1, GPA + SIZE - SZ_4K) &&
		   !guest_check(vcpu, GPA, SZ_4K, PAGES, 1),
	   "%s: hugetlbfs pages: the data is right", name);
	madvise(mem + SZ_2M, SZ_2M, MADV_DONTNEED);
	ok(grew(0, -1, 0) && guest_load(vcpu, GPA + SZ_2M) == 0 && grew(0, 1, 1),
	   "%s: a hugetlbfs page is dropped and mapped again", name);
	ok(vm_sound(vm), "%s: hugetlbfs pages: the tables are sound", name);
	munmap(mem, SZ_2M);
	ok(grew(0, -1, 0), "%s: munmap of a hugetlbfs page removes its leaf", name);
	drop(GPA, mem);
	munmap(mem + SZ_2M, SIZE - SZ_2M);
	write_text("/proc/sys/vm/nr_hugepages", "0\n");
}

/* In a read-only slot loads work. Stores are MMIO exits and change nothing. */
static void read_only(enum backing backing)
{
	const char *pages = backing == HUGE ? "huge" : "small";
	char *mem = mem_map(SIZE, backing);
	u64 stores = vcpu->mmio_writes, loads = vcpu->mmio_reads;
	bool good = true;

	for (u64 at = 0; at < SIZE; at += SZ_4K)
		*(u64 *)(mem + at) = stamp(3, GPA + at);
	vm_slot(vm, 0, KVM_MEM_READONLY, GPA, SIZE, mem);
	base = look();
	good = !guest_check(vcpu, GPA, SZ_4K, PAGES, 3) && vcpu->mmio_reads == loads;
	ok(good, "%s: a read-only slot of %s pages can be read", name, pages);
	ok(backing == HUGE ? grew(0, SIZE / SZ_2M, -1) : grew(PAGES, 0, -1),
	   "%s: a read-only slot of %s pages has leaves of that size", name, pages);

	guest_fill(vcpu, GPA, SIZE / 8, 8, 4);
	ok(vcpu->mmio_writes == stores + 8 && vcpu->mmio_addr == GPA + SIZE / 8 * 7 &&
		   vcpu->mmio_data == stamp(4, vcpu->mmio_addr),
	   "%s: each store to a read-only slot is an MMIO exit", name);
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 3),
	   "%s: a store to a read-only slot changes nothing", name);

	/* The same for a page that is not mapped yet. */
	madvise(mem, SIZE, MADV_DONTNEED);
	guest_store(vcpu, GPA + SZ_2M, 5);
	ok(vcpu->mmio_writes == stores + 9 && guest_load(vcpu, GPA + SZ_2M) == 0,
	   "%s: a store to an unmapped page of a read-only slot is an MMIO exit", name);
	ok(vm_sound(vm), "%s: a read-only slot of %s pages: the tables are sound", name, pages);
	drop(GPA, mem);

	/* Memory that the VMM itself cannot write. */
	mprotect(mem, SIZE, PROT_READ);
	ok(set_slot(vm->fd, 0, 0, GPA, SIZE, mem) == EPERM &&
		   !set_slot(vm->fd, 0, KVM_MEM_READONLY, GPA, SIZE, mem),
	   "%s: memory that is not writable is accepted for a read-only slot only", name);
	ok(guest_load(vcpu, GPA + SZ_2M) == 0, "%s: such a slot can be read", name);
	drop(GPA, mem);
	mem_unmap(mem, SIZE);
}

int main(void)
{
	const struct format *f;

	host_init(100);
	for_each_format(f) {
		vm = vm_new(f);
		vcpu = vcpu_new(vm);
		name = f->name;
		/* From here on the mailbox and the program are mapped. */
		guest_load(vcpu, CONTROL_GPA);
		guest_check(vcpu, CONTROL_GPA, 0, 0, 0);
		huge();
		askew();
		small();
		hugetlb();
		read_only(SMALL);
		read_only(HUGE);
		vm_free(vm);
	}
	ok(!tables_live(), "no tables are left");
	return done();
}
