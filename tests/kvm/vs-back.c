// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest changes its own page tables, and executes SFENCE.VMA, on one hart. When its vCPU comes
 * back to a hart where it ran before, that hart may still have what the old tables said. The guest
 * does not know that it was moved, so the host must fence the VS-stage.
 *
 * QEMU's harts forget translations when the guest exits. The strict machine's harts keep them
 * (docs/STRICT.md).
 */
#include "tap.h"
#include "vcpu.h"

#define LEAF_SIZE (512 * SZ_1G) /* Sv48, level 3 */
#define HIGH      (-LEAF_SIZE)  /* the last such leaf, which the guest changes */
#define DATA      SZ_1G
#define OTHER     (LEAF_SIZE + DATA)
#define TABLE     (2 * SZ_1G)
#define ENTRY     (TABLE + 511 * sizeof(u64))
#define ROUNDS    40

/* V, R, W, X, A and D */
#define LEAF(gpa) ((u64)(gpa) >> 2 | 0xcf)

static void page(struct vm *vm, u32 slot, u64 gpa, u64 first)
{
	u64 *mem = mem_map(SZ_4K, SMALL);

	*mem = first;
	vm_slot(vm, slot, 0, gpa, SZ_4K, mem);
}

/* Two pages have their number, and the guest's root table maps both, and the first once more. */
static struct vcpu *make(void)
{
	struct vm *vm = vm_new(NULL);
	struct vcpu *vcpu = vcpu_new(vm);

	page(vm, 0, DATA, 0);
	page(vm, 1, OTHER, 1);
	page(vm, 2, TABLE, LEAF(0));
	guest_store(vcpu, TABLE + sizeof(u64), LEAF(LEAF_SIZE));
	guest_store(vcpu, ENTRY, LEAF(0));
	vcpu_set_satp(vcpu, 9ULL << 60 | TABLE >> 12);
	return vcpu;
}

int main(void)
{
	unsigned int wrong = 0, wrong_there = 0;
	struct vcpu *vcpu;

	host_init(100);
	vcpu = make();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		u64 number = (i + 1) % 2;

		keep_to(i / 2 % 2);
		guest_load(vcpu, HIGH + DATA);
		keep_to(!(i / 2 % 2));
		guest_store(vcpu, ENTRY, LEAF(number * LEAF_SIZE));
		guest_sfence(vcpu);
		wrong_there += guest_load(vcpu, HIGH + DATA) != number;
		keep_to(i / 2 % 2);
		wrong += guest_load(vcpu, HIGH + DATA) != number;
	}
	ok(!wrong_there, "where the guest has executed SFENCE.VMA, it reads by its new tables");
	ok(!wrong, "and also where its vCPU comes back to (%u of %u reads are wrong)", wrong,
	   ROUNDS);
	vm_free(vcpu->vm);
	if (host.gstage)
		ok(!tables_live(), "no tables are left");
	return done();
}
