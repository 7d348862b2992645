// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "clock.h"
#include "code.h"
#include "miss.h"
#include "perf.h"
#include "tap.h"
#include "vcpu.h"

/* These runs are so short that some of them are not disturbed even on a busy machine. */
#define FEW      1
#define MANY     9
#define DATA_GPA 0x100000000ULL

extern const char miss_guest[], miss_guest_end[];

/*
 * The guest replaces the program of tests/kvm, and uses the same mailbox. `value` times it
 * empties the TLB and loads from `count` addresses that are `stride` bytes apart. Then it
 * rings the doorbell and starts again. a0 points at the mailbox. Nobody calls this C
 * function: it passes the offsets to the assembler.
 */
__attribute__((used, noinline, noclone)) static void guest(void)
{
	asm volatile(CODE_BEGIN("miss_guest") "	fence\n"
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
					      "	j	miss_guest\n" CODE_END("miss_guest")
		     :
		     : [seq] "i"(offsetof(struct mailbox, seq)),
		       [value] "i"(offsetof(struct mailbox, value)),
		       [count] "i"(offsetof(struct mailbox, count)),
		       [stride] "i"(offsetof(struct mailbox, stride)),
		       [addr] "i"(offsetof(struct mailbox, addr)),
		       [done] "i"(offsetof(struct mailbox, done)), [doorbell] "i"(DOORBELL_GPA));
}

static double run_ns(struct vcpu *vcpu, u64 rounds)
{
	u64 start = now_ns();

	vcpu->box->value = rounds;
	vcpu_do(vcpu, 0);
	return now_ns() - start;
}

void miss_start(struct miss *miss, const struct format *format, const struct paging *paging,
		enum backing backing, u64 pages)
{
	struct vcpu *vcpu;

	*miss = (struct miss){ .pages = pages, .mem = mem_map(pages * SZ_4K, backing) };
	miss->vm = vm_new(format);
	vm_slot(miss->vm, 0, 0, DATA_GPA, pages * SZ_4K, miss->mem);
	vcpu = vcpu_new(miss->vm);
	code_set(vcpu, miss_guest, miss_guest_end);
	paging_set(vcpu, paging, backing, DATA_GPA, pages * SZ_4K);
	vcpu->box->addr = DATA_GPA;
	vcpu->box->count = pages;
	vcpu->box->stride = SZ_4K;

	/* The first run takes all page faults, so that later runs only have TLB misses. */
	memset(miss->mem, 1, pages * SZ_4K);
	run_ns(vcpu, 2);
}

static void least(double *of, double ns)
{
	if (!*of || ns < *of)
		*of = ns;
}

void miss_try(struct miss *miss)
{
	least(&miss->few, run_ns(miss->vm->vcpu[0], FEW));
	least(&miss->many, run_ns(miss->vm->vcpu[0], MANY));
}

static double run_reads(struct vcpu *vcpu, u64 rounds)
{
	int fd = count_start(GUEST_PTES);

	if (fd < 0)
		return -1;
	run_ns(vcpu, rounds);
	return count_end(fd);
}

double miss_reads(struct miss *miss)
{
	double few = run_reads(miss->vm->vcpu[0], FEW), many = run_reads(miss->vm->vcpu[0], MANY);

	return few < 0 ? -1 : (many - few) / ((MANY - FEW) * miss->pages);
}

double miss_end(struct miss *miss)
{
	vm_free(miss->vm);
	mem_unmap(miss->mem, miss->pages * SZ_4K);
	return (miss->many - miss->few) / ((MANY - FEW) * miss->pages);
}
