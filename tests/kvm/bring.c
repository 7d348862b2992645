// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults without dirty logging, on different kinds of memory: anonymous memory that was never
 * touched, files, pages shared with a child, memory that the VMM may not write, and no memory.
 */
#include <errno.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "child.h"
#include "tap.h"
#include "vcpu.h"

#define GPA   SZ_1G
#define PAGES 64
#define SIZE  (PAGES * SZ_4K)
/* The number of accesses to a gpa whose slot has no memory. */
#define NOTHING 400

static struct vm *vm;
static struct vcpu *vcpu;
static char *mem;

static u64 *host_word(unsigned int page)
{
	return (u64 *)(mem + page * SZ_4K);
}

static u64 gpa(unsigned int page)
{
	return GPA + page * SZ_4K;
}

static void begin(int flags, int fd)
{
	mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (mem == MAP_FAILED)
		bail("mmap: %s", strerror(errno));
	madvise(mem, SIZE, MADV_NOHUGEPAGE);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
}

static void end(void)
{
	vm_slot(vm, 0, 0, GPA, 0, mem);
	munmap(mem, SIZE);
}

static long host_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

static unsigned int resident(void)
{
	unsigned char pages[PAGES];
	unsigned int n = 0;

	if (mincore(mem, SIZE, pages))
		bail("mincore: %s", strerror(errno));
	for (unsigned int page = 0; page < PAGES; page++)
		n += pages[page] & 1;
	return n;
}

/* Does this process, the VMM or its child, see what the guest wrote with this tag? */
static bool host_sees(u64 tag)
{
	bool right = true;

	for (unsigned int page = 0; page < PAGES; page++)
		right &= *(volatile u64 *)host_word(page) == stamp(tag, gpa(page));
	return right;
}

static bool both_see(u64 tag)
{
	return !guest_check(vcpu, GPA, SZ_4K, PAGES, tag) && host_sees(tag);
}

static void fresh(void)
{
	long faults;

	begin(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 1);
	madvise(mem, SIZE, MADV_DONTNEED);
	faults = host_faults();
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 2);
	faults = host_faults() - faults;
	ok(faults == PAGES && both_see(2),
	   "fresh memory: %ld page faults in the host for %u stores", faults, PAGES);
	end();
}

static void read_only(void)
{
	u64 efaults = vcpu->efaults;

	begin(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	/* KVM refuses a slot whose memory cannot be written, so change that after begin(). */
	mprotect(mem, SIZE, PROT_READ);
	guest_store(vcpu, gpa(3), 1);
	ok(vcpu->efaults == efaults + 1 && !resident(),
	   "fresh memory that the VMM may only read: a store fails with EFAULT, and allocates no page");
	ok(guest_load(vcpu, gpa(3)) == 0 && guest_load(vcpu, gpa(4)) == 0, "it reads as zero");
	mprotect(mem, SIZE, PROT_READ | PROT_WRITE);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 1);
	ok(both_see(1), "stores succeed when the VMM may write it");
	mprotect(mem, SIZE, PROT_READ);
	efaults = vcpu->efaults;
	guest_store(vcpu, gpa(3), 1);
	ok(vcpu->efaults == efaults + 1 && both_see(1),
	   "a store fails with EFAULT when the VMM may not write it any more");
	end();
}

static void file(bool shared)
{
	int fd = memfd_create("bring", MFD_CLOEXEC);
	bool reached = true, spared = true;

	if (fd < 0 || ftruncate(fd, SIZE))
		bail("memfd: %s", strerror(errno));
	begin(shared ? MAP_SHARED : MAP_PRIVATE, fd);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 1);
	for (unsigned int page = 0; page < PAGES; page++) {
		u64 now = 0;

		if (pread(fd, &now, sizeof(now), page * SZ_4K) != sizeof(now))
			bail("pread: %s", strerror(errno));
		reached &= now == stamp(1, gpa(page));
		spared &= !now;
	}
	ok(both_see(1) && (shared ? reached : spared), "a file that is mapped %s: %s",
	   shared ? "shared" : "privately",
	   shared ? "it has what the guest wrote" : "the guest's stores do not change it");
	close(fd);
	end();
}

/* MADV_FREE makes pages clean. Stores must make them dirty again, or the host may drop them. */
static void freed(void)
{
	begin(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 1);
	if (madvise(mem, SIZE, MADV_FREE))
		bail("MADV_FREE: %s", strerror(errno));
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 2);
	ok(both_see(2), "after MADV_FREE: the guest has what it wrote");
	end();
}

static bool first_is_there(void)
{
	return host_sees(1);
}

static void forked(void)
{
	struct child child;

	begin(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 1);
	child = child_begin(first_is_there);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 2);
	ok(both_see(2), "a child after a fork: the guest has what it wrote");
	ok(child_end(&child), "the child has the pages from before the fork");
	end();
}

/* Commands of klogctl(). */
#define LOG_READ_ALL 3
#define LOG_CLEAR    5

static unsigned int kvm_messages(void)
{
	static char text[1 << 20];
	int size = klogctl(LOG_READ_ALL, text, sizeof(text) - 1);
	unsigned int n = 0;

	if (size < 0)
		bail("klogctl: %s", strerror(errno));
	text[size] = 0;
	for (const char *at = text; (at = strstr(at, "kvm [")); at++)
		n++;
	return n;
}

/* A slot without memory. A guest must not be able to fill the log with such accesses. */
static void nothing(void)
{
	u64 efaults = vcpu->efaults;
	unsigned int lines;

	begin(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	munmap(mem + SIZE / 2, SIZE / 2);
	klogctl(LOG_CLEAR, NULL, 0);
	for (unsigned int n = 0; n < NOTHING; n++)
		guest_load(vcpu, gpa(PAGES / 2 + n % (PAGES / 2)));
	lines = kvm_messages();
	ok(vcpu->efaults == efaults + NOTHING,
	   "accesses to a slot without memory fail with EFAULT");
	if (host.gstage)
		ok(lines && lines < NOTHING, "they do not fill the log: %u lines for %u accesses",
		   lines, NOTHING);
	else
		ok(lines >= NOTHING, "the stock module fills the log: %u lines for %u accesses",
		   lines, NOTHING);
	end();
}

int main(void)
{
	host_init(60);
	vm = vm_new(NULL);
	vcpu = vcpu_new(vm);
	vcpu_warm(vcpu);
	fresh();
	read_only();
	file(true);
	file(false);
	freed();
	forked();
	nothing();
	ok(vm_sound(vm), "the tables are sound");
	vm_free(vm);
	return done();
}
