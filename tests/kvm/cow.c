// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest stores to a page of a slot with dirty logging. So far it has only read this page. If
 * the host shares the page with somebody else, the VMM must get a page of its own first. The test
 * shares pages with a file that is mapped privately, with other users of the zero page, and with
 * a child after a fork.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "child.h"
#include "stock.h"
#include "tap.h"
#include "vcpu.h"

#define GPA   SZ_1G
#define PAGES 16
#define SIZE  (PAGES * SZ_4K)

static struct vm *vm;
static struct vcpu *vcpu;
static char *mem;
static u64 log[1];

static u64 *host_word(unsigned int page)
{
	return (u64 *)(mem + page * SZ_4K);
}

static u64 gpa(unsigned int page)
{
	return GPA + page * SZ_4K;
}

/* Let the guest read all pages, fetch the log, and let the guest write. */
static bool read_and_write(u64 expected)
{
	struct kvm_dirty_log dirty = { .slot = 0, .dirty_bitmap = log };
	bool right = true;

	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	for (unsigned int page = 0; page < PAGES; page++)
		right &= guest_load(vcpu, gpa(page)) == expected;
	if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &dirty))
		bail("KVM_GET_DIRTY_LOG: %s", strerror(errno));
	for (unsigned int page = 0; page < PAGES; page++)
		guest_store(vcpu, gpa(page), stamp(1, gpa(page)));
	return right;
}

/* Do the guest and the VMM both see what the guest wrote, and is it in the log? */
static bool written(void)
{
	struct kvm_dirty_log dirty = { .slot = 0, .dirty_bitmap = log };
	bool right = true;

	if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &dirty))
		bail("KVM_GET_DIRTY_LOG: %s", strerror(errno));
	for (unsigned int page = 0; page < PAGES; page++)
		right &= guest_load(vcpu, gpa(page)) == stamp(1, gpa(page)) &&
			 *(volatile u64 *)host_word(page) == stamp(1, gpa(page));
	return right && log[0] == (1ull << PAGES) - 1;
}

static void end(void)
{
	vm_slot(vm, 0, 0, GPA, 0, mem);
	munmap(mem, SIZE);
}

static void private_file(void)
{
	int fd = memfd_create("cow", MFD_CLOEXEC);
	bool right = true, theirs = true;
	u64 value = 0x6f726967696e616c;

	for (unsigned int page = 0; page < PAGES; page++)
		if (fd < 0 || ftruncate(fd, SIZE) ||
		    pwrite(fd, &value, sizeof(value), page * SZ_4K) != sizeof(value))
			bail("memfd: %s", strerror(errno));
	mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (mem == MAP_FAILED)
		bail("mmap: %s", strerror(errno));
	right = read_and_write(value);
	for (unsigned int page = 0; page < PAGES; page++) {
		u64 now = 0;

		theirs &= pread(fd, &now, sizeof(now), page * SZ_4K) == sizeof(now) && now == value;
	}
	ok(right && written(), "a file that is mapped privately: the guest reads what it wrote");
	if (!host.gstage && stock()->shared_stores)
		ok(!theirs, "stock: the test finds the defect: the guest's stores change the file");
	else
		ok(theirs, "a file that is mapped privately: the guest's stores do not change it");
	close(fd);
	end();
}

static void zeroes(void)
{
	bool right, theirs = true;
	char *other;

	mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	other = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED || other == MAP_FAILED)
		bail("mmap: %s", strerror(errno));
	madvise(mem, SIZE, MADV_NOHUGEPAGE);
	right = read_and_write(0);
	for (unsigned int at = 0; at < SIZE; at += 8)
		theirs &= !*(volatile u64 *)(other + at);
	ok(right && written(), "the zero page: the guest reads what it wrote");
	ok(theirs, "the zero page: other memory with the zero page is still zero");
	munmap(other, SIZE);
	end();
}

#define THEIRS 0x706172656e740000

static bool theirs_is_there(void)
{
	bool same = true;

	for (unsigned int page = 0; page < PAGES; page++)
		same &= *(volatile u64 *)host_word(page) == THEIRS;
	return same;
}

static void forked(void)
{
	struct child child;
	bool right;

	mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		bail("mmap: %s", strerror(errno));
	madvise(mem, SIZE, MADV_NOHUGEPAGE);
	for (unsigned int page = 0; page < PAGES; page++)
		*host_word(page) = THEIRS;
	child = child_begin(theirs_is_there);
	right = read_and_write(THEIRS);
	right &= written();
	ok(right, "after a fork: the guest reads what it wrote");
	ok(child_end(&child), "after a fork: the guest's stores do not change the child's memory");
	end();
}

int main(void)
{
	host_init(30);
	vm = vm_new(NULL);
	vcpu = vcpu_new(vm);
	vcpu_warm(vcpu);
	private_file();
	/* With the stock module's defect these two would change the zero page of the whole host. */
	if (host.gstage) {
		zeroes();
		forked();
	}
	ok(vm_sound(vm), "the tables are sound");
	vm_free(vm);
	return done();
}
