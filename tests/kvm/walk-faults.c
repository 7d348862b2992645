// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest page faults that the hart takes when it walks the guest's own page tables. htinst then has
 * a pseudoinstruction: for a read, or for a write if the hart sets A or D itself. scause still says
 * what the guest did (privileged spec, "Transformed Instruction or Pseudoinstruction for mtinst or
 * htinst").
 *
 * QEMU 10.0 never reports a write. So the argument "store" tells the test that the module is a test
 * build which takes every such read for a write (test_walk_store=1). QEMU 11.1 reports a write for
 * each store of the guest, also where the hart only reads an entry: docs/LAB.md, "Another QEMU".
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "count.h"
#include "tap.h"
#include "vcpu.h"

/*
 * The guest's tables of Sv39. The root maps the first GiB and the GiB of the tables one to one.
 * For the GiB at FAR, it points to another table.
 */
#define ROOT_GPA  SZ_1G
#define TABLE_GPA (SZ_1G + SZ_2M)
#define DATA_GPA  (SZ_1G + 2 * SZ_2M)
#define FAR       (4 * SZ_1G)

#define PTE_LEAF 0xcfULL /* V R W X A D */
#define PTE_V    1ULL
#define ENTRIES  512

#define CAUSE_FETCH 1
#define CAUSE_LOAD  5
#define CAUSE_STORE 7

static struct vm *vm;
static struct vcpu *vcpu;
static u64 *root, *table, *data;
static unsigned int traps;
static u64 cause, stval;

static u64 pte(u64 gpa, u64 bits)
{
	return gpa >> 12 << 10 | bits;
}

static void trapped(struct vcpu *v)
{
	traps++;
	cause = v->box->trap_cause;
	stval = v->box->trap_value;
}

/* Create a VM and a vCPU with paging. The VM maps the guest's root, but not yet its table. */
static void begin(void)
{
	vm = vm_new(NULL);
	vcpu = vcpu_new(vm);
	vcpu->trapped = trapped;
	vcpu_warm(vcpu);
	root = mem_map(SZ_4K, SMALL);
	table = mem_map(SZ_4K, SMALL);
	data = mem_map(SZ_4K, SMALL);
	root[0] = pte(0, PTE_LEAF);
	/* The guest reaches the tables at their gpas. */
	root[ROOT_GPA / SZ_1G] = pte(ROOT_GPA, PTE_LEAF);
	root[FAR / SZ_1G] = pte(TABLE_GPA, PTE_V);
	table[0] = pte(DATA_GPA & ~(SZ_2M - 1), PTE_LEAF);
	data[0] = 0x64617461;
	vm_slot(vm, 0, 0, ROOT_GPA, SZ_4K, root);
	vm_slot(vm, 1, 0, DATA_GPA, SZ_4K, data);
	guest_load(vcpu, DATA_GPA);
	guest_store(vcpu, DATA_GPA, 0x64617461);
	vcpu_set_satp(vcpu, 8ULL << 60 | ROOT_GPA >> 12);
	guest_load(vcpu, CONTROL_GPA);
	traps = 0;
	vcpu->mmio_reads = vcpu->mmio_writes = 0;
}

static void end(void)
{
	vm_free(vm);
	mem_unmap(root, SZ_4K);
	mem_unmap(table, SZ_4K);
	mem_unmap(data, SZ_4K);
}

static bool trapped_with(u64 expected)
{
	if (traps == 1 && cause == expected && stval == FAR && !vcpu->mmio_reads &&
	    !vcpu->mmio_writes)
		return true;
	diag("%u traps, cause %llu, value 0x%llx; MMIO: %lu loads, %lu stores, the last at 0x%llx",
	     traps, (unsigned long long)cause, (unsigned long long)stval,
	     (unsigned long)vcpu->mmio_reads, (unsigned long)vcpu->mmio_writes,
	     (unsigned long long)vcpu->mmio_addr);
	return false;
}

/* The table is in no slot: an access that needs it is an access fault in the guest. */
static void no_table(void)
{
	begin();
	guest_load(vcpu, FAR);
	if (host.gstage)
		ok(trapped_with(CAUSE_LOAD),
		   "a load through a table in no slot is an access fault in the guest");
	else
		ok(!traps && vcpu->mmio_reads == 1 && vcpu->mmio_addr == TABLE_GPA,
		   "a load through a table in no slot: the stock module loads from the table's address instead");
	end();
	begin();
	guest_store(vcpu, FAR, 1);
	if (host.gstage)
		ok(trapped_with(CAUSE_STORE), "a store through it is an access fault, too");
	else
		ok(!traps && vcpu->mmio_writes == 1 && vcpu->mmio_addr == TABLE_GPA,
		   "a store through it: the stock module stores to the table's address");
	end();
	if (!host.gstage)
		return;
	begin();
	vcpu_post(vcpu, OP_LOAD);
	vcpu_set_pc(vcpu, FAR);
	vcpu_wait(vcpu);
	ok(trapped_with(CAUSE_FETCH), "a fetch through it is an access fault, too");
	end();
}

/* The table is in a read-only slot. The hart only reads it, also for a store of the guest. */
static void read_only(void)
{
	begin();
	vm_slot(vm, 2, KVM_MEM_READONLY, TABLE_GPA, SZ_4K, table);
	guest_store(vcpu, FAR, 5);
	if (host.gstage)
		ok(!traps && !vcpu->mmio_writes && data[0] == 5,
		   "a store through a table in a read-only slot reaches its page");
	else
		ok(!traps && vcpu->mmio_writes == 1 && vcpu->mmio_addr == TABLE_GPA && data[0] != 5,
		   "a store through a table in a read-only slot: the stock module stores to the table's address");
	end();
}

/* The slot logs dirty pages, so a mapping of the table is writable only after a store. */
static void reads(void)
{
	begin();
	vm_slot(vm, 2, KVM_MEM_LOG_DIRTY_PAGES, TABLE_GPA, SZ_4K, table);
	count_from(vm);
	guest_store(vcpu, FAR, 6);
	ok(data[0] == 6 && counted(vm, "faults 1 faults_load 1 faults_store 0"),
	   "a store through a table that is not mapped: one fault, a load");
	guest_store(vcpu, TABLE_GPA + 8, 0);
	ok(counted(vm, "faults 1 faults_store 1"),
	   "this fault does not let the guest write the table");
	end();
}

static u64 dirty_pages(u32 slot)
{
	u64 log = 0;
	struct kvm_dirty_log dirty = { .slot = slot, .dirty_bitmap = &log };

	if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &dirty))
		bail("KVM_GET_DIRTY_LOG: %s", strerror(errno));
	return log;
}

/* The hart also writes the table, because it sets A. */
static void writes(void)
{
	begin();
	vm_slot(vm, 2, KVM_MEM_LOG_DIRTY_PAGES, TABLE_GPA, SZ_4K, table);
	count_from(vm);
	ok(guest_load(vcpu, FAR) == 0x64617461 &&
		   counted(vm, "faults 1 faults_store 1 faults_load 0"),
	   "a load through a table whose A bit the hart sets: one fault, a store");
	ok(dirty_pages(2) == 1, "the table's page is dirty");
	guest_load(vcpu, TABLE_GPA);
	ok(counted(vm, "faults 0"), "the table's page is mapped");
	end();

	begin();
	vm_slot(vm, 2, 0, TABLE_GPA, SZ_4K, table);
	vcpu_post(vcpu, OP_LOAD);
	count_from(vm);
	/* lui t0, TRAP_GPA >> 12; sw zero, 0(t0); j . */
	((u32 *)data)[0] = TRAP_GPA | 0x2b7;
	((u32 *)data)[1] = 0x0002a023;
	((u32 *)data)[2] = 0x6f;
	vcpu_set_pc(vcpu, FAR);
	vcpu_wait(vcpu);
	ok(traps == 1 && counted(vm, "faults 1 faults_store 1"),
	   "a fetch through such a table: one fault, a store");
	end();

	begin();
	vm_slot(vm, 2, KVM_MEM_READONLY, TABLE_GPA, SZ_4K, table);
	guest_load(vcpu, FAR);
	ok(trapped_with(CAUSE_LOAD),
	   "a load through such a table in a read-only slot is an access fault in the guest");
	end();
}

int main(int argc, char **argv)
{
	host_init(50);
	no_table();
	if (argc > 1 && !strcmp(argv[1], "store")) {
		writes();
	} else {
		read_only();
		if (host.gstage)
			reads();
	}
	if (host.gstage)
		ok(!tables_live(), "no tables are left");
	return done();
}
