// SPDX-License-Identifier: GPL-2.0-only
/*
 * More VMs than VMIDs, on a test build that sees as many bits of hgatp.VMID as the argument says: 0 is a
 * host without VMIDs. All have the same gpas; none may ever see what is another's, nor what it
 * has lost itself, however often VMIDs start over and whichever hart it comes to.
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
		bail("the module is no test build: --module gstage-test");
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

/* Each takes its turn, so that each finds the hart as another left it. */
static void by_turns(void)
{
	u64 bad = 0, kept = 0;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int n = 0; n < VMS; n++)
			bad += check(rnd() % VMS);
		/* One loses its pages while others have run: not one may still be read. */
		unsigned int i = rnd() % VMS;

		madvise(mem[i], SIZE, MADV_DONTNEED);
		for (unsigned int p = 0; p < PAGES; p += 7)
			kept += guest_load(vms[i]->vcpu[0], GPA + p * SZ_4K) != 0;
		fill(i);
	}
	ok(!bad, "%u VMs by turns: each sees its own pages", VMS);
	ok(!kept, "and none that were taken from it");
}

/* All at once, on all harts. */
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
	ok(!bad, "%u VMs at once: each sees its own pages", VMS);
	for (unsigned int i = 0; i < VMS; i++)
		vcpu_stop(vms[i]->vcpu[0]);
}

int main(int argc, char **argv)
{
	u64 bits = argc > 1 ? strtoul(argv[1], NULL, 0) : ~0ul, wrong = 0;
	const struct format *f = NULL;

	host_init(100);
	ok(bits_of_kernel() == bits, "the module sees %llu bits of VMID", (unsigned long long)bits);
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

	/* hgatp as it was read back: the VMID never has more bits than there are. */
	for (unsigned int i = 0; i < VMS; i++)
		wrong += (vm_stat(vms[i], "hgatp") >> 44 & 0x3fff) >> bits != 0;
	ok(!wrong, "no VMID has more bits than that");
	for (unsigned int i = 0; i < VMS; i++) {
		wrong += !vm_sound(vms[i]);
		vm_free(vms[i]);
	}
	ok(!wrong, "all are sound");
	ok(!tables_live(), "no tables are left");
	return done();
}
