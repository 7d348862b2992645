// SPDX-License-Identifier: GPL-2.0-only
/*
 * A memslot over a device of the host, which is memory without struct page. The device is the
 * flash of QEMU's virt machine, which can be asked for its name.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"
#include "vcpu.h"

#define FLASH_PA 0x20000000
#define SIZE     (4 * SZ_2M)

/* The flash has two 16-bit chips in parallel. */
#define QUERY      0x00980098
#define READ_ARRAY 0x00ff00ff
#define NAME       0x40 /* three words: Q, R, Y */
#define ASK        (0x55 * 4)

static void store32(struct vcpu *vcpu, u64 gpa, u32 value)
{
	vcpu->box->addr = gpa;
	vcpu->box->width = 4;
	vcpu->box->value = value;
	vcpu_do(vcpu, OP_STORE);
}

static u32 load32(struct vcpu *vcpu, u64 gpa)
{
	vcpu->box->addr = gpa;
	vcpu->box->width = 4;
	vcpu_do(vcpu, OP_LOAD);
	return vcpu->box->result;
}

static bool named(struct vcpu *vcpu, u64 gpa)
{
	return load32(vcpu, gpa + NAME) == 0x00510051 &&
	       load32(vcpu, gpa + NAME + 4) == 0x00520052 &&
	       load32(vcpu, gpa + NAME + 8) == 0x00590059;
}

static void device(const struct format *f, char *flash)
{
	/* Near the format's limit, where other tests seldom have a slot. */
	u64 gpa = format_end(f) - SZ_1G;
	struct vm *vm = vm_new(f);
	struct vcpu *vcpu = vcpu_new(vm);
	u64 efaults;

	ok(is(set_slot(vm->fd, 0, KVM_MEM_LOG_DIRTY_PAGES, gpa, SIZE, flash), EINVAL),
	   "%s: the dirty pages of a device cannot be logged", f->name);
	vm_slot(vm, 0, 0, gpa, SIZE, flash);
	store32(vcpu, gpa + ASK, QUERY);
	ok(named(vcpu, gpa), "%s: the guest reads the device's name", f->name);
	ok(*(volatile u32 *)(flash + NAME) == 0x00510051,
	   "%s: the host sees the state that the guest gave the device", f->name);
	store32(vcpu, gpa, READ_ARRAY);
	ok(!named(vcpu, gpa), "%s: the guest gives the device another command", f->name);
	if (host.gstage)
		ok(!vm_stat(vm, "leaves_2m"), "%s: devices have 4 KiB leaves", f->name);

	munmap(flash, SZ_2M);
	efaults = vcpu->efaults;
	ok(load32(vcpu, gpa + NAME) == (u32)NO_ACCESS && vcpu->efaults == efaults + 1,
	   "%s: the guest does not reach the device after munmap", f->name);
	ok(vm_sound(vm), "%s: the tables are sound", f->name);
	vm_free(vm);
}

int main(void)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	const struct format *f;

	host_init(60);
	if (fd < 0)
		bail("/dev/mem: %s", strerror(errno));
	for_each_format(f) {
		char *at = mem_aligned(SIZE, SZ_2M);
		char *flash = mmap(at, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
				   FLASH_PA);

		if (flash == MAP_FAILED)
			bail("mmap of /dev/mem: %s", strerror(errno));
		device(f, flash);
		munmap(flash, SIZE);
	}
	return done();
}
