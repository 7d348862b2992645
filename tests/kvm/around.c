// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault-around: a fault also maps the other pages of its window that the host has already. It
 * must not allow more access to any of them than the host and the slot do.
 *
 * With the stock module, and with gstage_fault_around=0, there is one fault for each page. This
 * shows that the test sees the difference.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "count.h"
#include "tap.h"
#include "vcpu.h"

#define GPA    SZ_1G
#define PAGES  4096
#define SIZE   (PAGES * SZ_4K)
#define WINDOW 16

#define PARAM    "/sys/module/kvm/parameters/gstage_fault_around"
#define FLASH_PA 0x20000000

static struct vm *vm;
static struct vcpu *vcpu;
static char *mem;

static u64 gpa(unsigned int page)
{
	return GPA + page * SZ_4K;
}

static u64 *host_word(unsigned int page)
{
	return (u64 *)(mem + page * SZ_4K);
}

/* Create a slot whose pages the host has already, but are not mapped for the guest. */
static void populated(u32 flags, unsigned int pages)
{
	if (!mem)
		mem = mem_map(SIZE, SMALL);
	for (unsigned int page = 0; page < PAGES; page++)
		*host_word(page) = stamp(1, gpa(page));
	vm_slot(vm, 0, flags, GPA, pages * SZ_4K, mem);
	if (host.gstage)
		count_from(vm);
}

static void drop(void)
{
	for (u32 slot = 0; slot < 2; slot++)
		set_slot(vm->fd, slot, 0, GPA, 0, mem);
	mem_unmap(mem, SIZE);
	mem = NULL;
}

/* Let the guest store to some pages. Return: the number of faults. */
static long store_faults(unsigned int first, unsigned int pages)
{
	long before = count_of(vm, "faults_4k");

	guest_fill(vcpu, gpa(first), SZ_4K, pages, 2);
	return count_of(vm, "faults_4k") - before;
}

/* Count exits, which KVM itself counts: so this part runs on the stock module too. */
static void exits(void)
{
	u64 before, after;

	populated(0, PAGES);
	before = vm_exits(vm);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 2);
	after = vm_exits(vm);
	ok(host.gstage ? after - before <= PAGES / 8 : after - before >= PAGES,
	   "%u pages that the host has already: %llu exits", PAGES,
	   (unsigned long long)(after - before));
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 2), "these pages have the right data");
	if (host.gstage)
		ok(counted(vm, "faults %u fault_around %u leaves_4k %u faults_exclusive 0",
			   PAGES / WINDOW, PAGES / WINDOW * (WINDOW - 1), PAGES),
		   "there is one fault for each %u pages", WINDOW);
	drop();
}

static void parameter(void)
{
	static const char *const bad[] = { "3", "32", "-1", "17", "text", "8 8", "\n" };
	static const unsigned int sizes[] = { 0, 2, 4, 8, 16 };
	char text[16];
	bool good = true;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		good &= is(write_text(PARAM, bad[i]), EINVAL) &&
			!read_text(PARAM, text, sizeof(text)) && !strcmp(text, "16\n");
	ok(good, "gstage_fault_around: a value that is not 0 or a power of two up to 16: EINVAL");
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned int n = sizes[i] ?: 1;

		snprintf(text, sizeof(text), "%u", sizes[i]);
		if (write_text(PARAM, text))
			bail(PARAM ": the value %s is refused", text);
		populated(0, 256);
		guest_fill(vcpu, GPA, SZ_4K, 256, 2);
		ok(counted(vm, "faults %u fault_around %u leaves_4k 256", 256 / n, 256 - 256 / n),
		   "gstage_fault_around=%s: one fault for each %u pages", text, n);
		drop();
	}
}

/* A fault must not populate memory of the host that the guest did not access. */
static void fresh(void)
{
	static unsigned char resident[PAGES];
	unsigned int there = 0;

	mem = mem_map(SIZE, SMALL);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	count_from(vm);
	guest_fill(vcpu, gpa(3), 8 * SZ_4K, 32, 2);
	if (mincore(mem, SIZE, resident))
		bail("mincore: %s", strerror(errno));
	for (unsigned int page = 0; page < PAGES; page++)
		there += resident[page] & 1;
	ok(counted(vm, "faults_4k 32 fault_around <16 leaves_4k 32") && there == 32,
	   "fresh memory: one fault for each page, and only these pages are resident (%u)", there);
	drop();
}

static void slot_ends(void)
{
	mem = mem_map(SIZE, SMALL);
	for (unsigned int page = 0; page < PAGES; page++)
		*host_word(page) = stamp(1, gpa(page));
	vm_slot(vm, 0, 0, gpa(5), 20 * SZ_4K, mem + 5 * SZ_4K);
	count_from(vm);
	guest_load(vcpu, gpa(7));
	ok(counted(vm, "faults 1 leaves_4k 11"),
	   "a slot starts inside a window: a fault maps the window from there on");
	guest_load(vcpu, gpa(20));
	ok(counted(vm, "faults 1 leaves_4k 9"),
	   "a slot ends inside a window: a fault maps the window up to there");
	ok(guest_load(vcpu, gpa(4)) == MMIO_ANSWER && guest_load(vcpu, gpa(25)) == MMIO_ANSWER &&
		   !guest_check(vcpu, gpa(5), SZ_4K, 20, 1) && counted(vm, "faults 0"),
	   "nothing outside of the slot is mapped");

	/*
	 * Two slots with different memory in one window. The first slot's memory continues after
	 * the end of the slot.
	 */
	vm_slot(vm, 0, 0, gpa(5), 0, mem);
	for (unsigned int page = 1024; page < 1024 + WINDOW; page++)
		*host_word(page) = stamp(3, gpa(page - 1024));
	vm_slot(vm, 0, 0, GPA, 8 * SZ_4K, mem);
	vm_slot(vm, 1, 0, gpa(8), 8 * SZ_4K, mem + 1032 * SZ_4K);
	count_from(vm);
	guest_load(vcpu, gpa(7));
	ok(counted(vm, "faults 1 leaves_4k 8"),
	   "two slots in one window: a fault maps pages of its own slot only");
	ok(!guest_check(vcpu, GPA, SZ_4K, 8, 1) && !guest_check(vcpu, gpa(8), SZ_4K, 8, 3) &&
		   counted(vm, "faults 1 leaves_4k 8"),
	   "two slots in one window: each has its own data");
	drop();

	/* The hva is not aligned like the gpa: two page tables of the host map one window. */
	mem = mem_map(SIZE, SMALL);
	for (unsigned int page = 0; page < PAGES; page++)
		*host_word(page) = stamp(1, gpa(page) - 507 * SZ_4K);
	vm_slot(vm, 0, 0, GPA, 512 * SZ_4K, mem + 507 * SZ_4K);
	count_from(vm);
	ok(!guest_check(vcpu, GPA, SZ_4K, 512, 1) &&
		   counted(vm, "faults %u leaves_4k 512", 512 / WINDOW),
	   "a window that two page tables of the host map: one fault");
	ok(vm_sound(vm), "the tables are sound");
	drop();
}

static void read_only(void)
{
	u64 stores = vcpu->mmio_writes;
	bool kept = true;

	populated(KVM_MEM_READONLY, WINDOW);
	guest_load(vcpu, gpa(4));
	ok(counted(vm, "faults 1 leaves_4k 16"), "a read-only slot: a fault maps the window");
	guest_fill(vcpu, GPA, SZ_4K, WINDOW, 2);
	for (unsigned int page = 0; page < WINDOW; page++)
		kept &= *host_word(page) == stamp(1, gpa(page));
	ok(vcpu->mmio_writes == stores + WINDOW && kept &&
		   !guest_check(vcpu, GPA, SZ_4K, WINDOW, 1),
	   "a read-only slot: these pages cannot be written, each store is an MMIO exit");
	drop();
}

/* Pages that a fault of another page has mapped: the first store to each must be logged. */
static void logged(void)
{
	u64 log[1];
	struct kvm_dirty_log dirty = { .slot = 0, .dirty_bitmap = log };
	bool exact = true, faulted = true;

	populated(KVM_MEM_LOG_DIRTY_PAGES, 64);
	for (unsigned int page = 0; page < 64; page += WINDOW)
		guest_load(vcpu, gpa(page + 5));
	ok(counted(vm, "faults 4 leaves_4k 64"),
	   "a slot with dirty logging: a fault maps the window");
	for (unsigned int i = 0; i < 64; i++) {
		unsigned int page = i * 29 % 64;

		guest_store(vcpu, gpa(page), i);
		faulted &= counted(vm, "faults_4k 1 leaves_4k 0");
		if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &dirty))
			bail("KVM_GET_DIRTY_LOG: %s", strerror(errno));
		exact &= log[0] == 1ULL << page;
	}
	ok(faulted && exact, "a slot with dirty logging: the first store to each page is logged");

	/* A fault by a store maps the window too, but only the page of the store is writable. */
	madvise(mem, SZ_4K * 64, MADV_DONTNEED);
	for (unsigned int page = 0; page < 64; page++)
		*host_word(page) = stamp(1, gpa(page));
	count_from(vm);
	guest_store(vcpu, gpa(2), 2);
	ok(counted(vm, "faults_4k 1 leaves_4k 16") && store_faults(0, WINDOW) == WINDOW - 1,
	   "dirty logging, a store maps the window: the first store to each other page faults");
	ioctl(vm->fd, KVM_GET_DIRTY_LOG, &dirty);
	ok(log[0] == 0xffff, "dirty logging, a store maps the window: all these stores are logged");
	drop();
}

/* A fault does not map pages that the host has aged, so that the host sees when they are used. */
static void aged(void)
{
	populated(0, 64);
	if (madvise(mem, 64 * SZ_4K, MADV_COLD))
		bail("MADV_COLD: %s", strerror(errno));
	guest_load(vcpu, gpa(3));
	ok(counted(vm, "faults_4k 1 fault_around 0 leaves_4k 1"),
	   "a fault does not map pages that the host has aged");
	for (unsigned int page = WINDOW; page < 2 * WINDOW; page += 2)
		*host_word(page) = stamp(1, gpa(page));
	guest_load(vcpu, gpa(WINDOW));
	ok(counted(vm, "faults_4k 1 leaves_4k 8"),
	   "a fault maps aged pages that the host has used since");
	ok(!guest_check(vcpu, GPA, SZ_4K, 2 * WINDOW, 1) &&
		   counted(vm, "faults_4k 23 leaves_4k 23"),
	   "each other aged page has a fault of its own");
	drop();
}

/* The host takes access away from pages that a fault of another page has mapped. */
static void taken(void)
{
	u64 efaults = vcpu->efaults;

	populated(0, WINDOW);
	guest_load(vcpu, gpa(0));
	madvise(mem + 3 * SZ_4K, SZ_4K, MADV_DONTNEED);
	ok(counted(vm, "leaves_4k 15") && guest_load(vcpu, gpa(3)) == 0,
	   "MADV_DONTNEED of a page that fault-around mapped: it is zero");
	mprotect(mem + 5 * SZ_4K, SZ_4K, PROT_READ);
	guest_store(vcpu, gpa(5), 7);
	ok(vcpu->efaults == efaults + 1 && *host_word(5) == stamp(1, gpa(5)),
	   "PROT_READ of a page that fault-around mapped: it cannot be written");
	mprotect(mem + 6 * SZ_4K, SZ_4K, PROT_NONE);
	ok(guest_load(vcpu, gpa(6)) == NO_ACCESS,
	   "PROT_NONE of a page that fault-around mapped: it cannot be read");
	munmap(mem + 7 * SZ_4K, SZ_4K);
	ok(guest_load(vcpu, gpa(7)) == NO_ACCESS,
	   "munmap of a page that fault-around mapped: it cannot be read");
	ok(!guest_check(vcpu, gpa(8), SZ_4K, 8, 1), "the other pages keep their data");
	drop();
}

/* The host allows less access to some pages of a window before the first fault. */
static void less(void)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	u64 efaults = vcpu->efaults;
	char *flash;

	populated(0, WINDOW);
	mprotect(mem + 2 * SZ_4K, SZ_4K, PROT_READ);
	mprotect(mem + 3 * SZ_4K, SZ_4K, PROT_NONE);
	munmap(mem + 4 * SZ_4K, SZ_4K);
	flash = mmap(mem + 8 * SZ_4K, 8 * SZ_4K, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		     FLASH_PA);
	if (flash == MAP_FAILED)
		bail("/dev/mem: %s", strerror(errno));
	(void)*(volatile u32 *)flash;
	count_from(vm);
	guest_store(vcpu, gpa(0), 1);
	ok(counted(vm, "faults_4k 1 leaves_4k 6"),
	   "a fault does not map pages that are PROT_NONE, not mapped in the host, or a device's");
	guest_store(vcpu, gpa(2), 1);
	ok(vcpu->efaults == efaults + 1 && *host_word(2) == stamp(1, gpa(2)) &&
		   guest_load(vcpu, gpa(2)) == stamp(1, gpa(2)),
	   "a page that is PROT_READ can be read, but not written");
	ok(guest_load(vcpu, gpa(3)) == NO_ACCESS && guest_load(vcpu, gpa(4)) == NO_ACCESS,
	   "a page that is PROT_NONE or not mapped in the host cannot be read");
	count_from(vm);
	ok((u32)guest_load(vcpu, gpa(9)) == *(volatile u32 *)(flash + SZ_4K) &&
		   counted(vm, "faults_4k 1 leaves_4k 1"),
	   "a fault on a device's page maps no other page");
	close(fd);
	drop();
}

/* Pages of a file that the host has only read. The first store must make them dirty in the file. */
static void clean(void)
{
	int fd = memfd_create("around", MFD_CLOEXEC);
	bool right = true;

	populated(0, WINDOW);
	/* Do not write to the file: newer kernels map a dirty page of a file with a dirty PTE. */
	if (fd < 0 || ftruncate(fd, SIZE) ||
	    mmap(mem, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != mem)
		bail("memfd: %s", strerror(errno));
	for (unsigned int page = 0; page < WINDOW; page++)
		right &= *(volatile u64 *)host_word(page) == 0;
	count_from(vm);
	guest_load(vcpu, gpa(0));
	ok(right && counted(vm, "faults_4k 1 leaves_4k 16"), "a fault maps clean pages of a file");
	ok(store_faults(1, WINDOW - 1) == WINDOW - 1,
	   "clean pages of a file: the first store to each is a fault");
	for (unsigned int page = 1; page < WINDOW; page++)
		right &= *host_word(page) == stamp(2, gpa(page));
	/* The page that was loaded may be read-only still: 6.6 maps it so, 6.12 does not. */
	ok(right && store_faults(0, 1) <= 1 && store_faults(0, WINDOW) == 0,
	   "clean pages of a file: the file has the stores");
	close(fd);
	drop();
}

/* Pages that are shared until a write: with a child after a fork, and by KSM. */
static void shared(void)
{
	u64 theirs = 0;
	struct iovec to = { &theirs, 8 }, from = { NULL, 8 };
	char text[16] = "0";
	bool kept = true;
	pid_t child;

	populated(0, WINDOW);
	guest_load(vcpu, gpa(0));
	child = fork();
	while (!child)
		pause();
	vcpu_warm(vcpu);
	count_from(vm);
	guest_load(vcpu, gpa(0));
	ok(counted(vm, "faults_4k 1 leaves_4k 16"), "after a fork a fault maps the window");
	guest_fill(vcpu, GPA, SZ_4K, WINDOW, 2);
	for (unsigned int page = 0; page < WINDOW; page++) {
		from.iov_base = host_word(page);
		kept &= process_vm_readv(child, &to, 1, &from, 1, 0) == 8 &&
			theirs == stamp(1, gpa(page));
		kept &= *host_word(page) == stamp(2, gpa(page));
	}
	ok(kept, "after a fork the guest's stores do not change the child's pages");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	drop();

	populated(0, WINDOW);
	memcpy(host_word(5), host_word(3), SZ_4K);
	madvise(mem, WINDOW * SZ_4K, MADV_MERGEABLE);
	write_text("/sys/kernel/mm/ksm/sleep_millisecs", "1");
	write_text("/sys/kernel/mm/ksm/run", "1");
	if (!wait_for(!read_text("/sys/kernel/mm/ksm/pages_sharing", text, sizeof(text)) &&
			      atoi(text),
		      20000))
		bail("KSM did not merge the two pages in 20 seconds");
	write_text("/sys/kernel/mm/ksm/run", "0");
	count_from(vm);
	guest_load(vcpu, gpa(0));
	ok(counted(vm, "faults_4k 1 leaves_4k 16"), "a fault maps pages that KSM has merged");
	guest_store(vcpu, gpa(3), 3);
	ok(counted(vm, "faults_4k 1") && *host_word(3) == 3 && *host_word(5) == stamp(1, gpa(3)) &&
		   guest_load(vcpu, gpa(5)) == stamp(1, gpa(3)),
	   "a store to one of two merged pages does not change the other");
	ok(vm_sound(vm), "the tables are sound");
	drop();
}

int main(void)
{
	/* The first part runs on the stock module too. */
	static void (*const parts[])(void) = {
		exits, parameter, fresh, slot_ends, read_only, logged,
		aged,  taken,     less,  clean,     shared,
	};

	host_init(100);
	vm = vm_new(host.widest);
	vcpu = vcpu_new(vm);
	vcpu_warm(vcpu);
	for (unsigned int i = 0; i < (host.gstage ? ARRAY_SIZE(parts) : 1); i++)
		parts[i]();
	vm_free(vm);
	if (host.gstage)
		ok(!tables_live(), "no tables are left");
	return done();
}
