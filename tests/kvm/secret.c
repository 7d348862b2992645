// SPDX-License-Identifier: GPL-2.0-only
/*
 * memfd_secret(): memory that get_user_pages refuses. An access of the guest to it ends KVM_RUN
 * with EFAULT, also if the VMM has touched the page. A fault on ordinary memory beside it in the
 * same slot does not map it.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "count.h"
#include "tap.h"
#include "vcpu.h"

#define GPA SZ_1G
/*
 * In each 16 pages, the first SECRET are secret and the others ordinary. The VMM touches the first
 * half.
 */
#define PAGES  32
#define SIZE   (PAGES * SZ_4K)
#define SECRET 12

static struct vm *vm;
static struct vcpu *vcpu;
static char *mem;

static u64 gpa(unsigned int page)
{
	return GPA + page * SZ_4K;
}

static bool is_secret(unsigned int page)
{
	return page % 16 < SECRET;
}

static void map_secret(void)
{
	int fd = syscall(SYS_memfd_secret, 0);

	if (fd < 0 || ftruncate(fd, SIZE))
		bail("memfd_secret: %s", strerror(errno));
	mem = mem_aligned(SIZE, SZ_2M);
	if (mmap(mem, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
		bail("mmap of a memfd_secret: %s", strerror(errno));
	close(fd);
	for (unsigned int page = SECRET; page < PAGES; page += 16)
		if (mmap(mem + page * SZ_4K, (16 - SECRET) * SZ_4K, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
			bail("mmap: %s", strerror(errno));
	for (unsigned int page = 0; page < PAGES; page++)
		if (page < PAGES / 2 || !is_secret(page))
			*(u64 *)(mem + page * SZ_4K) = stamp(1, gpa(page));
}

/* Let the guest access each secret page. Return: how many accesses did not end with EFAULT. */
static unsigned int given(bool store)
{
	unsigned int n = 0;

	for (unsigned int page = 0; page < PAGES; page++) {
		u64 efaults = vcpu->efaults, value = NO_ACCESS;

		if (!is_secret(page))
			continue;
		if (store)
			guest_store(vcpu, gpa(page), stamp(2, gpa(page)));
		else
			value = guest_load(vcpu, gpa(page));
		n += vcpu->efaults != efaults + 1 || value != NO_ACCESS;
	}
	return n;
}

/* How many of the secret pages that the VMM has touched do not have its value any more. */
static unsigned int stored(void)
{
	unsigned int n = 0;

	for (unsigned int page = 0; page < PAGES / 2; page++)
		n += is_secret(page) &&
		     *(volatile u64 *)(mem + page * SZ_4K) != stamp(1, gpa(page));
	return n;
}

static void refused(const char *name, u32 flags)
{
	const unsigned int neighbours = 16 - SECRET;
	unsigned int n, wrong = 0;

	vm_slot(vm, 0, flags, GPA, SIZE, mem);
	if (host.gstage)
		count_from(vm);
	for (unsigned int page = 0; page < PAGES; page++)
		wrong += !is_secret(page) && guest_load(vcpu, gpa(page)) != stamp(1, gpa(page));
	ok(!wrong, "%s: the guest reads the ordinary memory beside it", name);
	if (host.gstage)
		ok(counted(vm, "leaves_4k %u leaves_64k 0", PAGES / 16 * neighbours),
		   "%s: its faults map no secret page", name);
	n = given(false);
	ok(!n, "%s: each load fails with EFAULT (%u did not)", name, n);
	n = given(true);
	ok(!n && !stored(), "%s: each store fails with EFAULT (%u did not)", name, n);
	if (host.gstage) {
		unsigned int errors = 0;

		for (unsigned int page = 0; page < PAGES; page++)
			errors += vcpu_prefault(vcpu, gpa(page), SZ_4K) == EFAULT;
		ok(errors == PAGES / 16 * SECRET && counted(vm, "leaves_4k 0 leaves_64k 0"),
		   "%s: each pre-fault fails with EFAULT (%u of %u)", name, errors,
		   PAGES / 16 * SECRET);
	}
	vm_slot(vm, 0, 0, GPA, 0, mem);
}

int main(void)
{
	host_init(50);
	vm = vm_new(NULL);
	vcpu = vcpu_new(vm);
	vcpu_warm(vcpu);
	map_secret();
	refused("plain", 0);
	refused("logged", KVM_MEM_LOG_DIRTY_PAGES);
	ok(vm_sound(vm), "the tables are sound");
	vm_free(vm);
	return done();
}
