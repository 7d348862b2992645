// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hart never has the vsatp of one VM together with the hgatp of another.
 *
 * A hart may walk with both registers at any time, for any address, and keep what it finds with the
 * VMID and the ASID in them. Two VMs take turns on one hart. VM 1 has two page tables: the one that
 * its vsatp names, and a decoy where VM 2's vsatp points. The decoy maps the upper half to another
 * page. VM 2 uses an ASID first, and then VM 1 does. VM 1 reads the wrong page if the hart has
 * walked with VM 2's vsatp and VM 1's hgatp.
 *
 * QEMU's harts walk only for an access. The strict machine's harts also walk for addresses that
 * were used lately (docs/STRICT.md). Most of these are in the kernel, and so in the upper half.
 */
#include "tap.h"
#include "vcpu.h"

#define LEAF_SIZE (512 * SZ_1G) /* Sv48, level 3 */
#define HIGH      (-LEAF_SIZE)  /* the last such leaf */
#define DATA      SZ_1G
#define DECOY     (LEAF_SIZE + DATA)
#define TABLE     (2 * SZ_1G)     /* where VM 1's vsatp points */
#define OTHER     (TABLE + SZ_4K) /* where VM 2's vsatp points */
#define RIGHT     0x600d
#define WRONG     0xbad

#define ROUNDS 20
#define TURNS  40

/* V, R, W, X, A and D */
#define LEAF(gpa) ((u64)(gpa) >> 2 | 0xcf)

static void set_satp(struct vcpu *vcpu, u64 table, u64 asid)
{
	vcpu_set_satp(vcpu, 9ULL << 60 | asid << 44 | table >> 12);
}

static void fill(u64 *table, u64 high)
{
	table[0] = LEAF(0);
	table[1] = LEAF(LEAF_SIZE);
	table[511] = LEAF(high);
}

static struct vcpu *make(u64 table)
{
	struct vm *vm = vm_new(NULL);
	struct vcpu *vcpu = vcpu_new(vm);
	u64 *data = mem_map(SZ_4K, SMALL), *decoy = mem_map(SZ_4K, SMALL);
	char *tables = mem_map(2 * SZ_4K, SMALL);

	*data = RIGHT;
	*decoy = WRONG;
	fill((u64 *)tables, 0);
	fill((u64 *)(tables + SZ_4K), LEAF_SIZE);
	vm_slot(vm, 0, 0, DATA, SZ_4K, data);
	vm_slot(vm, 1, 0, DECOY, SZ_4K, decoy);
	vm_slot(vm, 2, 0, TABLE, 2 * SZ_4K, tables);
	set_satp(vcpu, table, 0);
	/* Map all pages, so that no fault interferes. */
	guest_load(vcpu, DATA);
	guest_load(vcpu, DECOY);
	guest_load(vcpu, TABLE);
	guest_load(vcpu, OTHER);
	return vcpu;
}

int main(void)
{
	unsigned int wrong = 0;
	struct vcpu *one, *two;

	host_init(100);
	keep_to(0);
	one = make(TABLE);
	two = make(OTHER);
	ok(guest_load(one, HIGH + DATA) == RIGHT && guest_load(two, HIGH + DATA) == WRONG,
	   "the two page tables map another page");
	for (u64 asid = 1; asid <= ROUNDS; asid++) {
		set_satp(two, OTHER, asid);
		for (unsigned int turn = 0; turn < TURNS; turn++) {
			guest_load(one, DATA);
			guest_load(two, DATA);
		}
		set_satp(one, TABLE, asid);
		wrong += guest_load(one, HIGH + DATA) != RIGHT;
	}
	ok(!wrong, "a VM reads by its own page tables only (%u of %u reads are wrong)", wrong,
	   ROUNDS);
	vm_free(one->vm);
	vm_free(two->vm);
	if (host.gstage)
		ok(!tables_live(), "no tables are left");
	return done();
}
