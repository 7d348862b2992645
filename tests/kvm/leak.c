// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs come and go and leave no G-stage table behind; and a table goes when the
 * last mapping in it does.
 *
 * The stock module leaks every table but the root. There the same lives are led
 * and the loss is asserted: proof that this test would see one.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "tap.h"
#include "vcpu.h"

#define SPARSE 200 /* pages, one in each 2 MiB, and so one table each */
#define DENSE  1024

/* Pages that the host may keep for purposes of its own, in all lives together. */
#define NOISE 2000

static unsigned int lives_led;
static char *sparse, *dense;

/* Most lives are small, so that there can be many. */
static unsigned int sparse_pages(unsigned int life)
{
	return host.gstage && life % 8 ? SPARSE / 8 : SPARSE;
}

/* A life: the guest touches memory far apart, side by side, and at the top. */
static struct vm *live(const struct format *f, unsigned int life)
{
	/* Stock 6.12 refuses a slot that ends at the very top. */
	u64 top = format_end(f) - DENSE * SZ_4K - SZ_2M;
	struct vm *vm = vm_new(f);
	struct vcpu *vcpu = vcpu_new(vm);

	vm_slot(vm, 0, 0, SZ_1G, SPARSE * SZ_2M, sparse);
	vm_slot(vm, 1, 0, top, DENSE * SZ_4K, dense);
	guest_fill(vcpu, SZ_1G, SZ_2M, sparse_pages(life), life);
	if (!(life % 8))
		guest_fill(vcpu, top, SZ_4K, DENSE, life);
	else
		guest_fill(vcpu, top, SZ_4K, 8, life);
	return vm;
}

static void wither(void)
{
	madvise(sparse, SPARSE * SZ_2M, MADV_DONTNEED);
	madvise(dense, DENSE * SZ_4K, MADV_DONTNEED);
}

static const struct format *format_of(unsigned int life)
{
	const struct format *f = next_format(NULL);

	while (life--)
		f = next_format(f) ?: next_format(NULL);
	return f;
}

/* Tables follow what is mapped, up and down. */
static void shrink(const struct format *f)
{
	struct vm *vm = vm_new(f);
	struct vcpu *vcpu = vcpu_new(vm);
	u64 before, leaves, full, top = format_end(f) - DENSE * SZ_4K;

	vm_slot(vm, 0, 0, SZ_1G, SPARSE * SZ_2M, sparse);
	vm_slot(vm, 1, 0, top, DENSE * SZ_4K, dense);
	guest_load(vcpu, SZ_1G + SZ_4K);
	madvise(sparse, SPARSE * SZ_2M, MADV_DONTNEED);
	before = vm_stat(vm, "tables");
	leaves = vm_leaves(vm);

	guest_fill(vcpu, SZ_1G, SZ_2M, SPARSE, 1);
	guest_fill(vcpu, top, SZ_4K, DENSE, 2);
	full = vm_stat(vm, "tables");
	ok(full >= before + SPARSE + DENSE / 512 && vm_leaves(vm) == leaves + SPARSE + DENSE,
	   "%s: %u sparse and %u dense pages have their tables and leaves", f->name, SPARSE, DENSE);
	/* The root is one table of four pages. */
	ok(vm_stat(vm, "table_bytes") == (full + 3) * SZ_4K && tables_live() == full + 3,
	   "%s: all of them are counted", f->name);

	/* All but one page: the tables that lead to it stay. */
	madvise(sparse + SZ_2M, (SPARSE - 1) * SZ_2M, MADV_DONTNEED);
	madvise(dense, DENSE * SZ_4K, MADV_DONTNEED);
	ok(vm_leaves(vm) == leaves + 1 && vm_stat(vm, "tables") < before + f->levels &&
	   !guest_check(vcpu, SZ_1G, SZ_2M, 1, 1),
	   "%s: after MADV_DONTNEED of all but one page few tables are left", f->name);
	madvise(sparse, SZ_4K, MADV_DONTNEED);
	ok(vm_leaves(vm) == leaves && vm_stat(vm, "tables") == before,
	   "%s: and after that page as many as before", f->name);

	guest_fill(vcpu, SZ_1G, SZ_2M, SPARSE, 3);
	vm_slot(vm, 0, 0, SZ_1G, 0, sparse);
	ok(vm_leaves(vm) == leaves && vm_stat(vm, "tables") == before,
	   "%s: deleting the slot frees its tables", f->name);
	ok(vm_stat(vm, "tables_peak") >= full, "%s: the peak is remembered", f->name);
	ok(vm_sound(vm), "%s: sound", f->name);
	vm_free(vm);
	ok(!tables_live(), "%s: none is left when the VM is gone", f->name);
	wither();
}

static void lives(void)
{
	long before = 0, lost;
	u64 most = 0;
	bool sound = true;

	/* The first few fill the host's caches. */
	for (unsigned int life = 0; life < lives_led + 10; life++) {
		struct vm *vm;

		if (life == 10)
			before = host_free_pages();
		vm = live(format_of(life), life);
		if (host.gstage) {
			if (tables_live() > most)
				most = tables_live();
			if (!(life % 16))
				sound &= vm_sound(vm);
			if (tables_live() < sparse_pages(life))
				bail("life %u has %llu tables", life,
				     (unsigned long long)tables_live());
		}
		/* Some lose their memory while they live, most do not. */
		if (!(life % 4))
			wither();
		vm_free(vm);
		wither();
	}

	lost = before - (long)host_free_pages();
	diag("%u lives, %ld pages less than before, at most %llu tables at a time", lives_led, lost,
	     (unsigned long long)most);
	if (!host.gstage) {
		ok(lost > (long)lives_led * SPARSE / 4 * 3,
		   "stock leaks %ld pages: the test can tell", lost);
		return;
	}
	ok(lost < NOISE, "%u lives: the host has its memory back", lives_led);
	ok(!tables_live(), "%u lives: no tables are left", lives_led);
	ok(sound, "%u lives: sound", lives_led);
}

int main(int argc, char **argv)
{
	const struct format *f;

	host_init(argc > 1 ? 580 : 180);
	lives_led = argc > 1 ? atoi(argv[1]) : host.gstage ? 200 : 60;
	sparse = mem_map(SPARSE * SZ_2M, SMALL);
	dense = mem_map(DENSE * SZ_4K, SMALL);
	if (host.gstage && argc == 1) {
		ok(!tables_live(), "there are no tables before there is a VM");
		for_each_format(f)
			shrink(f);
	}
	lives();
	return done();
}
