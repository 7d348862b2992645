// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module loads hgatp with the right fields, and the hardware accepts it: the guest reaches
 * all of its format's address space, and nothing above it.
 */
#include <unistd.h>

#include "tap.h"
#include "vcpu.h"

#define HGATP_MODE(hgatp) ((unsigned int)((hgatp) >> 60))
#define HGATP_VMID(hgatp) ((unsigned int)((hgatp) >> 44) & 0x3fff)
#define HGATP_PPN(hgatp)  ((hgatp) & ((1ULL << 44) - 1))

#define SIZE (16 * SZ_4K)

static char *low, *top;

static struct vm *make(const struct format *f)
{
	struct vm *vm = vm_new(f);

	vm_slot(vm, 0, 0, SZ_1G, SIZE, low);
	vm_slot(vm, 1, 0, format_end(f) - SIZE, SIZE, top);
	vcpu_new(vm);
	return vm;
}

static void as_loaded(struct vm *vm)
{
	const struct format *f = vm->format;
	u64 hgatp;

	ok(!vm_stat(vm, "hgatp"), "%s: hgatp is not loaded before a vCPU runs", f->name);
	guest_fill(vm->vcpu[0], SZ_1G, SZ_4K, SIZE / SZ_4K, 1);
	hgatp = vm_stat(vm, "hgatp");
	diag("%s: hgatp 0x%016llx", f->name, (unsigned long long)hgatp);
	ok(HGATP_MODE(hgatp) == f->mode, "%s: hgatp.MODE is %u", f->name, f->mode);
	ok(!HGATP_VMID(hgatp) == !host.vmids, "%s: hgatp.VMID is %u", f->name, HGATP_VMID(hgatp));
	ok(HGATP_PPN(hgatp) && !(HGATP_PPN(hgatp) & 3), "%s: the root is 16 KiB aligned", f->name);
	ok(vm_stat(vm, "levels") == f->levels && vm_stat(vm, "gpa_bits") == f->gpa_bits,
	   "%s: %u levels, %u bits", f->name, f->levels, f->gpa_bits);
}

/* The hardware must not ignore any gpa bit, neither in the format's address space nor above it. */
static void reach(struct vm *vm)
{
	const struct format *f = vm->format;
	struct vcpu *vcpu = vm->vcpu[0];
	u64 end = format_end(f), exits;
	bool good;

	guest_fill(vcpu, end - SIZE, SZ_4K, SIZE / SZ_4K, 2);
	ok(*(u64 *)(top + SIZE - SZ_4K) == stamp(2, end - SZ_4K) &&
		   !guest_check(vcpu, end - SIZE, SZ_4K, SIZE / SZ_4K, 2) &&
		   !guest_check(vcpu, SZ_1G, SZ_4K, SIZE / SZ_4K, 1),
	   "%s: the guest reaches the last pages of its address space", f->name);
	guest_store(vcpu, end - 8, 0x1234);
	ok(*(u64 *)(top + SIZE - 8) == 0x1234 && guest_load(vcpu, end - 8) == 0x1234,
	   "%s: the guest reaches the last word of its address space", f->name);

	exits = vcpu->mmio_reads;
	ok(guest_load(vcpu, end) == MMIO_ANSWER && vcpu->mmio_reads == exits + 1 &&
		   vcpu->mmio_addr == end,
	   "%s: the first word above it is an MMIO exit", f->name);

	/* If the hardware ignored a bit, the guest would find the stamps at 1 GiB or at the top. */
	good = true;
	for (unsigned int bit = f->gpa_bits; bit < 64; bit++) {
		u64 gpa = (1ULL << bit) + SZ_1G;

		vcpu->mmio_addr = 0;
		good &= guest_load(vcpu, gpa) == MMIO_ANSWER;
		good &= guest_load(vcpu, (1ULL << bit) + end - SZ_4K) == MMIO_ANSWER;
		exits = vcpu->mmio_writes;
		guest_store(vcpu, gpa, 0xbad);
		good &= vcpu->mmio_writes == exits + 1 && vcpu->mmio_data == 0xbad;
		if (!good) {
			diag("bit %u is ignored", bit);
			break;
		}
	}
	ok(good && !guest_check(vcpu, SZ_1G, SZ_4K, SIZE / SZ_4K, 1),
	   "%s: the hardware ignores no gpa bit from bit %u on", f->name, f->gpa_bits);

	good = true;
	for (unsigned int bit = 31; bit < f->gpa_bits; bit++)
		good &= guest_load(vcpu, (1ULL << bit) + SZ_1G) == MMIO_ANSWER;
	ok(good && !guest_check(vcpu, SZ_1G, SZ_4K, SIZE / SZ_4K, 1),
	   "%s: the hardware ignores no gpa bit below bit %u", f->name, f->gpa_bits);
	ok(vm_sound(vm), "%s: the tables are sound", f->name);
}

int main(void)
{
	const struct format *f;
	struct vm *a, *b;

	host_init(60);
	low = mem_map(SIZE, SMALL);
	top = mem_map(SIZE, SMALL);
	for_each_format(f) {
		a = make(f);
		as_loaded(a);
		reach(a);
		vm_free(a);
	}

	/* Two VMs at the same time have different VMIDs, if the hart has VMIDs, and roots. */
	a = make(next_format(NULL));
	b = make(host.widest);
	guest_load(a->vcpu[0], SZ_1G);
	guest_load(b->vcpu[0], SZ_1G);
	ok((HGATP_VMID(vm_stat(a, "hgatp")) != HGATP_VMID(vm_stat(b, "hgatp"))) == host.vmids &&
		   HGATP_PPN(vm_stat(a, "hgatp")) != HGATP_PPN(vm_stat(b, "hgatp")),
	   "two VMs have different roots, and different VMIDs if there are any");
	vm_free(a);
	vm_free(b);
	ok(!tables_live(), "no tables are left");
	return done();
}
