// SPDX-License-Identifier: GPL-2.0-only
/*
 * What dirty logging costs, in counts. Leaves are split when it starts, the first store to a page
 * is one fault, and large leaves come back when it stops. dirty.c checks the contents of the log.
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
#include "trace.h"
#include "vcpu.h"

#define GPA    SZ_1G
#define CHUNKS 4
#define SIZE   (CHUNKS * SZ_2M)
#define PAGES  (SIZE / SZ_4K)

#define EAGER    "/sys/module/kvm/parameters/eager_page_split"
#define FAIL_NTH "/sys/module/kvm/parameters/test_fail_nth"

static struct vm *vm;
static struct vcpu *vcpu;
static char *mem;
static u64 map[PAGES / 64];

static u64 gpa(unsigned int page)
{
	return GPA + page * SZ_4K;
}

static void begin(enum backing backing, u64 manual)
{
	vm = vm_new(host.widest);
	vcpu = vcpu_new(vm);
	if (manual && enable_cap(vm->fd, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, 0, manual, 0, 0, 0))
		bail("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: %s", strerror(errno));
	mem = mem_map(SIZE, backing);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 1);
	vcpu_warm(vcpu);
	count_from(vm);
}

static void end(void)
{
	ok(vm_sound(vm), "the tables are sound");
	vm_free(vm);
	mem_unmap(mem, SIZE);
}

static void logging(bool on)
{
	vm_slot(vm, 0, on ? KVM_MEM_LOG_DIRTY_PAGES : 0, GPA, SIZE, mem);
}

/* Fetch the log. Return: the number of dirty pages. */
static unsigned int fetch(void)
{
	struct kvm_dirty_log log = { .slot = 0, .dirty_bitmap = map };
	unsigned int n = 0;

	if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log))
		bail("KVM_GET_DIRTY_LOG: %s", strerror(errno));
	for (unsigned int i = 0; i < ARRAY_SIZE(map); i++)
		n += __builtin_popcountll(map[i]);
	return n;
}

static void clear(unsigned int first, unsigned int pages)
{
	static u64 ones[PAGES / 64];
	struct kvm_clear_dirty_log log = {
		.slot = 0,
		.first_page = first,
		.num_pages = pages,
		.dirty_bitmap = ones,
	};

	memset(ones, 0xff, sizeof(ones));
	if (ioctl(vm->fd, KVM_CLEAR_DIRTY_LOG, &log))
		bail("KVM_CLEAR_DIRTY_LOG: %s", strerror(errno));
}

/* Start to trace the pages that this thread takes from the host's allocator. */
static void taken_from(void)
{
	char filter[64];

	snprintf(filter, sizeof(filter), "common_pid == %d && order == 0", gettid());
	if (write_text(trace_file("events/kmem/mm_page_alloc/filter"), filter) ||
	    write_text(trace_file("events/kmem/mm_page_alloc/enable"), "1"))
		bail("no tracepoint of the page allocator: %s", strerror(errno));
}

/* Stop to trace. Return: how many pages this thread took. */
static unsigned int taken(void)
{
	static char text[1 << 20];
	unsigned int n = 0;

	write_text(trace_file("events/kmem/mm_page_alloc/enable"), "0");
	if (read_text(trace_file("trace"), text, sizeof(text)))
		bail("no trace: %s", strerror(errno));
	for (char *at = text; (at = strstr(at, "mm_page_alloc:")); at++)
		n++;
	trace_end();
	return n;
}

/* Let the guest store to @pages pages. Does this take @faults faults of 4 KiB, and nothing else? */
static bool stores(unsigned int first, unsigned int pages, unsigned int faults)
{
	guest_fill(vcpu, gpa(first), SZ_4K, pages, 2);
	return counted(vm, "faults_4k %u faults_2m 0 faults_exclusive 0 leaves_4k 0 splits 0",
		       faults);
}

static void plain(void)
{
	begin(HUGE, 0);
	logging(true);
	ok(counted(vm, "splits %u leaves_4k %lu leaves_2m -%u faults 0", CHUNKS, PAGES, CHUNKS),
	   "logging starts: each huge leaf is split once, without a fault");
	ok(!fetch() && stores(500, 100, 100) && stores(500, 100, 0) && fetch() == 100,
	   "the first store to a page is one fault, and the next store none");
	ok(map[500 / 64] == ~0ull << 500 % 64 && stores(500, 100, 100) && fetch() == 100,
	   "after a fetch of the log, the first store to a page is one fault again");
	/* The split has mapped these pages for reading. */
	ok(!guest_check(vcpu, GPA, SZ_4K, 500, 1) && counted(vm, "faults 0"),
	   "loads are no faults");
	logging(false);
	ok(counted(vm, "collapses %u leaves_4k -%lu leaves_2m %u faults 0", CHUNKS, PAGES, CHUNKS),
	   "logging stops: all huge leaves are back, without a fault");
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 3);
	ok(counted(vm, "faults 0"), "logging has stopped: stores are no faults");
	for (unsigned int n = 0; n < 5; n++) {
		logging(true);
		logging(false);
	}
	ok(counted(vm, "splits %u collapses %u leaves_4k 0 leaves_2m 0 faults 0", 5 * CHUNKS,
		   5 * CHUNKS),
	   "logging starts and stops five times: each time all leaves are split and collapsed");
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 3), "the data is unchanged");
	end();
}

/* KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: only KVM_CLEAR_DIRTY_LOG write-protects pages again. */
static void by_hand(bool all_set)
{
	unsigned int pages;
	const char *how = all_set ? "manual protect, all bits set" : "manual protect";

	begin(HUGE,
	      KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | (all_set ? KVM_DIRTY_LOG_INITIALLY_SET : 0));
	logging(true);
	if (all_set)
		ok(counted(vm, "splits 0 leaves_2m 0 faults 0"),
		   "%s: nothing is split when logging starts", how);
	else
		ok(counted(vm, "splits %u leaves_2m -%u faults 0", CHUNKS, CHUNKS),
		   "%s: leaves are split when logging starts", how);
	ok(fetch() == (all_set ? PAGES : 0), "%s: %s dirty at the start", how,
	   all_set ? "all pages are" : "no page is");
	if (all_set) {
		ok(stores(0, 640, 0), "%s: a store to a page whose bit is not cleared is no fault",
		   how);
		taken_from();
		clear(64, 128);
		pages = taken();
		ok(pages >= 1 && pages <= 4,
		   "%s: a clear in one huge leaf takes few pages for tables (%u)", how, pages);
		ok(counted(vm, "splits 1 leaves_4k 512 leaves_2m -1 faults 0"),
		   "%s: a leaf is split when one of its bits is cleared", how);
		ok(fetch() == PAGES - 128 && !map[1] && !map[2] && stores(0, 640, 128) &&
			   fetch() == PAGES,
		   "%s: a store to a page whose bit is cleared is one fault, and is logged", how);
		clear(0, PAGES);
		ok(counted(vm, "splits %u leaves_2m -%u faults 0", CHUNKS - 1, CHUNKS - 1),
		   "%s: the other leaves are split when their bits are cleared", how);
	}
	ok(stores(0, 64, 64) && fetch() == 64 && stores(0, 64, 0) && fetch() == 64,
	   "%s: a fetch of the log does not write-protect", how);
	clear(0, 64);
	ok(!fetch() && stores(0, 64, 64) && fetch() == 64, "%s: a clear of bits does", how);
	logging(false);
	ok(counted(vm, "collapses %u leaves_2m %u", CHUNKS, CHUNKS),
	   "%s: all huge leaves are back when logging stops", how);
	end();
}

/* With eager_page_split=N, leaves stay large when logging starts. */
static void not_eager(void)
{
	begin(HUGE, 0);
	if (write_text(EAGER, "N"))
		bail(EAGER ": %s", strerror(errno));
	logging(true);
	ok(counted(vm, "splits 0 leaves_4k 0 leaves_2m 0 faults 0"),
	   "eager_page_split is off: no leaf is split when logging starts");
	guest_store(vcpu, gpa(700), 5);
	ok(counted(vm, "faults_4k 1 leaves_4k 512 leaves_2m -1") && fetch() == 1 &&
		   map[700 / 64] == 1ull << 700 % 64,
	   "eager_page_split is off: the first store to a leaf splits it, and is logged");
	logging(false);
	if (write_text(EAGER, "Y"))
		bail(EAGER ": %s", strerror(errno));
	end();
}

/*
 * When logging stops, leaves become large only within the slot, and where the host has huge pages.
 */
static void back_where_it_may(void)
{
	u64 theirs = 0;
	struct iovec to = { &theirs, 8 }, from = { NULL, 8 };
	bool kept = true;
	pid_t child;

	begin(HUGE, 0);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	/* From the middle of the first to the middle of the last huge page. */
	vm_slot(vm, 0, 0, gpa(256), SIZE - SZ_2M, mem + SZ_2M / 2);
	guest_fill(vcpu, gpa(256), SZ_4K, PAGES - 512, 2);
	madvise(mem + SZ_2M + 7 * SZ_4K, SZ_4K, MADV_DONTNEED);
	guest_check(vcpu, gpa(512), SZ_4K, 7, 2);
	count_from(vm);
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, gpa(256), SIZE - SZ_2M, mem + SZ_2M / 2);
	ok(counted(vm, "splits %u", CHUNKS - 3),
	   "a slot that cuts huge pages: the huge leaves in it are split");
	vm_slot(vm, 0, 0, gpa(256), SIZE - SZ_2M, mem + SZ_2M / 2);
	ok(counted(vm, "collapses %u leaves_2m 1 faults 0", CHUNKS - 3),
	   "a slot that cuts huge pages: they come back, except where the host has small pages");
	ok(guest_load(vcpu, gpa(255)) == MMIO_ANSWER &&
		   guest_load(vcpu, gpa(PAGES - 256)) == MMIO_ANSWER &&
		   guest_load(vcpu, gpa(519)) == 0,
	   "nothing outside the slot is mapped");
	vm_slot(vm, 0, 0, GPA, 0, mem);
	end();

	/* Small leaves that faults mapped while logging was on become large when it stops. */
	begin(HUGE, 0);
	logging(true);
	madvise(mem, SIZE, MADV_DONTNEED);
	madvise(mem, SIZE, MADV_POPULATE_WRITE);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 2);
	count_from(vm);
	logging(false);
	ok(counted(vm, "collapses >%u faults 0", 1) && !guest_check(vcpu, GPA, SZ_4K, PAGES, 2) &&
		   vm_stat(vm, "leaves_2m") == mem_huge_bytes(mem, SIZE) / SZ_2M,
	   "pages mapped while logging was on: a huge leaf for each huge page of the host (%llu)",
	   (unsigned long long)vm_stat(vm, "leaves_2m"));
	end();

	/*
	 * Pages that the host shares for copy-on-write stay read-only when their leaves become
	 * large.
	 */
	begin(HUGE, 0);
	logging(true);
	child = fork();
	while (!child)
		pause();
	vcpu_warm(vcpu);
	guest_check(vcpu, GPA, SZ_4K, PAGES, 1);
	count_from(vm);
	logging(false);
	ok(counted(vm, "collapses %u", CHUNKS),
	   "leaves of pages shared with a child become large, too");
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 2);
	for (unsigned int page = 0; page < PAGES; page++) {
		from.iov_base = mem + page * SZ_4K;
		kept &= process_vm_readv(child, &to, 1, &from, 1, 0) == 8 &&
			theirs == stamp(1, gpa(page));
	}
	ok(kept && !guest_check(vcpu, GPA, SZ_4K, PAGES, 2),
	   "a store to them does not change the child's pages");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	end();
}

/*
 * An allocation fails when logging starts. The leaves that are not split yet stay large, and are
 * write-protected. Stores split them.
 */
static void short_of_memory(void)
{
	char text[16];

	for (unsigned int n = 1; n <= 3; n++) {
		unsigned int splits;

		begin(HUGE, 0);
		snprintf(text, sizeof(text), "%u", n);
		if (write_text(FAIL_NTH, text))
			bail("no " FAIL_NTH);
		logging(true);
		write_text(FAIL_NTH, "0");
		splits = count_of(vm, "splits");
		ok(!fetch() && vm_stat(vm, "leaves_2m") == CHUNKS - splits,
		   "allocation %u fails when logging starts: %u of %u huge leaves are split", n,
		   splits, CHUNKS);
		if (n == 2)
			ok(!splits, "a failure of the second allocation leaves all of them large");
		for (unsigned int i = 0; i < PAGES; i += 100)
			guest_store(vcpu, gpa(i), 5);
		fetch();
		for (unsigned int i = 0; i < PAGES; i++)
			if ((map[i / 64] >> i % 64 & 1) != !(i % 100))
				bail("page %u is logged wrongly", i);
		ok(count_of(vm, "leaves_2m") == -CHUNKS &&
			   count_of(vm, "faults_4k") == (PAGES + 99) / 100,
		   "the log is right, each store was one fault, and all leaves are split");
		logging(false);
		ok(vm_stat(vm, "leaves_2m") == CHUNKS,
		   "all huge leaves are back when logging stops");
		end();
	}
}

int main(void)
{
	host_init(100);
	plain();
	by_hand(false);
	by_hand(true);
	not_eager();
	back_where_it_may();
	if (!access(FAIL_NTH, W_OK))
		short_of_memory();
	ok(!tables_live(), "no tables are left");
	return done();
}
