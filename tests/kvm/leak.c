// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM frees all its G-stage tables when it ends. A table is freed when the last mapping in it
 * goes away.
 *
 * leak [LIVES]	the number of VMs to create and end
 *
 * The stock module leaks every table but the root. With it the test does the same and asserts the
 * leak, which proves that the test finds one.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "tap.h"
#include "vcpu.h"

#define SPARSE 200 /* pages, one in each 2 MiB, and so one table each */
#define DENSE  1024

/* The number of pages that the host may allocate for other purposes during the whole test. */
#define NOISE 2000

static unsigned int lives_led;
static char *sparse, *dense;

/* Most lives are small, so that there can be many. */
static unsigned int sparse_pages(unsigned int life)
{
	return host.gstage && life % 8 ? SPARSE / 8 : SPARSE;
}

/* Create a VM whose guest uses pages far apart, and adjacent pages near the top. */
static struct vm *live(const struct format *f, unsigned int life)
{
	/* The stock module of 6.12 refuses a slot that ends at the limit of the format. */
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

/* The number of tables follows the number of mapped pages, up and down. */
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
	   "%s: %u sparse and %u dense pages have tables and leaves", f->name, SPARSE, DENSE);
	/* The root is one table of four pages. */
	ok(vm_stat(vm, "table_bytes") == (full + 3) * SZ_4K && tables_live() == full + 3,
	   "%s: table_bytes and gstage_tables_live count all tables", f->name);

	/* Drop all pages but one. The tables that lead to this page stay. */
	madvise(sparse + SZ_2M, (SPARSE - 1) * SZ_2M, MADV_DONTNEED);
	madvise(dense, DENSE * SZ_4K, MADV_DONTNEED);
	ok(vm_leaves(vm) == leaves + 1 && vm_stat(vm, "tables") < before + f->levels &&
		   !guest_check(vcpu, SZ_1G, SZ_2M, 1, 1),
	   "%s: MADV_DONTNEED of all pages but one: only a few tables are left", f->name);
	madvise(sparse, SZ_4K, MADV_DONTNEED);
	ok(vm_leaves(vm) == leaves && vm_stat(vm, "tables") == before,
	   "%s: MADV_DONTNEED of the last page: as many tables as before", f->name);

	guest_fill(vcpu, SZ_1G, SZ_2M, SPARSE, 3);
	vm_slot(vm, 0, 0, SZ_1G, 0, sparse);
	ok(vm_leaves(vm) == leaves && vm_stat(vm, "tables") == before,
	   "%s: the slot is deleted: its tables are freed", f->name);
	ok(vm_stat(vm, "tables_peak") >= full, "%s: tables_peak has the peak", f->name);
	ok(vm_sound(vm), "%s: the tables are sound", f->name);
	vm_free(vm);
	ok(!tables_live(), "%s: no tables are left when the VM has ended", f->name);
	wither();
}

static void lives(void)
{
	long before = 0, lost;
	u64 most = 0;
	bool sound = true;

	/* The first ten VMs fill the host's caches. */
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
				bail("VM %u has only %llu tables", life,
				     (unsigned long long)tables_live());
		}
		/* Every fourth VM loses its memory before it ends. */
		if (!(life % 4))
			wither();
		vm_free(vm);
		wither();
	}

	lost = before - (long)host_free_pages();
	diag("%u VMs, %ld free pages less than before, at most %llu tables at a time", lives_led,
	     lost, (unsigned long long)most);
	if (!host.gstage) {
		ok(lost > (long)lives_led * SPARSE / 4 * 3,
		   "stock: the test finds the defect: %ld pages are lost", lost);
		return;
	}
	ok(lost < NOISE, "%u VMs: the host has its memory back", lives_led);
	ok(!tables_live(), "%u VMs: no tables are left", lives_led);
	ok(sound, "%u VMs: the tables are sound", lives_led);
}

int main(int argc, char **argv)
{
	const struct format *f;

	host_init(argc > 1 ? 580 : 180);
	lives_led = argc > 1 ? atoi(argv[1]) : host.gstage ? 200 : 60;
	sparse = mem_map(SPARSE * SZ_2M, SMALL);
	dense = mem_map(DENSE * SZ_4K, SMALL);
	if (host.gstage && argc == 1) {
		ok(!tables_live(), "there are no tables before the first VM");
		for_each_format(f)
			shrink(f);
	}
	lives();
	return done();
}
