// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three VMs run at the same time, in all formats that the host has. They use the same gpas, and
 * each has a slot at its format's limit. No VM may see the data of another one.
 */
#include "tap.h"
#include "vcpu.h"

#define VMS    3
#define VCPUS  2
#define ROUNDS 8
#define SIZE   (2 * SZ_2M)

struct place {
	u64 gpa;
	char *mem;
};

/* The slots of each VM. The last one has transparent huge pages. */
#define PLACES 3

static struct vm *vms[VMS];
static struct place places[VMS][PLACES];

static u64 tag(unsigned int vm, unsigned int place, unsigned int round)
{
	return 1 + vm + VMS * (place + PLACES * round);
}

static void make(unsigned int i, const struct format *f)
{
	u64 end = format_end(f);
	/* At the same gpa in each VM, across the middle of the address space, and at its end. */
	const u64 gpas[PLACES] = { SZ_1G, end / 2 - SZ_2M, end - SIZE };

	vms[i] = vm_new(f);
	for (unsigned int p = 0; p < PLACES; p++) {
		places[i][p].gpa = gpas[p];
		places[i][p].mem = mem_map(SIZE, p == PLACES - 1 ? HUGE : SMALL);
		vm_slot(vms[i], p, 0, gpas[p], SIZE, places[i][p].mem);
	}
	for (unsigned int v = 0; v < VCPUS; v++)
		vcpu_start(vcpu_new(vms[i]));
}

/*
 * All vCPUs run at the same time. Each fills half of the pages, or checks the half that the other
 * vCPU of its VM has filled. Return: the number of wrong pages.
 */
static u64 all(u32 op, unsigned int place, unsigned int round)
{
	u64 bad = 0;

	for (unsigned int i = 0; i < VMS; i++) {
		for (unsigned int v = 0; v < VCPUS && vms[i]; v++) {
			struct mailbox *box = vms[i]->vcpu[v]->box;
			unsigned int half = op == OP_CHECK ? !v : v;

			box->count = SIZE / SZ_4K / VCPUS;
			box->stride = SZ_4K;
			box->addr = places[i][place].gpa + half * (SIZE / VCPUS);
			box->tag = tag(i, place, round);
			vcpu_post(vms[i]->vcpu[v], op);
		}
	}
	for (unsigned int i = 0; i < VMS; i++) {
		for (unsigned int v = 0; v < VCPUS && vms[i]; v++) {
			vcpu_wait(vms[i]->vcpu[v]);
			if (op == OP_CHECK)
				bad += vms[i]->vcpu[v]->box->result;
		}
	}
	return bad;
}

/* Is what each guest wrote in its own memory? Return: the number of wrong pages. */
static u64 host_check(unsigned int round)
{
	u64 bad = 0;

	for (unsigned int i = 0; i < VMS; i++)
		for (unsigned int p = 0; p < PLACES && vms[i]; p++)
			for (u64 at = 0; at < SIZE; at += SZ_4K)
				bad += *(u64 *)(places[i][p].mem + at) !=
				       stamp(tag(i, p, round), places[i][p].gpa + at);
	return bad;
}

static void drop(unsigned int i)
{
	for (unsigned int v = 0; v < VCPUS; v++)
		vcpu_stop(vms[i]->vcpu[v]);
	ok(vm_sound(vms[i]), "VM %u, %s: the tables are sound", i, vms[i]->format->name);
	vm_free(vms[i]);
	vms[i] = NULL;
}

int main(void)
{
	const struct format *f = NULL;
	u64 bad;

	host_init(90);
	for (unsigned int i = 0; i < VMS; i++) {
		f = next_format(f) ?: next_format(NULL);
		make(i, f);
		diag("VM %u: %s", i, f->name);
	}

	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int p = 0; p < PLACES; p++)
			all(OP_FILL, p, round);
		bad = 0;
		for (unsigned int p = 0; p < PLACES; p++)
			bad += all(OP_CHECK, p, round);
		ok(!bad, "round %u: each guest reads what it wrote", round);
		ok(!host_check(round), "round %u: each guest wrote to its own memory", round);
	}

	if (host.gstage)
		for (unsigned int i = 0; i < VMS; i++)
			ok(vm_stat(vms[i], "hgatp") >> 60 == vms[i]->format->mode,
			   "VM %u runs in %s", i, vms[i]->format->name);

	/* The VMs end one by one. The others must keep their data. */
	for (unsigned int i = 0; i < VMS; i++) {
		drop(i);
		bad = host_check(ROUNDS - 1);
		for (unsigned int p = 0; p < PLACES; p++)
			bad += all(OP_CHECK, p, ROUNDS - 1);
		ok(!bad, "VM %u ends: the other VMs keep their data", i);
	}
	if (host.gstage)
		ok(!tables_live(), "no tables are left");
	return done();
}
