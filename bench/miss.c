// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "miss.h"
#include "tap.h"
#include "vcpu.h"

#define TRIES    100
#define ROUNDS   20
#define DATA_GPA 0x100000000ULL
/* In the control slot, behind the guest program of tests/kvm. */
#define CODE (CONTROL_CODE_SIZE - SZ_4K)

extern const char miss_guest[], miss_guest_end[];

/*
 * The guest, in place of the program of tests/kvm but with its mailbox: `value`
 * times, empty the TLB and load from `count` places, `stride` bytes apart; then
 * ring the doorbell, and begin anew. The host has a0 point at the mailbox. Nobody
 * calls this function: it is where C lets assembler know of offsets.
 */
__attribute__((used, noinline, noclone)) static void guest(void)
{
	asm volatile(".pushsection .text.miss_guest, \"ax\"\n"
		     ".option push\n"
		     ".option norvc\n"
		     ".balign 4\n"
		     ".globl miss_guest, miss_guest_end\n"
		     "miss_guest:\n"
		     "	fence\n"
		     "	lw	s0, %[seq](a0)\n"
		     "	ld	s1, %[value](a0)\n"
		     "	ld	s2, %[count](a0)\n"
		     "	ld	s3, %[stride](a0)\n"
		     "	ld	s4, %[addr](a0)\n"
		     "1:	sfence.vma\n"
		     "	mv	t0, s4\n"
		     "	mv	t1, s2\n"
		     "2:	ld	t2, 0(t0)\n"
		     "	add	t0, t0, s3\n"
		     "	addi	t1, t1, -1\n"
		     "	bnez	t1, 2b\n"
		     "	addi	s1, s1, -1\n"
		     "	bnez	s1, 1b\n"
		     "	fence\n"
		     "	sw	s0, %[done](a0)\n"
		     "	li	t0, %[doorbell]\n"
		     "	sw	s0, 0(t0)\n"
		     "	j	miss_guest\n"
		     "miss_guest_end:\n"
		     ".option pop\n"
		     ".popsection\n"
		     :
		     : [seq] "i"(offsetof(struct mailbox, seq)),
		       [value] "i"(offsetof(struct mailbox, value)),
		       [count] "i"(offsetof(struct mailbox, count)),
		       [stride] "i"(offsetof(struct mailbox, stride)),
		       [addr] "i"(offsetof(struct mailbox, addr)),
		       [done] "i"(offsetof(struct mailbox, done)), [doorbell] "i"(DOORBELL_GPA));
}

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

double miss_ns(const struct format *format, const struct paging *paging, u64 pages)
{
	void *mem = mem_map(pages * SZ_4K, SMALL);
	struct vm *vm = vm_new(format);
	struct vcpu *vcpu;
	double ns, least = 0;

	vm_slot(vm, 0, 0, DATA_GPA, pages * SZ_4K, mem);
	vcpu = vcpu_new(vm);
	memcpy(vm->control + CODE, miss_guest, miss_guest_end - miss_guest);
	set_pc(vcpu, CONTROL_GPA + CODE);
	paging_set(vcpu, paging, DATA_GPA, pages * SZ_4K);
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
