// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "miss.h"
#include "tap.h"
#include "vcpu.h"

_Static_assert(offsetof(struct mailbox, seq) == MAILBOX_SEQ &&
		       offsetof(struct mailbox, done) == MAILBOX_DONE &&
		       offsetof(struct mailbox, addr) == MAILBOX_ADDR &&
		       offsetof(struct mailbox, count) == MAILBOX_COUNT &&
		       offsetof(struct mailbox, stride) == MAILBOX_STRIDE &&
		       offsetof(struct mailbox, value) == MAILBOX_VALUE,
	       "miss.h must say what guest/guest.h says");

#define TRIES    5
#define ROUNDS   500
#define DATA_GPA 0x100000000ULL
/* In the control slot, behind the guest program of tests/kvm. */
#define CODE (CONTROL_CODE_SIZE - SZ_4K)

extern const char miss_guest[], miss_guest_end[];

static void set_pc(struct vcpu *vcpu, u64 pc)
{
	struct kvm_one_reg reg = {
		.id = KVM_REG_RISCV | KVM_REG_SIZE_U64 | KVM_REG_RISCV_CORE |
		      KVM_REG_RISCV_CORE_REG(regs.pc),
		.addr = (uintptr_t)&pc,
	};

	if (ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg))
		bail("the pc cannot be set: %s", strerror(errno));
}

static double run_ns(struct vcpu *vcpu, u64 rounds)
{
	struct timespec a, b;

	vcpu->box->value = rounds;
	clock_gettime(CLOCK_MONOTONIC, &a);
	vcpu_do(vcpu, 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	return (b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec);
}

double miss_ns(const struct format *format, u64 pages)
{
	void *mem = mem_map(pages * SZ_4K, SMALL);
	struct vm *vm = vm_new(format);
	struct vcpu *vcpu;
	double ns, least = 0;

	vm_slot(vm, 0, 0, DATA_GPA, pages * SZ_4K, mem);
	vcpu = vcpu_new(vm);
	memcpy(vm->control + CODE, miss_guest, miss_guest_end - miss_guest);
	set_pc(vcpu, CONTROL_GPA + CODE);
	vcpu->box->addr = DATA_GPA;
	vcpu->box->count = pages;
	vcpu->box->stride = SZ_4K;

	/* All that is mapped on demand, once; then only misses are left. */
	memset(mem, 1, pages * SZ_4K);
	run_ns(vcpu, 2);
	/* Whatever else runs on this machine can only add to it. */
	for (unsigned int i = 0; i < TRIES; i++) {
		ns = run_ns(vcpu, ROUNDS) / (ROUNDS * pages);
		if (!i || ns < least)
			least = ns;
	}

	vm_free(vm);
	mem_unmap(mem, pages * SZ_4K);
	return least;
}
