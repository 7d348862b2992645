// SPDX-License-Identifier: GPL-2.0-only
/*
 * A larger VM does not make the module hold mmu_lock longer. The VM here has 1 TiB, and a table in
 * each 64 MiB. An operation on all of it works in pieces. After each piece it checks whether a
 * thread waits for the lock. It frees tables whenever it has gathered a certain number of them. The
 * module counts both. A thread that waits for the lock meanwhile gets it.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "count.h"
#include "vcpu.h"

#define GPA     SZ_1G
#define SIZE    (1024 * SZ_1G)
#define STRIDE  (32 * SZ_2M)
#define TABLES  (SIZE / STRIDE)
#define BIG_GPA (2 * SZ_1G + SIZE)

/* kvm/host/unmap.c gathers up to 512 tables, and then at most those of one more GiB. */
#define GATHERED_MOST (2 * 513)

/* The VMM maps one page of hugetlbfs this many times, at consecutive addresses. */
#define ALIASES 1024UL
#define WORDS   (ALIASES * SZ_2M / SZ_4K / 64)
/* The number of large leaves that kvm/user/logging.c passes over in one piece. */
#define PASSED 64

#define SLOTS 256

static struct vm *vm;
static struct vcpu *vcpu;
static u64 tag;

static void begin(u64 manual)
{
	vm = vm_new(host.widest);
	vcpu = vcpu_new(vm);
	if (manual && enable_cap(vm->fd, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, 0, manual, 0, 0, 0))
		bail("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: %s", strerror(errno));
}

static void end(void)
{
	ok(vm_sound(vm), "the tables are sound");
	vm_free(vm);
	ok(!tables_live(), "no table is left after the end of the VM");
}

/* Map one page in each 64 MiB, so that each of them has a table. */
static void touch(void)
{
	guest_fill(vcpu, GPA, STRIDE, TABLES, ++tag);
	count_from(vm);
}

/* Take the lock over and over: a read of gstage_stats takes it for writing. */
static atomic_bool over, wanted;

static void *want_lock(void *unused)
{
	while (!over)
		wanted = vm_stat(vm, "vcpus") == 1;
	return unused;
}

static void give_back(char *mem)
{
	pthread_t thread;

	over = wanted = false;
	pthread_create(&thread, NULL, want_lock, NULL);
	while (!wanted)
		usleep(100);
	madvise(mem, SIZE, MADV_DONTNEED);
	over = true;
	pthread_join(thread, NULL);
	ok(count_of(vm, "lock_breaks") > 0, "another thread that wants the lock gets it %ld times",
	   count_of(vm, "lock_breaks"));
}

/* Check that everything was unmapped, in pieces of 1 GiB and with few flushes. */
static void gone(const char *how)
{
	long flushes = count_of(vm, "flushes_all") - count_of(vm, "lock_breaks");
	u64 peak = vm_stat(vm, "gathered_peak");

	diag("%s: %ld pieces, %ld flushes, %llu tables at once at most", how,
	     count_of(vm, "lock_pieces"), flushes, (unsigned long long)peak);
	ok(peak > 0 && peak <= GATHERED_MOST,
	   "%s: the number of tables that wait for a flush is bounded", how);
	ok(flushes <= (long)TABLES / 512 + 4, "%s: there is about one flush for 512 tables", how);
	ok(counted(vm, "leaves_4k -%lu lock_pieces >%lu", TABLES, SIZE / SZ_1G - 1),
	   "%s: everything is unmapped in pieces of a GiB", how);
}

/* Split one 2 MiB leaf. After that the module looks for large leaves whenever logging stops. */
static void split_once(void)
{
	char *mem = mem_map(SZ_2M, HUGE);

	vm_slot(vm, 1, 0, BIG_GPA, SZ_2M, mem);
	guest_fill(vcpu, BIG_GPA, SZ_4K, 1, 1);
	vm_slot(vm, 1, KVM_MEM_LOG_DIRTY_PAGES, BIG_GPA, SZ_2M, mem);
	vm_slot(vm, 1, 0, BIG_GPA, SZ_2M, mem);
	vm_slot(vm, 1, 0, BIG_GPA, 0, mem);
	ok(vm_stat(vm, "splits") == 1, "a leaf was split");
	mem_unmap(mem, SZ_2M);
}

static void fetch(u64 pages)
{
	struct kvm_dirty_log log = { .slot = 0 };

	log.dirty_bitmap =
		mmap(NULL, pages / 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (log.dirty_bitmap == MAP_FAILED || ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log))
		bail("KVM_GET_DIRTY_LOG: %s", strerror(errno));
	munmap(log.dirty_bitmap, pages / 8);
}

static void clear(u64 first, u64 pages)
{
	static u64 ones[WORDS];
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

static void sparse(void)
{
	char *mem = mem_map(SIZE, SMALL);

	begin(0);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	split_once();

	touch();
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	ok(counted(vm, "leaves_4k 0 lock_pieces >%lu", TABLES - 1), "logging starts in pieces");
	touch();
	fetch(SIZE / SZ_4K);
	ok(counted(vm, "leaves_4k 0 lock_pieces >%lu", TABLES), "the log is fetched in pieces");
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	ok(counted(vm, "leaves_4k 0 lock_pieces >%lu", TABLES), "logging stops in pieces");

	touch();
	give_back(mem);
	gone("memory is given back");
	touch();
	vm_slot(vm, 0, 0, GPA, 0, mem);
	gone("a slot is deleted");
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	touch();
	ok(vm_stat(vm, "tables") > TABLES, "there are %lu tables when the VM ends", TABLES);
	end();
	mem_unmap(mem, SIZE);
}

/* Many large leaves in little memory: all of them map the same page of hugetlbfs. */
static void large(void)
{
	const u64 size = ALIASES * SZ_2M;
	char *mem = mem_aligned(size, SZ_2M);
	int fd = memfd_create("alias", MFD_HUGETLB);

	if (write_text("/proc/sys/vm/nr_hugepages", "1") || fd < 0 || ftruncate(fd, SZ_2M))
		bail("no page of hugetlbfs: %s", strerror(errno));
	for (u64 at = 0; at < size; at += SZ_2M)
		if (mmap(mem + at, SZ_2M, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
		    MAP_FAILED)
			bail("hugetlbfs: %s", strerror(errno));

	begin(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET);
	vm_slot(vm, 0, 0, GPA, size, mem);
	for (unsigned int round = 0; round < 2; round++) {
		bool all = round == 1;

		guest_fill(vcpu, GPA, SZ_2M, ALIASES, 1);
		vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, size, mem);
		count_from(vm);
		clear(0, all ? size / SZ_4K : 64);
		ok(counted(vm, "splits %lu lock_pieces >%lu", all ? ALIASES : 1, all ? WORDS : 1),
		   "dirty bits of %s are cleared in pieces", all ? "all leaves" : "one leaf");
		vm_slot(vm, 0, 0, GPA, size, mem);
		ok(counted(vm, "collapses %lu leaves_2m %lu lock_pieces >%lu", all ? ALIASES : 1,
			   all ? ALIASES : 1, all ? ALIASES : ALIASES / PASSED),
		   "logging of %s leaves stops in pieces", all ? "small" : "large");
		ok(vm_stat(vm, "gathered_peak") <= GATHERED_MOST,
		   "the number of tables that wait for a flush is bounded");
	}
	end();
	mem_unmap(mem, size);
	close(fd);
	write_text("/proc/sys/vm/nr_hugepages", "0");
}

/* Many slots in one range. Generic KVM takes the lock once for a notifier of the whole range. */
static void slots(void)
{
	char *mem = mem_map(SLOTS * SZ_4K, SMALL);

	begin(0);
	for (unsigned int i = 0; i < SLOTS; i++)
		vm_slot(vm, 1 + i, 0, GPA + 2 * i * SZ_4K, SZ_4K, mem + i * SZ_4K);
	guest_fill(vcpu, GPA, 2 * SZ_4K, SLOTS, 1);
	count_from(vm);
	madvise(mem, SLOTS * SZ_4K, MADV_DONTNEED);
	ok(counted(vm, "unmaps %u leaves_4k -%u lock_pieces >%u", SLOTS, SLOTS, SLOTS / 64),
	   "memory of %u slots is unmapped in pieces", SLOTS);
	end();
	mem_unmap(mem, SLOTS * SZ_4K);
}

int main(void)
{
	host_init(180);
	sparse();
	large();
	slots();
	return done();
}
