// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measure the longest time that each operation holds a VM's mmu_lock before it checks whether
 * another thread waits, in instructions. This needs a test build of the module, and a host with one
 * hart and --icount: bench/locks/run.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "live.h"
#include "tap.h"
#include "vcpu.h"

#define GPA     SZ_1G
#define LONGEST "/sys/module/kvm/parameters/test_longest_hold"

static struct vm *vm;
static struct vcpu *vcpu;
static const char *memory;

static void begin(void)
{
	if (write_text(LONGEST, "0"))
		bail("%s: this is for a test build of the module", LONGEST);
}

static void tell(const char *operation)
{
	char text[32];

	if (read_text(LONGEST, text, sizeof(text)))
		bail("%s: %s", LONGEST, strerror(errno));
	printf("%s\t%s\t%lu\n", operation, memory, strtoul(text, NULL, 0));
}

static void start(u64 manual)
{
	vm = vm_new(host.widest);
	vcpu = vcpu_new(vm);
	if (manual && enable_cap(vm->fd, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, 0, manual, 0, 0, 0))
		bail("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: %s", strerror(errno));
	vcpu_warm(vcpu);
}

static void slot(u32 flags, u64 size, char *mem)
{
	begin();
	vm_slot(vm, 0, flags, GPA, size, mem);
}

static void fetch(u64 size)
{
	struct kvm_dirty_log log = { .slot = 0, .dirty_bitmap = calloc(1, size / SZ_4K / 8) };

	begin();
	if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log))
		bail("KVM_GET_DIRTY_LOG: %s", strerror(errno));
	free(log.dirty_bitmap);
}

static void clear(u64 size)
{
	struct kvm_clear_dirty_log log = { .slot = 0, .num_pages = size / SZ_4K };

	log.dirty_bitmap = malloc(size / SZ_4K / 8);
	memset(log.dirty_bitmap, 0xff, size / SZ_4K / 8);
	begin();
	if (ioctl(vm->fd, KVM_CLEAR_DIRTY_LOG, &log))
		bail("KVM_CLEAR_DIRTY_LOG: %s", strerror(errno));
	free(log.dirty_bitmap);
}

static void read_stat(const char *file)
{
	static char text[1 << 16];

	begin();
	vm_text(vm, file, text, sizeof(text));
}

/* The kinds of memory: one page is used in each @stride bytes. */
static void all_of(const char *name, u64 size, u64 stride, enum backing backing)
{
	char *mem = mem_map(size, backing);

	memory = name;
	start(0);
	slot(0, size, mem);
	begin();
	guest_fill(vcpu, GPA, stride, size / stride, 1);
	tell("page fault");
	read_stat("gstage_stats");
	tell("gstage_stats");
	read_stat("gstage_page_tables");
	tell("gstage_page_tables");
	slot(KVM_MEM_LOG_DIRTY_PAGES, size, mem);
	tell("dirty logging starts");
	guest_fill(vcpu, GPA, stride, size / stride, 2);
	fetch(size);
	tell("KVM_GET_DIRTY_LOG");
	slot(0, size, mem);
	tell("dirty logging stops");
	begin();
	if (change_format(vm->fd, next_format(NULL)->mode))
		bail("narrowing: %s", strerror(errno));
	if (change_format(vm->fd, host.widest->mode))
		bail("widening: %s", strerror(errno));
	tell("change of format, both ways");

	guest_fill(vcpu, GPA, stride, size / stride, 3);
	begin();
	madvise(mem, SZ_4K, MADV_DONTNEED);
	tell("MADV_DONTNEED of a page");
	begin();
	madvise(mem, size, MADV_DONTNEED);
	tell("MADV_DONTNEED of all");
	guest_fill(vcpu, GPA, stride, size / stride, 4);
	slot(0, 0, mem);
	tell("the slot is deleted");
	slot(0, size, mem);
	guest_fill(vcpu, GPA, stride, size / stride, 5);
	read_stat("gstage_check");
	tell("gstage_check");
	begin();
	vm_free(vm);
	tell("the VM is closed");
	mem_unmap(mem, size);

	/* With a bitmap that is all set, KVM_CLEAR_DIRTY_LOG splits large leaves. */
	if (size > SZ_1G)
		return;
	mem = mem_map(size, backing);
	start(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET);
	slot(0, size, mem);
	guest_fill(vcpu, GPA, stride, size / stride, 1);
	slot(KVM_MEM_LOG_DIRTY_PAGES, size, mem);
	clear(size);
	tell("KVM_CLEAR_DIRTY_LOG");
	vm_free(vm);
	mem_unmap(mem, size);
}

int main(void)
{
	host_init(3000);
	/* Wait until the host has finished its own work after a boot. */
	sleep(20);
	all_of("256 MiB of 4 KiB pages", SZ_1G / 4, SZ_4K, SMALL);
	all_of("256 MiB of 2 MiB pages", SZ_1G / 4, SZ_2M, HUGE);
	all_of("8 GiB, a page in each 2 MiB", 8 * SZ_1G, SZ_2M, SMALL);
	all_of("64 GiB, a page in each 64 MiB", 64 * SZ_1G, 32 * SZ_2M, SMALL);
	all_of("1 TiB, a page in each 64 MiB", 1024 * SZ_1G, 32 * SZ_2M, SMALL);
	return 0;
}
