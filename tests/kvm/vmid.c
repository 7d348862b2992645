// SPDX-License-Identifier: GPL-2.0-only
/*
 * There are more VMs than VMIDs, so that VMIDs start over often. All VMs use the same gpas. No VM
 * may see the data of another one, or its own pages after the host has dropped them.
 *
 *	vmid BITS	the number of bits of hgatp.VMID; 0 is a host without VMIDs
 *
 * A test build with test_vmid_bits=BITS plays such a host.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tap.h"
#include "vcpu.h"

#define VMS    9
#define ROUNDS 40
#define PAGES  64
#define SIZE   (PAGES * SZ_4K)
#define GPA    SZ_1G

static struct vm *vms[VMS];
static char *mem[VMS];
static u64 tag[VMS];

static u64 bits_of_kernel(void)
{
	char text[16];

	if (read_text("/sys/module/kvm/parameters/test_vmid_bits", text, sizeof(text)) < 0)
		bail("the module is not a test build: run the test with --module gstage-test");
	return strtoul(text, NULL, 0);
}

static u64 fill(unsigned int i)
{
	tag[i] += VMS;
	guest_fill(vms[i]->vcpu[0], GPA, SZ_4K, PAGES, tag[i]);
	return 0;
}

static u64 check(unsigned int i)
{
	return guest_check(vms[i]->vcpu[0], GPA, SZ_4K, PAGES, tag[i]);
}

/* The VMs run one after the other, so that each finds the hart as another VM has left it. */
static void by_turns(void)
{
	u64 bad = 0, kept = 0;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int n = 0; n < VMS; n++)
			bad += check(rnd() % VMS);
		/* The host drops the pages of one VM. The VM must not read them any more. */
		unsigned int i = rnd() % VMS;

		madvise(mem[i], SIZE, MADV_DONTNEED);
		for (unsigned int p = 0; p < PAGES; p += 7)
			kept += guest_load(vms[i]->vcpu[0], GPA + p * SZ_4K) != 0;
		fill(i);
	}
	ok(!bad, "%u VMs in turn: each reads its own pages", VMS);
	ok(!kept, "%u VMs in turn: no VM reads pages that the host has dropped", VMS);
}

/* All VMs run at the same time, on all harts. */
static void at_once(void)
{
	u64 bad = 0;

	for (unsigned int i = 0; i < VMS; i++)
		vcpu_start(vms[i]->vcpu[0]);
	for (unsigned int round = 0; round < ROUNDS / 4; round++) {
		for (unsigned int i = 0; i < VMS; i++) {
			struct mailbox *box = vms[i]->vcpu[0]->box;

			box->addr = GPA;
			box->stride = SZ_4K;
			box->count = PAGES;
			box->tag = tag[i];
			vcpu_post(vms[i]->vcpu[0], round & 1 ? OP_CHECK : OP_FILL);
		}
		for (unsigned int i = 0; i < VMS; i++) {
			vcpu_wait(vms[i]->vcpu[0]);
			if (round & 1)
				bad += vms[i]->vcpu[0]->box->result;
		}
	}
	ok(!bad, "%u VMs at the same time: each reads its own pages", VMS);
	for (unsigned int i = 0; i < VMS; i++)
		vcpu_stop(vms[i]->vcpu[0]);
}

int main(int argc, char **argv)
{
	u64 bits = argc > 1 ? strtoul(argv[1], NULL, 0) : ~0ul, wrong = 0;
	const struct format *f = NULL;

	host_init(100);
	ok(bits_of_kernel() == bits, "the module uses %llu bits of hgatp.VMID",
	   (unsigned long long)bits);
	for (unsigned int i = 0; i < VMS; i++) {
		f = next_format(f) ?: next_format(NULL);
		vms[i] = vm_new(f);
		vcpu_new(vms[i]);
		mem[i] = mem_map(SIZE, SMALL);
		vm_slot(vms[i], 0, 0, GPA, SIZE, mem[i]);
		tag[i] = i;
		fill(i);
	}
	by_turns();
	at_once();

	/* gstage_stats has hgatp as it was read back. Its VMID must not have more bits. */
	for (unsigned int i = 0; i < VMS; i++)
		wrong += (vm_stat(vms[i], "hgatp") >> 44 & 0x3fff) >> bits != 0;
	ok(!wrong, "no VMID in hgatp has more bits");
	for (unsigned int i = 0; i < VMS; i++) {
		wrong += !vm_sound(vms[i]);
		vm_free(vms[i]);
	}
	ok(!wrong, "the tables of all VMs are sound");
	ok(!tables_live(), "no tables are left");
	return done();
}
